/* What the files of the api share: the public handles, and checking caller's structs. The api validates, takes the struct sizes into
 * account, and calls down; it decides nothing. */
#ifndef CS_API_H
#define CS_API_H

#include <stdatomic.h>

#include "profile/profile.h"
#include "sync/sync.h"

struct consent_client {
    cs_env env;
    cs_home *home;
    const consent_clock *clock;
    void (*log)(void *ctx, int level, const char *message);
    void *log_ctx;
    cs_memory memory;       /* the client itself came from here */
    cs_sync_setup sync;     /* home->lock; not replaced while a sync runs */
    uint32_t syncs_running; /* home->lock */
    atomic_uint cancelled;  /* how often consent_cancel was called */
};

/* Copies a caller's struct into *mine: older callers know fewer fields (the rest stay zero), newer ones more, which must then be
 * zero. E_ARGUMENT otherwise. */
consent_status cs_take_struct(const void *theirs, void *mine, size_t mine_size, size_t min_size, const char *what,
                              consent_error *err);
/* The other way for a struct that the library fills: writes what the caller has room for. */
consent_status cs_give_struct(const void *mine, size_t mine_size, void *theirs, size_t min_size, const char *what,
                              consent_error *err);
/* E_ARGUMENT for NULL; `what` names it. */
consent_status cs_need_argument(const void *given, const char *what, consent_error *err);
/* Leaves the verdict with the caller, whatever became of the question; returns `status`, or why it could not be left. */
consent_status cs_give_verdict(const consent_verdict *mine, consent_verdict *theirs, consent_status status,
                               consent_error *err);
/* The same, but after a failure it says deny and nothing else. */
consent_status cs_give_answer(consent_verdict *mine, consent_verdict *theirs, consent_status status,
                              consent_error *err);
/* An output of any allowed size, to be handed over by cs_write_out. E_ARGUMENT without profile or writer. */
consent_status cs_begin_output(const consent_profile *profile, consent_write_fn write, cs_buffer *buffer,
                               consent_error *err);
/* Hands the buffer to the writer; frees it. */
consent_status cs_write_out(cs_buffer *buffer, consent_status status, consent_write_fn write, void *ctx,
                            consent_error *err);

/* Buffer for an output of any allowed size. */
#define CS_OUTPUT_MAX_BYTES (256u * 1024u * 1024u)

struct consent_profile {
    consent_client *client;
    cs_profile *profile;
    bool syncing; /* home->lock */
};

struct consent_form {
    cs_profile *profile;
    cs_form *form;
    uint32_t policies_epoch; /* a new policy ends the form */
    int64_t shown_ms;
    atomic_bool used;
    size_t next_part;
};

/* consent_query → view; `list` holds its data. */
consent_status cs_take_query(const consent_query *query, bool needs_purpose, cs_str list[CS_PURPOSE_MAX_DATA],
                             cs_query *out, consent_error *err);

#endif
