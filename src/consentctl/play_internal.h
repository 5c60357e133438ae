/* play_internal: what the files of the player share. */
#ifndef CS_PLAY_INTERNAL_H
#define CS_PLAY_INTERNAL_H

#include "consentctl/keys.h"
#include "consentctl/play.h"
#include "consentctl/play_backend.h"
#include "consentctl/session.h"
#include "policy/bundle.h"

#include <consent/rights.h>

#define CS_PLAY_MAX_PATH 1024u
#define CS_PLAY_MAX_PROCESSES 16u
#define CS_PLAY_MAX_DEVICES 8u
#define CS_PLAY_MAX_NAMES 256u
#define CS_PLAY_MAX_KEPT 32u
#define CS_PLAY_MAX_HANDLES 32u

/* One client of a home, as one process of a host is. */
typedef struct cs_process {
    char name[96];
    char home[CS_PLAY_MAX_PATH];
    size_t device; /* that it runs on */
    consent_client *client;
    consent_profile *profile;
    struct {
        cs_buffer query;
        consent_handle *handle;
    } handles[CS_PLAY_MAX_HANDLES];
    size_t handle_count;
    cs_buffer told; /* what watches were told since the last poll, a line each */
} cs_process;

/* What `let` named. */
typedef struct cs_named {
    const char *name;      /* in the step */
    const cs_json *object; /* a question; NULL: a moment */
    int64_t moment_ms;
} cs_named;

/* A device of the person: a home and a clock of its own. */
typedef struct cs_played_device {
    const char *name;
    char home[CS_PLAY_MAX_PATH];
    int64_t ahead_ms;    /* of its clock */
    const char *account; /* who is logged in while another device is in use */
    bool ephemeral;
} cs_played_device;

typedef struct cs_kept_form {
    const char *name;
    consent_form *form;
} cs_kept_form;

typedef struct cs_kept_request {
    const char *name;
    char id[CONSENT_REQUEST_ID_SIZE];
} cs_kept_request;

/* A third party's switch of the scenario; its next `failures` calls fail. */
typedef struct cs_played_switch {
    struct cs_player *player;
    const char *id;
    unsigned failures;
} cs_played_switch;

typedef struct cs_player {
    cs_tool *tool;
    const cs_play_setting *setting;
    cs_play_result *result;
    const cs_step *step;
    char folder[CS_PLAY_MAX_PATH]; /* of all scenarios */
    char home[CS_PLAY_MAX_PATH];   /* of this one's device in use */
    uint8_t roots[2 * CS_P256_PUBLIC_SIZE];
    size_t root_count;
    cs_key_pair root, publisher, stranger;
    consent_clock clock;
    int64_t wall_ms;
    int64_t elapsed_ms;
    bool time_is_set;
    const char *account; /* in a step; NULL: anonymous */
    bool ephemeral;
    cs_played_device devices[CS_PLAY_MAX_DEVICES];
    size_t device, device_count;
    cs_play_backend backend;
    consent_transport transport;
    cs_process processes[CS_PLAY_MAX_PROCESSES];
    size_t process_count;
    cs_named names[CS_PLAY_MAX_NAMES];
    size_t name_count;
    cs_kept_form kept[CS_PLAY_MAX_KEPT];
    size_t kept_count;
    cs_kept_request requests[CS_PLAY_MAX_KEPT];
    size_t request_count;
    cs_played_switch switches[CS_PLAY_MAX_KEPT];
    size_t switch_count;
    cs_buffer thrown;        /* what the poll under way told third parties, */
    cs_buffer purged;        /* and what it said has to go */
    unsigned purge_failures; /* so many of the next calls fail */
    unsigned made_count;     /* folders made for changed policies */
    cs_bundle bundle;        /* the last one installed: names for the story */
} cs_player;

/* ---- play.c ---------------------------------------------------------------------------------- */

/* The process that the step names, its client and profile open. */
consent_status cs_play_process(cs_player *player, cs_process **out, consent_error *err);
void cs_play_close_all(cs_player *player);
/* The moment that the text means. */
consent_status cs_play_moment(cs_player *player, cs_str text, int64_t *out_ms, consent_error *err);
/* The question that the value means: an object, or a name given by let. */
consent_status cs_play_query(cs_player *player, const cs_json *value, cs_query_args *out, consent_error *err);
bool cs_play_flag(const cs_player *player, const char *name);
const char *cs_play_text(const cs_player *player, const char *name); /* NULL: the step has none */

/* ---- play_expect.c ---------------------------------------------------------------------------- */

