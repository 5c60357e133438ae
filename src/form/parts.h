/* parts: what a form is made of, inside the module. Everything a form shows is copied into its arena, so that texts,
 * document and state may go as soon as it is built. Lack of memory is remembered in `failed` and told once, at the end.
 * What it is built from, and whom to tell of an error, stands in the form while it is built. */
#ifndef CS_FORM_PARTS_H
#define CS_FORM_PARTS_H

#include "form/form.h"
#include "form/words.h"

#define CS_FORM_MAX_BYTES (8u * 1024u * 1024u)

typedef struct cs_form_field {
    const char *id; /* "recipient", "data:<id>" … */
    const char *label;
    const char *value;
    const char *href; /* NULL: none */
    uint8_t emphasis; /* 2 for the name of sensitive data (C15) */
} cs_form_field;

typedef enum cs_control_kind {
    CS_CONTROL_TICK = 1,   /* accepting the policy, making a declaration */
    CS_CONTROL_DATA,       /* one data item of the form's purpose */
    CS_CONTROL_ITEM,       /* manage: one purpose, for one recipient or none */
    CS_CONTROL_ACCEPTANCE, /* manage: the acceptance of the policy itself */
    CS_CONTROL_AGE,        /* age: one band; at most one of them */
    CS_CONTROL_STORAGE     /* manage: how far storing on the device goes; at most one of them is chosen (C90) */
} cs_control_kind;

/* Something to enter rather than to tick; answered by a member of consent_submission. */
typedef struct cs_form_entry {
    const char *control; /* "birth", "reference" */
    const char *label;
    bool required;
} cs_form_entry;

typedef struct cs_form_choice {
    uint8_t kind;     /* cs_control_kind */
    uint8_t emphasis; /* of the label: 2 for sensitive data */
    bool required;
    bool on;                     /* manage: in force now; never pre-ticked elsewhere */
    bool shared;                 /* manage: see cs_form.shared */
    bool has_siblings;           /* manage: the same purpose has choices for other recipients */
    bool essential, recommended; /* manage, of a storage level: what it lets be stored, essential or all */
    uint32_t band;               /* age: lower bound in years + 1 */
    uint32_t field_count;
    const cs_form_field *fields; /* manage: what the law wants shown beside this switch */
    const char *control;
    const char *label;
    const char *consequence; /* NULL: none */
    const char *needs;       /* manage: cannot be switched on here, but by this occasion's form; NULL: can */
    const char *purpose, *recipient, *data; /* NULL: none */
    const char *channel;                    /* manage, marketing: "sms" …; NULL */
    const char *storage_level;              /* manage, stored on the device: "preference" …; NULL */
    const char *function, *section;         /* manage: what it belongs to, where the document tells of it; NULL */
    const cs_str *grants;                   /* manage: data items that switching on grants, all shown */
    size_t grant_count;
} cs_form_choice;

/* A data item that the form asks for. */
typedef struct cs_form_datum {
    cs_str id;
    const char *control; /* of its choice; NULL: comes with accepting */
    bool granted;        /* stood granted when the form was built: unticked now, it is withdrawn */
} cs_form_datum;

/* A policy as events name it. */
typedef struct cs_form_policy_name {
    const char *id; /* NULL: none */
    uint32_t version, revision;
    uint8_t hash[CS_HASH_SIZE];
} cs_form_policy_name;

/* What is used most stands first. */
struct cs_form {
    const cs_form_input *input; /* borrowed, while it is built */
    const cs_policy *policy;    /* borrowed; nothing but cs_form_policy uses it after the build */
    consent_error *err;         /* the caller's, while it is built */
    int32_t occasion;
    uint32_t subject;  /* what a refusal is about (cs_subject) */
    bool failed;       /* no memory, or past CS_FORM_MAX_BYTES */
    bool guardian;     /* the guardian acts */
    bool child;        /* the person is a child */
    bool informs;      /* nothing is asked: the answer says whether the person goes on */
    bool about_policy; /* what is asked is the policy as a whole */
    bool shared;       /* a product's form: its purpose is one that the platform declares, too */
    bool user_initiated;
    bool written, once;
    bool records_choice; /* the system's dialog is the consent, too (method os_dialog) */
    bool needs_emphasis;
    bool marks_changes; /* material changes, incidents and closings are to stand out (C160) */
    bool must_reach_end;
    uint32_t choice_count, field_count, data_count, stream_count;
    cs_form_choice *choices;
    cs_form_field *fields;
    cs_form_datum *data;
    cs_event *events;
    size_t event_count;
    cs_query query; /* texts in the arena; its names are NULL where it has none */

