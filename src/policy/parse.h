/* parse: what the files of the policy parser share. A parser reads straight through and remembers its first
 * complaint in `in`; whoever builds something from what was read checks cs_parse_ok first.
 *
 * What an object holds stands in tables of cs_prop, which cs_parse_members walks; what a list holds is read entry by
 * entry by its reader (parse_lists.c). A member that is missing leaves its field as it is; numbers and flags become zero. */
#ifndef CS_PARSE_H
#define CS_PARSE_H

#include "policy/fields.h"
#include "policy/texts.h"

#include <stddef.h>

#define CS_POLICY_ARENA_BYTES (4u * 1024u * 1024u)
#define CS_URL_MAX_SIZE 2048u

typedef struct cs_parser {
    cs_json_in in;
    void *base; /* what is being read */
    const cs_memory *memory;
    cs_arena *arena;
    cs_policy *policy;
    cs_texts *texts;
    bool draft;
    const cs_purpose *purpose; /* in hand */
    cs_purpose defaults;       /* what a purpose has of what it does not say */
} cs_parser;

static inline bool cs_parse_ok(const cs_parser *parser)
{
    return parser->in.status == CONSENT_OK;
}

/* ---- members (parse_members.c) --------------------------------------------------------------- */

/* Every member's name. */
/* clang-format off */
#define CS_PROP_NAMES(X) \
    X(accept) X(allowed) X(alternative) X(at_expiry) X(at_field) X(automated) X(blocks) X(bound) X(calendar) \
    X(call_sites) X(cells) X(change) X(channel) X(channels) X(child_under) X(complaint) X(consequence) X(contact) \
    X(contacts) X(controller) X(cooldown) X(correction) X(country) X(crit) X(criterion) X(data) X(data_state) \
    X(depth) X(developer) X(e) X(effective) X(end) X(facts) X(fetch_before_consent) X(form) X(fresh_until) \
    X(function) X(functions) X(grant) X(ground) X(guardian_under) X(head) X(holidays) X(hours) X(href) X(id) \
    X(identity) X(impact) X(import) X(kind) X(kinds) X(labels) X(level) X(lifetime) X(locale) X(locales) \
    X(makeup_days) X(marker) X(method) X(minors) X(must_reach_end) X(name) X(necessity) X(need) X(needs) X(needs_age) \
    X(needs_login) X(not_after) X(not_before) X(notice) X(period) X(permissions) X(platforms) X(policy_url) \
    X(published) X(publishers) X(purpose) X(purposes) X(reason) X(receipts) X(recipients) X(refusal) X(refuse) \
    X(region) X(remedies) X(reply_working_days) X(retention) X(revision) X(rights) X(role) X(rules) X(s) X(scope) \
    X(sdk_version) X(section) X(security) X(sensitive) X(service) X(settings) X(spans) X(state) X(storage) \
    X(storage_level) X(summary) X(t) X(text) X(tick) X(title) X(valid_until) X(value) X(version) X(visitor)
/* clang-format on */

struct cs_prop_names {
#define CS_PROP_NAME(name) char name[sizeof(#name)];
    CS_PROP_NAMES(CS_PROP_NAME)
};

typedef enum cs_prop_kind {
    CS_PROP_END = 0,
    CS_PROP_OBJECT, /* the next `arg` members are in it */
    CS_PROP_LIST,   /* cs_list_id */
    CS_PROP_BOOL,
    CS_PROP_INT,            /* int32_t or uint32_t, cs_prop_bounds */
    CS_PROP_SMALL,          /* uint8_t, cs_prop_bounds */
    CS_PROP_TEXT,           /* cs_text; 0 when it is missing */
    CS_PROP_TEXT_OR_STRING, /* the same; a plain string holds for every locale */
    CS_PROP_STRINGS,        /* from here on: what is written as a string */
    CS_PROP_ID = CS_PROP_STRINGS,
    CS_PROP_COUNTRY, /* "CN" */
    CS_PROP_LINES,   /* without control characters but line ends and tabs */
    CS_PROP_LABEL,   /* short, without control characters */
    CS_PROP_URL,
    CS_PROP_COPIED = CS_PROP_URL, /* until here: const char *, in the arena */
    CS_PROP_WORD,                 /* uint8_t or bool: cs_prop_words */
    CS_PROP_INSTANT,              /* int64_t, after 1970 unless `arg` */
    CS_PROP_DURATION,             /* int64_t, more than nothing */
    CS_PROP_POSITION,             /* uint16_t: of that identifier in the list `arg` */
    CS_PROP_REQUIRED = 32,        /* added: must be there */
    CS_PROP_FINAL = 64            /* added: must be there unless this is a draft */
} cs_prop_kind;

typedef enum cs_prop_bounds {
    CS_BOUNDS_FROM_0 = 0,
    CS_BOUNDS_FROM_1,
    CS_BOUNDS_AGE,
    CS_BOUNDS_DAYS,
    CS_BOUNDS_EMPHASIS,
    CS_BOUNDS_LEVEL,
    CS_BOUNDS_DEPTH
} cs_prop_bounds;