/* Compares and counts; a difference is told at once. `status` may be CONSENT_OK or a failure that the step expected. */
void cs_play_expect_status(cs_player *player, consent_status status, const consent_error *why);
consent_status cs_play_expect_verdict(cs_player *player, const consent_verdict *verdict, consent_error *err);
/* Each string of the step's member stands in the text. */
void cs_play_expect_contains(cs_player *player, const char *member, cs_str text);
/* No string of the step's `lacks` stands in the text. */
void cs_play_expect_lacks(cs_player *player, cs_str text);
void cs_play_expect_number(cs_player *player, const char *member, uint64_t got, const char *what);
void cs_play_fail(cs_player *player, const char *fmt, ...) CS_PRINTF(2, 3);
bool cs_play_contains(cs_str text, cs_str wanted);

/* ---- acts, one function a verb ------------------------------------------------------------------ */

consent_status cs_play_install(cs_player *player, consent_error *err);
consent_status cs_play_form(cs_player *player, consent_error *err);
consent_status cs_play_answer(cs_player *player, consent_error *err);
consent_status cs_play_check(cs_player *player, consent_error *err);
consent_status cs_play_use(cs_player *player, consent_error *err);
consent_status cs_play_explain(cs_player *player, consent_error *err);
consent_status cs_play_withdraw(cs_player *player, consent_error *err);
consent_status cs_play_permission(cs_player *player, consent_error *err);
consent_status cs_play_observe(cs_player *player, consent_error *err);
consent_status cs_play_copy(cs_player *player, consent_error *err);
consent_status cs_play_damage(cs_player *player, consent_error *err);
consent_status cs_play_restore(cs_player *player, consent_error *err);
consent_status cs_play_health(cs_player *player, consent_error *err);
consent_status cs_play_verify(cs_player *player, consent_error *err);
consent_status cs_play_history(cs_player *player, consent_error *err);
consent_status cs_play_export(cs_player *player, consent_error *err);
consent_status cs_play_policy_text(cs_player *player, consent_error *err);
consent_status cs_play_erase(cs_player *player, consent_error *err);
consent_status cs_play_request(cs_player *player, consent_error *err);
consent_status cs_play_request_update(cs_player *player, consent_error *err);
consent_status cs_play_requests(cs_player *player, consent_error *err);
consent_status cs_play_age_signal(cs_player *player, consent_error *err);
consent_status cs_play_tell(cs_player *player, consent_error *err);
consent_status cs_play_notices(cs_player *player, consent_error *err);
consent_status cs_play_list(cs_player *player, consent_error *err);
consent_status cs_play_switch(cs_player *player, consent_error *err);
consent_status cs_play_purge(cs_player *player, consent_error *err);
consent_status cs_play_poll(cs_player *player, consent_error *err);

consent_status cs_play_import(cs_player *player, consent_error *err);
consent_status cs_play_watch(cs_player *player, consent_error *err);
consent_status cs_play_changes(cs_player *player, consent_error *err);
consent_status cs_play_lint(cs_player *player, consent_error *err);
consent_status cs_play_look_at_files(cs_player *player, consent_error *err);
/* Of a poll: exactly the changes that the step wants were told since the last one, in any order. */
void cs_play_expect_told(cs_player *player, cs_process *process);

/* A handle that the process opens once for each question, and keeps. */
consent_status cs_play_kept_handle(cs_player *player, cs_process *process, const cs_query_args *query,
                                   consent_handle **out, consent_error *err);

/* Submits and compares the status with the step's expectation. */
void cs_play_submit(cs_player *player, consent_form *form, const char *words);

/* ---- play_devices.c ------------------------------------------------------------------------------ */

void cs_play_begin_devices(cs_player *player);
cs_played_device *cs_play_device_in_use(cs_player *player);
consent_status cs_play_device(cs_player *player, consent_error *err);
consent_status cs_play_join(cs_player *player, consent_error *err);
consent_status cs_play_network_is(cs_player *player, consent_error *err);
consent_status cs_play_sync(cs_player *player, consent_error *err);
consent_status cs_play_sync_status(cs_player *player, consent_error *err);
consent_status cs_play_support(cs_player *player, consent_error *err);
/* The notice's payload, and it signed (play_rights.c). */
consent_status cs_play_sign_notice(cs_player *player, const cs_json *notice, const cs_key_pair *signer,
                                   cs_buffer *payload, cs_buffer *out, consent_error *err);

/* ---- folders ------------------------------------------------------------------------------------ */

consent_status cs_play_make_folder(cs_player *player, const char *name, char out[CS_PLAY_MAX_PATH], consent_error *err);
consent_status cs_play_copy_folder(const char *from, const char *to, consent_error *err);
void cs_play_remove_folder(const char *path);

/* ---- narrate.c ------------------------------------------------------------------------------------ */

/* Each says one sentence when the story is wanted, else nothing. */
void cs_narrate_step(cs_player *player);
void cs_narrate_saying(cs_player *player);
void cs_narrate_status(cs_player *player, consent_status status);
void cs_narrate_sync(cs_player *player, const consent_sync_report *report);
void cs_narrate_answer(cs_player *player, const cs_query_args *query, const consent_verdict *verdict, const char *text);

#endif
