/* scenario: the language of acceptance tests. One JSON object a line; `#` and `//` begin a comment line. This part reads and
 * checks whole files, includes and all, before anything is played (play.h): a malformed line is told with file, line, reason
 * and what is allowed instead. docs/scenarios.md is the manual; the tables here are its source. Pure but for reading files. */
#ifndef CS_SCENARIO_H
#define CS_SCENARIO_H

#include "json/json.h"

#define CS_SCENARIO_MAX_LINE_BYTES 65536u
#define CS_SCENARIO_MAX_FILE_BYTES (4u * 1024u * 1024u)
#define CS_SCENARIO_MAX_INCLUDES 8u /* depth */

typedef enum cs_verb {
    CS_VERB_WAIT = 0, /* a line with `at` or `say` alone */
    CS_VERB_SCENARIO,
    CS_VERB_LET,
    CS_VERB_CLOCK,
    CS_VERB_INSTALL,
    CS_VERB_PROFILE,
    CS_VERB_FORM,
    CS_VERB_ANSWER,
    CS_VERB_CHECK,
    CS_VERB_USE,
    CS_VERB_EXPLAIN,
    CS_VERB_WITHDRAW,
    CS_VERB_PERMISSION,
    CS_VERB_OBSERVE,
    CS_VERB_RESTART,
    CS_VERB_COPY,
    CS_VERB_DAMAGE,
    CS_VERB_RESTORE,
    CS_VERB_HEALTH,
    CS_VERB_VERIFY,
    CS_VERB_HISTORY,
    CS_VERB_EXPORT,
    CS_VERB_TEXT,
    CS_VERB_ERASE,
    CS_VERB_REQUEST,
    CS_VERB_REQUEST_UPDATE,
    CS_VERB_REQUESTS,
    CS_VERB_AGE_SIGNAL,
    CS_VERB_TELL,
    CS_VERB_NOTICES,
    CS_VERB_LIST,
    CS_VERB_SWITCH,
    CS_VERB_PURGE,
    CS_VERB_POLL,
    CS_VERB_IMPORT,
    CS_VERB_WATCH,
    CS_VERB_CHANGES,
    CS_VERB_LINT,
    CS_VERB_FILES,
    CS_VERB_DEVICE,
    CS_VERB_JOIN,
    CS_VERB_NETWORK,
    CS_VERB_SYNC,
    CS_VERB_SYNC_STATUS,
    CS_VERB_SUPPORT,
    CS_VERB_INCLUDE,
    CS_VERB_COUNT
} cs_verb;

typedef struct cs_step {
    char where[512];  /* "file:line" */
    char folder[512]; /* of its file: relative paths start there */
    cs_verb verb;
    cs_json_doc doc;
    const cs_json *arg; /* the verb's value; NULL for CS_VERB_WAIT */
} cs_step;

typedef struct cs_scenario {
    cs_step *steps;
    size_t count;
    size_t capacity;
} cs_scenario;

const char *cs_verb_name(cs_verb verb);
/* Names of a verb's own members in the order of the manual, NULL at the end: for the test that compares them. */
const char *cs_verb_member(cs_verb verb, size_t index);

/* Reads one line, which holds an object. E_ARGUMENT with "where: reason". On failure *step holds nothing. */
consent_status cs_step_parse(cs_str line, const char *where, cs_step *step, consent_error *err);
void cs_step_free(cs_step *step);
/* A member of the step, NULL when missing. */
const cs_json *cs_step_get(const cs_step *step, const char *name);

/* Appends a file's steps, its includes in their places. */
consent_status cs_scenario_load(cs_scenario *scenario, const char *path, consent_error *err);
void cs_scenario_free(cs_scenario *scenario);

/* "+47h59m" and "-3d": an offset and no base. "asked+48h": a base (a name, or "now") and an offset. A bare name or an RFC
 * 3339 instant: a base alone. False when it is none of these. */
bool cs_moment_split(cs_str text, cs_str *base, int64_t *offset_ms);

/* ---- what a person answered ----------------------------------------------------------------- */

#define CS_ANSWERS_MAX 256u

/* The same words in scenarios and after --answer: "tick=on, recommend=off, birth=2013-06-01, accept". */
typedef struct cs_answers {
    consent_answer answers[CS_ANSWERS_MAX];
    size_t count;
    int32_t action;         /* consent_action */
    bool reached_end;       /* unless "unread" */
    bool emphasis_rendered; /* unless "unemphasised" */
    const char *birth;      /* NULL: not told */
    const char *reference;  /* NULL: none */
    char text[16384];       /* owns the control ids and what was entered */
} cs_answers;

/* E_ARGUMENT naming the word. Exactly one of accept, refuse, save. */
consent_status cs_answers_parse(cs_str text, cs_answers *out, consent_error *err);

#endif