    const char *locale;
    const char *accept_label, *refuse_label, *save_label; /* NULL: no such button */
    uint32_t narrowing;                                   /* how leaving out data that stood granted is recorded */
    uint32_t emphasis_count;
    uint32_t entry_count;
    cs_form_entry entries[2];
    const char *notice_id, *notice_kind; /* notices; NULL */
    const char *age_purpose;             /* age: the purpose it is asked for, with its data; NULL */
    const cs_str *age_data;
    size_t age_data_count;
    const char *rules_id; /* child rules agreed to with it; NULL */
    uint32_t rules_version;
    const char *const *streams; /* confirm: devices in hex */
    const char *const *permission_names;
    uint32_t permission_name_count;
    cs_block *blocks;
    consent_form_part *parts;
    uint32_t block_count, part_count;
    size_t event_capacity;
    cs_form_policy_name policy_name;
    cs_form_policy_name base_name; /* a product's form: the platform's policy, for purposes that it declares too */
    cs_buffer notice;
    uint8_t notice_hash[CS_HASH_SIZE];
    int64_t built_ms, expires_ms, valid_until_ms; /* valid_until 0: open */
    uint64_t seen;
    cs_arena arena;
    const cs_memory *memory;
    cs_form_field spare_field; /* these take what found no memory */
    cs_form_choice spare_choice;
    consent_form_part spare_part;
};

/* Fails with "the … form was not built: " and this. */
consent_status cs_form_fail(const cs_form *form, consent_status status, const char *fmt, ...) CS_PRINTF(3, 4);
/* CONSENT_OK, or E_MEMORY when anything failed so far: before what was copied decides anything. */
consent_status cs_form_status(const cs_form *form, consent_error *err);
/* From the arena, zeroed; NULL and `failed` when memory ran out. */
void *cs_form_alloc(cs_form *form, size_t size);
/* Copies into the form; "" and `failed` when memory ran out. NULL stays NULL. */
const char *cs_form_keep(cs_form *form, const char *text);
const char *cs_form_keep_str(cs_form *form, cs_str text);
cs_str cs_form_keep_id(cs_form *form, const char *id);
/* printf into the arena. */
const char *cs_form_compose(cs_form *form, const char *fmt, ...) CS_PRINTF(2, 3);
/* A list in the arena with room for one more element: `list`, or a larger copy; NULL when memory ran out. */
void *cs_form_room(cs_form *form, void *list, uint32_t count, size_t size);

/* Chinese for every locale that begins with "zh", English for all others. Static. */
const char *cs_form_word(const cs_form *form, cs_word word);
/* The policy's text in the form's locale, while it is built; NULL: it has none. */
const char *cs_form_text(const cs_form *form, cs_text text);
/* The same of a name; the id where it has none. */
const char *cs_form_name(const cs_form *form, cs_text name, const char *id);
/* An age band in words: from `from` years to below `to` (0: no end). */
const char *cs_form_age_label(cs_form *form, int32_t from, int32_t to);

/* `id` and `label` live with the form, `value` is copied. Never NULL; gone with the next one added. */
cs_form_field *cs_form_add_labelled(cs_form *form, const char *id, const char *label, const char *value);
/* The same labelled with a word; nothing where there is no value. */
cs_form_field *cs_form_add_field(cs_form *form, const char *id, cs_word label, const char *value);
/* `control` lives with the form, `label` is copied. Never NULL. */
cs_form_choice *cs_form_add_choice(cs_form *form, uint8_t kind, const char *control, const char *label);
/* A block of one plain span. */
void cs_form_add_heading(cs_form *form, const char *text);
void cs_form_add_paragraph(cs_form *form, const char *text);
void cs_form_add_opening(cs_form *form, cs_word heading, cs_word paragraph);
void cs_form_add_document(cs_form *form, const cs_document *document); /* title and blocks */
void cs_form_copy_block(cs_form *form, const cs_block *block);
void cs_form_add_entry(cs_form *form, const char *control, cs_word label, bool required);
/* Lays blocks, fields, choices and buttons out as parts, and fixes the notice and its hash. */
consent_status cs_form_finish(cs_form *form);
/* The exact content shown, as one JSON object: what the notice hash is taken over. */
void cs_form_content(const cs_form *form, cs_json_out *out);
const char *cs_form_occasion_name(int32_t occasion); /* "separate"; "unknown" */

/* ---- what the law wants shown (fields.c) ---------------------------------------------------- */

/* A purpose of the form's policy, with what belongs to it. */
typedef struct cs_form_subject {
    const cs_purpose *purpose;
    const cs_purpose_recipient *via; /* NULL: no recipient */
    const cs_recipient *recipient;   /* NULL: no recipient */
    uint64_t data;                   /* bit i: purpose->data[i] is asked for */
    const cs_permission *permission; /* permission forms; NULL */
    const cs_call_site *call_site;
} cs_form_subject;

