/* parse: what the files of the policy parser share. A parser reads straight through and remembers its first
 * complaint in `in`; whoever builds something from what was read checks parser_ok first. */
#ifndef CS_PARSE_H
#define CS_PARSE_H

#include "policy/texts.h"

#define CS_POLICY_ARENA_BYTES (4u * 1024u * 1024u)
#define CS_URL_MAX_SIZE 2048u

typedef struct cs_parser {
    cs_json_in in;
    const cs_memory *memory;
    cs_policy *policy;
    cs_texts *texts;
    bool draft;
    cs_retention retention; /* the defaults for purposes */
    uint8_t criterion_digest[8];
    int64_t grant_lifetime_ms;
    int64_t refusal_lifetime_ms;
} cs_parser;

static inline bool cs_parse_ok(const cs_parser *parser)
{
    return parser->in.status == CONSENT_OK;
}

/* ---- parse_values.c: values that several objects hold --------------------------------------- */

bool cs_parse_no_memory(cs_parser *parser); /* always false */
/* Zeroed, in the policy's arena; NULL after a complaint. */
void *cs_parse_alloc(cs_parser *parser, size_t size);
const char *cs_parse_copy(cs_parser *parser, cs_str text);
/* Complains about one member of the object in hand; always returns false. */
bool cs_parse_complain_at(cs_parser *parser, const char *name, const char *fmt, ...) CS_PRINTF(3, 4);

/* An identifier, copied; NULL when it is missing and not required, or after a complaint. */
const char *cs_parse_id(cs_parser *parser, const cs_json *object, const char *name, bool required);
/* An identifier in an array, or the "id" of an object in it; the place itself is on the path. */
cs_str cs_parse_reference(cs_parser *parser, const cs_json *value);
/* A text map; 0 when it is missing and not required, or after a complaint. */
cs_text cs_parse_text(cs_parser *parser, const cs_json *object, const char *name, bool required);
/* The same, or a plain string that holds for every locale. */
cs_text cs_parse_text_or_string(cs_parser *parser, const cs_json *object, const char *name, bool required);
/* First 8 bytes of SHA-256 over the text in all its locales; zero for no text. */
void cs_parse_digest_text(cs_parser *parser, cs_text text, uint8_t digest[8]);
void cs_parse_digest(cs_parser *parser, const cs_buffer *bytes, uint8_t digest[8]);
/* "CN"; `missing` when the member is. */
const char *cs_parse_country(cs_parser *parser, const cs_json *object, const char *name, const char *missing);
const char *cs_parse_url(cs_parser *parser, const cs_json *object, const char *name);
/* A short string without control characters, copied; NULL when missing. */
const char *cs_parse_label(cs_parser *parser, const cs_json *object, const char *name, size_t max_size);
/* An instant after 1970; 0 when missing and not required. */
int64_t cs_parse_instant(cs_parser *parser, const cs_json *object, const char *name, bool required);
/* A duration of at least one second. */
int64_t cs_parse_duration(cs_parser *parser, const cs_json *object, const char *name, int64_t missing);
/* "48h" or "never", never below the floor. */
int64_t cs_parse_cooldown(cs_parser *parser, const cs_json *object, int64_t missing, bool *raised);
/* {"period": …} or {"criterion": …}, and what happens then. Leaves *retention alone when missing. */
void cs_parse_retention(cs_parser *parser, const cs_json *object, cs_retention *retention, uint8_t criterion_digest[8],
                        bool *known);
void cs_parse_lifetime(cs_parser *parser, const cs_json *object, int64_t *grant_ms, int64_t *refusal_ms);
/* Position of the string in `names` (holes are NULL), -1 when it is none of them or missing. */
int cs_parse_name(cs_str value, const char *const *names, size_t count);

/* An array of objects or strings: *items holds count × item_size zeroed bytes. Complains above `max`. */
const cs_json *cs_parse_list(cs_parser *parser, const cs_json *object, const char *name, size_t item_size, size_t max,
                             void **items, uint16_t *count);

/* ---- the sections of a policy --------------------------------------------------------------- */

void cs_parse_functions(cs_parser *parser, const cs_json *root);   /* parse_lists.c */
void cs_parse_data(cs_parser *parser, const cs_json *root);        /* parse_lists.c */
void cs_parse_recipients(cs_parser *parser, const cs_json *root);  /* parse_lists.c */
void cs_parse_permissions(cs_parser *parser, const cs_json *root); /* parse_lists.c: without call sites */
void cs_parse_call_sites(cs_parser *parser, const cs_json *root);  /* parse_lists.c: purposes are known by then */
void cs_parse_purposes(cs_parser *parser, const cs_json *root);    /* parse_purposes.c */
void cs_parse_controller(cs_parser *parser, const cs_json *root);  /* parse_terms.c */
void cs_parse_rights(cs_parser *parser, const cs_json *root);      /* parse_terms.c */
void cs_parse_terms(cs_parser *parser, const cs_json *root); /* parse_terms.c: minors, visitor, change, service … */
void cs_parse_documents(cs_parser *parser, const cs_json *root); /* parse_terms.c */

/* An empty policy; NULL when there is no memory. */
cs_policy *cs_policy_new(const cs_memory *memory); /* parse.c */
/* Every bit of the purpose's data. */
uint64_t cs_purpose_all_data(const cs_purpose *purpose); /* parse_purposes.c */

/* ---- names and indices (lookup.c) ----------------------------------------------------------- */

extern const char *const cs_purpose_kind_names[CS_KIND_DECLARE + 1];
extern const char *const cs_consent_form_names[CS_FORM_ONCE + 1];
extern const char *const cs_role_names[CS_ROLE_OTHER + 1];
extern const char *const cs_sensitive_names[CS_SENSITIVE_OTHER + 1];

/* Indexes items that begin with their identifier. False: no memory. *twice: an identifier that stands there twice, or NULL. */
bool cs_id_index_build(cs_id_index *index, cs_arena *arena, const void *items, size_t item_size, size_t count,
                       const char **twice);
/* Makes one of the policy's indices (by cs_list_id) in the arena. False: no memory, or *twice stands there twice. */
bool cs_policy_index(cs_policy *policy, cs_arena *arena, int list, const char **twice);
/* Position, -1 when absent. */
int cs_id_index_find(const cs_id_index *index, const void *items, size_t item_size, cs_str id);

#endif