typedef enum cs_prop_words {
    CS_WORDS_KIND = 0, /* the first word is 1 */
    CS_WORDS_GROUND,
    CS_WORDS_FORM,
    CS_WORDS_CHANNEL,
    CS_WORDS_STORAGE,
    CS_WORDS_ROLE,
    CS_WORDS_SENSITIVE,
    CS_WORDS_BLOCK,
    CS_WORDS_FUNCTION, /* from here on it is 0 */
    CS_WORDS_STATE,
    CS_WORDS_NEED,
    CS_WORDS_EXPIRY,
    CS_WORDS_SERVICE
} cs_prop_words;

typedef struct cs_prop {
    uint16_t name;   /* CS_NAME */
    uint8_t kind;    /* cs_prop_kind */
    uint8_t arg;     /* by the kind */
    uint16_t offset; /* CS_AT */
} cs_prop;

#define CS_NAME(name) (uint16_t) offsetof(struct cs_prop_names, name)
#define CS_AT(type, field) (uint16_t) offsetof(type, field)

/* Reads an object's members into `base`. False: a word was none of its list's, and its field is 0. */
bool cs_parse_members(cs_parser *parser, const cs_json *object, const cs_prop *members, void *base);
const char *cs_prop_name(uint16_t name);
/* Reads one entry of a list, the `at`th of its holder's, into `entry`; the place is on the path. */
typedef void (*cs_entry_reader)(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
/* Reads the entries of an array or object; `name`: what the list is called on the path, NULL: it is there already. */
void cs_parse_list(cs_parser *parser, const cs_json *container, const char *name, cs_list_id list, void *holder);

/* ---- parse_values.c: values that several objects hold --------------------------------------- */

bool cs_parse_no_memory(cs_parser *parser); /* always false */
/* Zeroed, in the arena; NULL after a complaint. */
void *cs_parse_alloc(cs_parser *parser, size_t size);
const char *cs_parse_copy(cs_parser *parser, cs_str text);
/* Complains that this stands there twice. */
void cs_parse_twice(cs_parser *parser, cs_str what);

/* An identifier in an array, or the "id" of an object in it; the place itself is on the path. */
cs_str cs_parse_reference(cs_parser *parser, const cs_json *value);
/* The position of an identifier in a list that has an index; 0 after a complaint. `name`: the member, NULL: on the path. */
uint16_t cs_parse_position(cs_parser *parser, const char *name, cs_str id, cs_list_id list);
/* A text in all its locales, or a string that holds for each; 0 after a complaint. */
cs_text cs_parse_text(cs_parser *parser, const cs_json *value, const char *name);
/* First 8 bytes of SHA-256 over the text in all its locales; zero for no text. */
void cs_parse_digest_text(cs_parser *parser, cs_text text, uint8_t digest[8]);
void cs_parse_digest(cs_parser *parser, const cs_buffer *bytes, uint8_t digest[8]);
/* No control characters but, in more than one line, line ends and tabs. */
bool cs_is_printable(cs_str text, bool one_line);
/* "48h" or "never", never below the floor; *cooldown_ms stays when the member is missing. */
void cs_parse_cooldown(cs_parser *parser, const cs_json *object, int64_t *cooldown_ms, bool *raised);
/* Retention, lifetimes, cool-down. */
bool cs_parse_times(cs_parser *parser, const cs_json *object, cs_purpose *purpose);
/* Scans and parses the JSON and lets `read` walk it from its root. The parser's `base`: what is read into; NULL: there was no
 * memory for that. The first complaint, or CONSENT_OK. */
consent_status cs_parse_json(cs_parser *parser, cs_str json, size_t max_size, const char *what,
                             void (*read)(cs_parser *parser, const cs_json *root), consent_error *err);
/* Complains when a document is of another schema than 1. */
void cs_parse_schema(cs_json_in *in, const cs_json *root);
/* A point of P-256, in base64url. */
void cs_parse_point(cs_json_in *in, const cs_memory *memory, const cs_json *object, const char *name,
                    uint8_t point[CS_P256_PUBLIC_SIZE]);

#define CS_ID_RULE "an identifier is 1 to 96 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"

/* ---- entries (parse_lists.c, and of purposes parse_purposes.c) ------------------------------- */

extern const cs_entry_reader cs_entry_readers[CS_LISTS_READ];
void cs_read_purpose(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_purpose_data(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_purpose_recipient(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_purpose_permission(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_block(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder); /* document.c */
void cs_read_span(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_cell(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_cell_span(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_publisher(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder); /* key_set.c */
void cs_read_receipt(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);
void cs_read_subset(cs_parser *parser, const cs_json *item, void *entry, size_t at, void *holder);

/* An empty policy; NULL when there is no memory. */
cs_policy *cs_policy_new(const cs_memory *memory); /* parse.c */
/* Every bit of the purpose's data. */
uint64_t cs_purpose_all_data(const cs_purpose *purpose); /* parse_purposes.c */

/* ---- names and indices (lookup.c) ----------------------------------------------------------- */

extern const char cs_purpose_kind_words[];
extern const char cs_consent_form_words[];
extern const char cs_role_words[];
extern const char cs_sensitive_words[];

/* Makes one of the policy's indices in the arena. False: no memory, or *twice stands there twice. */
bool cs_policy_index(cs_policy *policy, cs_arena *arena, int list, const char **twice);
/* Position in one of the lists that have an index, -1 when absent. */
int cs_policy_find(const cs_policy *policy, cs_list_id list, cs_str id);

#endif
