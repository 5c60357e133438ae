/* html: pages in Chinese and English, made on the server, without scripts. Nothing that anybody wrote becomes markup. */
#ifndef CD_HTML_H
#define CD_HTML_H

#include "http.h"
#include "policy/document.h"

typedef enum cd_lang {
    CD_ZH = 0,
    CD_EN = 1
} cd_lang;

/* The page's language: ?lang=, else the cookie, else the browser's wish, else Chinese. ?lang= is kept in the cookie. */
cd_lang cd_lang_of(cd_request *request);
/* One of two words. */
const char *cd_say(cd_lang lang, const char *zh, const char *en);

void cd_html_escape(cs_buffer *out, cs_str text);
void cd_html_text(cs_buffer *out, const char *text); /* escaped */
void cd_html_hex(cs_buffer *out, const uint8_t *bytes, size_t size);
void cd_html_time(cs_buffer *out, int64_t time_ms); /* at +08:00, or a dash for 0 */
/* A document's blocks with their emphasis. */
void cd_html_document(cs_buffer *out, const cs_document *document);

/* Up to the main part; `operator_name` NULL: no navigation. */
void cd_html_begin(cs_buffer *out, cd_lang lang, const char *title, const char *operator_name);
void cd_html_end(cs_buffer *out);

/* A field of the body, application/x-www-form-urlencoded, decoded; false: missing or too long, and out is empty. */
bool cd_form_value(const cd_request *request, const char *name, char *out, size_t size);

#endif
