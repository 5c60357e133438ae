/* list_show: the two lists, and requests, for people: in a terminal, and as a page that needs nothing but itself. Chinese where the
 * texts are Chinese, else English. */
#ifndef CS_LIST_SHOW_H
#define CS_LIST_SHOW_H

#include "consentctl/render.h"
#include "json/json.h"

typedef enum cs_list_word {
    CS_WORD_COLLECTED,
    CS_WORD_SHARED,
    CS_WORD_DATA,
    CS_WORD_PURPOSE,
    CS_WORD_SCENE,
    CS_WORD_METHOD,
    CS_WORD_RECIPIENT,
    CS_WORD_CONTACT,
    CS_WORD_COUNT,
    CS_WORD_LAST,
    CS_WORD_NEVER,
    CS_WORD_TIMES,
    CS_WORD_SENSITIVE,
    CS_WORD_UNDECLARED,
    CS_WORD_POLICY,
    CS_WORD_VERSION,
    CS_WORD_NOTHING,
    CS_WORD_ENOUGH
} cs_list_word;

/* `root`: what consent_lists wrote. */
const char *cs_list_say(const cs_json *root, cs_list_word word);
void cs_list_text(const cs_json *root, cs_render *render);
/* A whole document, well-formed as XML, too. */
void cs_list_html(const cs_json *root, cs_buffer *out);
/* A member's text; the second where the first is missing; "" where both are. */
cs_str cs_list_member(const cs_json *entry, const char *name, const char *otherwise);
/* The scene's texts with a separator between. */
void cs_list_scene(const cs_json *entry, const char *between, cs_buffer *out);
/* "2026-03-02 10:00" at +08:00, or that it never was. */
void cs_list_last(const cs_json *root, const cs_json *entry, char out[CS_TIME_TEXT_SIZE]);

#endif
