/* page: what the files of the web page share. */
#ifndef CD_PAGE_H
#define CD_PAGE_H

#include "admin.h"
#include "html.h"

/* Begins a page of the signed-in operator. */
cd_lang cd_page_begin(cd_request *request, const char *zh, const char *en);
void cd_page_end(cd_request *request);
/* Whether the operator's role opens it; else the page says so. */
bool cd_page_may(cd_request *request, cd_access access);
/* The hidden field that no other site can fill in; whether a form that came in has it (else the page says so). */
void cd_page_put_key(cd_request *request);
bool cd_page_key_fits(cd_request *request);
/* Back to a page with what came of it, as ?said= (a word of the closed list in page.c) or the failure's own page. */
void cd_page_after(cd_request *request, const char *path, const char *said, consent_status status,
                   const consent_error *err);
void cd_page_put_said(cd_request *request, cd_lang lang);
/* A page with nothing but this. */
void cd_page_say(cd_request *request, unsigned status, const char *zh, const char *en, const char *detail);
/* A table of requests; `person`: link to whom they are of. */
void cd_page_put_request_row(cd_request *request, cd_lang lang, const cd_request_row *row, bool person);
void cd_page_request_head(cd_request *request, cd_lang lang, bool person);

/* What operators did, of one person or (NULL) of all. */
void cd_page_put_audit(cd_request *request, cd_lang lang, cd_store *store, const uint8_t *profile);

/* Words for what events, rights, states and refusals are called; the name itself where none is known. */
const char *cd_word(cd_lang lang, const char *name);

#endif
