/* scenario_schema: which verbs a scenario line may have, which members each takes, and of what shape. Data only. */
#ifndef CS_SCENARIO_SCHEMA_H
#define CS_SCENARIO_SCHEMA_H

#include "consentctl/scenario.h"

#define CS_VERB_MAX_MEMBERS 16u

typedef enum cs_takes {
    CS_TAKES_NOTHING = 0,
    CS_TAKES_STRING,
    CS_TAKES_STRING_OR_NULL,
    CS_TAKES_STRINGS, /* an array of strings */
    CS_TAKES_INT,     /* 0 and up */
    CS_TAKES_BOOL,
    CS_TAKES_TRUE,
    CS_TAKES_OBJECT,
    CS_TAKES_NAMES,       /* let: name → moment or query */
    CS_TAKES_MOMENT,      /* "+47h59m", "asked+48h", an instant */
    CS_TAKES_QUERY,       /* a name, or an object like consent_query */
    CS_TAKES_EXPECTATION, /* "allow", "deny refused_recently", or an object */
    CS_TAKES_STATUS,      /* name of a consent_status */
    CS_TAKES_OCCASION,    /* "first_run" … */
    CS_TAKES_ANSWER,      /* "tick=on, accept" */
    CS_TAKES_OS,          /* "granted", "denied", "blocked", "unknown" */
    CS_TAKES_PLACE,       /* "first", "middle", "last" or an offset */
    CS_TAKES_SAYING       /* a string, or locale → string */
} cs_takes;

typedef struct cs_member_spec {
    const char *name;
    cs_takes takes;
    bool required;
} cs_member_spec;

typedef struct cs_verb_spec {
    const char *name;
    cs_takes takes;
    cs_member_spec members[CS_VERB_MAX_MEMBERS]; /* the rest has no name */
} cs_verb_spec;

const cs_verb_spec *cs_verb_spec_of(cs_verb verb);
cs_verb cs_verb_find(const char *name); /* CS_VERB_WAIT: none */
const cs_member_spec *cs_member_find(cs_verb verb, const char *name);

/* Comma-separated names for messages; cut at whole names. */
typedef struct cs_name_list {
    char *out;
    size_t size;
    size_t used;
} cs_name_list;

void cs_name_list_add(cs_name_list *list, const char *name);
void cs_verb_list_members(cs_verb verb, char *out, size_t size);
void cs_verb_list(char *out, size_t size);

/* ---- words shared with the command line ------------------------------------------------------ */

bool cs_occasion_find(cs_str name, int32_t *out);
const char *cs_occasion_name(int32_t occasion);
int32_t cs_data_state_of(cs_str name); /* identified for none; -1, which the library refuses, for another word */
bool cs_os_state_find(cs_str name, consent_os_state *out);
bool cs_status_find(cs_str name, consent_status *out);
bool cs_decision_find(cs_str name, int32_t *out);
const char *cs_decision_name(int32_t decision);
bool cs_reason_find(cs_str name, int32_t *out);

/* Checks a value against its shape. `what` and the path in `in` name the place. */
bool cs_takes_check(cs_json_in *in, cs_takes takes, const cs_json *value);

#endif