/* The policy's data item that the purpose's i-th is. */
const cs_data_item *cs_form_item(const cs_form *form, const cs_form_subject *subject, size_t i);
/* Every data item that the purpose declares for this recipient, as bits. */
uint64_t cs_form_all_data(const cs_form_subject *subject);
/* The ids of what is asked for, in the arena; NULL when memory ran out. */
const cs_str *cs_form_data_ids(cs_form *form, const cs_form_subject *subject, size_t *count);

bool cs_form_is_sensitive(const cs_form *form, const cs_form_subject *subject);
/* The operator's name and contacts (C6, C8; PIPL 17(1)). */
consent_status cs_form_controller_fields(cs_form *form);
/* Every field that the form of consent requires (PIPL 17, 23, 29, 30). E_REJECTED names the first that the policy lacks. */
consent_status cs_form_purpose_fields(cs_form *form, const cs_form_subject *subject);
/* Who receives: name and contact (`source` asks for them), developer, country, and its own policy, needed too. */
consent_status cs_form_recipient_fields(cs_form *form, const cs_form_subject *subject, const char *source);
/* What refusing costs: the purpose's words, else its function's; NULL: not said. */
const char *cs_form_consequence(const cs_form *form, const cs_form_subject *subject);

/* ---- occasions ------------------------------------------------------------------------------ */

/* Finds the names of the input's query, and makes the form's own query of them, with every data item that the input's names, or,
 * when it names none, all that the purpose declares for this recipient. Only the permission form asks about a permission. Without a
 * purpose *subject stays empty, on the forms that can do without: age, guardian, child_rules, confirm. E_NOT_FOUND names
 * what the policy does not declare. */
consent_status cs_form_look_up(cs_form *form, cs_form_subject *subject);

/* The looked-up names are not what the form is about after all: it is about the policy as a whole. */
void cs_form_drop_names(cs_form *form);

/* May this be asked now? E_REJECTED says why not, and from when. Keeps what a refusal will be about in the form; `informs`
 * where a field or ad_hoc form finds nothing to ask. */
consent_status cs_form_may_ask(cs_form *form);

consent_status cs_form_build_policy(cs_form *form); /* first_run, update */
consent_status cs_form_build_choice(cs_form *form); /* own, separate, once */
consent_status cs_form_build_permission(cs_form *form);
consent_status cs_form_build_age(cs_form *form);
consent_status cs_form_build_guardian(cs_form *form); /* guardian, child_rules */
consent_status cs_form_build_confirm(cs_form *form);
consent_status cs_form_build_field(cs_form *form);
consent_status cs_form_build_ad_hoc(cs_form *form);
consent_status cs_form_build_external(cs_form *form);
consent_status cs_form_build_notice(cs_form *form);
consent_status cs_form_build_manage(cs_form *form);

/* What the input's policy changes against the version that governs now: kinds, and what is new; material changes stand out. */
void cs_form_put_changes(cs_form *form);
/* The document, the operator, the consequence of refusing, the tick and the buttons: a policy put to someone. */
consent_status cs_form_put_policy(cs_form *form, cs_word tick);
/* Whether the purpose rests on consent and its form names what it must. */
consent_status cs_form_check_purpose(const cs_form *form, const cs_form_subject *subject);
/* Heading, operator, what the law wants shown, boxes for what can be left out, buttons: one purpose put to someone. */
consent_status cs_form_put_choice(cs_form *form, const cs_form_subject *subject);

/* How an item's choice stands (one data item, or none that the purpose declares). */
cs_choice_status cs_form_status_of(const cs_form *form, const cs_query *item, cs_side side);
/* Anything granted counts as on, also where a newer policy or an unconfirmed device holds it back: it can be withdrawn. */
bool cs_form_stands(cs_choice_status status);

/* Whether a storage level lets this be stored: `item` is a switch with a storage_level. */
bool cs_form_level_allows(const cs_form_choice *level, const cs_form_choice *item);

/* How the scope's policy stands; returns its governing version, NULL: none. */
const cs_policy *cs_form_standing(const cs_form *form, cs_str scope, cs_standing *standing);
/* The platform's policy that a product's form also speaks for; NULL: none, or this form is the platform's. */
const cs_policy *cs_form_base_policy(const cs_form *form);
/* The buttons: the policy's labels, else the form's own words. */
void cs_form_add_buttons(cs_form *form);

/* The name of another device: what it is, and the beginning of its stream's id. confirm.c */
const char *cs_form_device_name(cs_form *form, const cs_stream_state *stream);

#endif
