/* peer: a consentd of one's own in a temporary folder, and devices and operators that talk to it over loopback with TLS. Every answer
 * is kept for tests/backend/openapi.py, which holds it against docs/openapi.yaml. Fails the running test when something basic does. */
#ifndef PEER_H
#define PEER_H

#include "wire/wire.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/types.h>

#include <cmocka.h>

typedef struct peer_server {
    char dir[64];
    char url[64];
    uint16_t port;
    pid_t pid; /* 0: not running */
    uint8_t receipt_key[CS_P256_PUBLIC_SIZE];
    uint32_t key_set; /* version published last */
    char reader[128], support[128], publisher[128];
} peer_server;

/* Makes the folder; `limits`: members of the settings' "limits", or "". Publishes key set and policy, adds operators ray (reader), ann
 * (support), pat (publisher). */
void peer_make(peer_server *server, const char *limits);
void peer_start(peer_server *server);
/* Sends the signal and waits; gives the exit status, 128 + n for a signal. */
int peer_stop(peer_server *server, int signal);
void peer_remove(peer_server *server); /* stopped, with its folder */
/* Ends it in order, for a group's tear-down: 0 when it did, and when its log tells of no failure of its own. */
int peer_end(peer_server *server);
/* Runs consentd with these words (NULL ends) after DIR where they say "DIR"; its output, first `size` bytes. Gives the exit status. */
int peer_run(peer_server *server, char *out, size_t size, const char *const *words);
/* A key set of the next version naming these receipt keys; a bundle of the sample policy with that version, published that day (NULL:
 * the sample's); a head statement; a notice. Appended to `out`. */
void peer_key_set(peer_server *server, const uint8_t *receipt_keys, size_t count, cs_buffer *out);
void peer_bundle(peer_server *server, uint32_t version, const char *published, cs_buffer *out);
void peer_head(peer_server *server, uint32_t version, const uint8_t *hash, cs_buffer *out);
void peer_notice(peer_server *server, const char *id, const char *title, cs_buffer *out);
/* Writes bytes to a file of the folder. */
void peer_write(peer_server *server, const char *name, cs_span bytes);

/* ---- requests ------------------------------------------------------------------------------------- */

typedef struct peer_reply {
    long status; /* 0: no answer */
    char type[64];
    char retry_after[32];
    char location[256];
    char cookie[512]; /* name=value */
    cs_buffer body;   /* NUL-terminated beyond its size */
} peer_reply;

/* token and body may be NULL; `type` NULL: application/json. */
void peer_ask(const peer_server *server, const char *method, const char *path, const char *token, const char *type,
              cs_span body, peer_reply *out);
void peer_ask_text(const peer_server *server, const char *method, const char *path, const char *token, const char *body,
                   peer_reply *out);
/* The page: a form with the session's cookie. */
void peer_form(const peer_server *server, const char *path, const char *cookie, const char *form, peer_reply *out);
void peer_page(const peer_server *server, const char *path, const char *cookie, peer_reply *out);
void peer_reply_free(peer_reply *reply);
/* Fails, with the body, unless the status is this. */
void peer_expect(const peer_reply *reply, long status);
void peer_expect_error(const peer_reply *reply, long status, const char *code);
/* Asks, and expects that status. */
void peer_want(const peer_server *server, const char *method, const char *path, const char *token, const char *body,
               long status);
bool peer_says(const peer_reply *reply, const char *text);
/* A number behind "name": in the body; -1 when it is not there. */
long long peer_number(const peer_reply *reply, const char *name);
/* The text behind "name":" in the body. */
void peer_text(const peer_reply *reply, const char *name, char *out, size_t size);
/* A value of /metrics. */
long long peer_metric(const peer_server *server, const char *name);

/* A connection with TLS and nothing said on it, as a CURL; NULL: it was refused. */
void *peer_connect(const peer_server *server);
void peer_rest(long ms);

/* ---- devices --------------------------------------------------------------------------------------- */

typedef struct peer_device {
    uint8_t scalar[CS_P256_PRIVATE_SIZE], key[CS_P256_PUBLIC_SIZE];
    uint8_t stream[CS_STREAM_ID_SIZE], profile[CS_PROFILE_ID_SIZE];
    bool joined;
    char token[256];
    uint64_t last;                     /* recorded */
    uint8_t heads[1101][CS_HASH_SIZE]; /* after each event */
    cs_buffer events;                  /* sized, from the first */
    size_t ends[1101];                 /* where each ends in `events` */
} peer_device;

/* account NULL: anonymous. `seed` makes key and stream. */
void peer_device_make(peer_server *server, peer_device *device, uint8_t seed, const char *account);
void peer_device_free(peer_device *device);
void peer_path(const peer_device *device, const char *rest, char *out, size_t size);
void peer_enrol(const peer_server *server, peer_device *device, peer_reply *out);
/* Enrols and keeps the token. */
void peer_join(const peer_server *server, peer_device *device);
/* Records events of that type; the second names what differs. */
void peer_record(peer_device *device, uint32_t type, uint64_t count);
void peer_record_event(peer_device *device, cs_event *event);
/* The range as the device signs it. */
void peer_range(const peer_device *device, uint64_t first, uint64_t last, cs_range *out);
void peer_send_range(const peer_server *server, const peer_device *device, const cs_range *range, peer_reply *out);
void peer_send(const peer_server *server, const peer_device *device, uint64_t first, uint64_t last, peer_reply *out);
void peer_fetch(const peer_server *server, const peer_device *device, uint64_t after, bool name_own, peer_reply *out);
/* The answer's receipts, verified by the server's receipt key and for this device; their number. */
size_t peer_receipts(const peer_server *server, const peer_device *device, const peer_reply *reply,
                     cs_receipt out[CS_ANSWER_MAX_RECEIPTS]);
/* A page's items with receipts, device signatures and chains verified; decoded events handed to fn. Number of items. */
typedef void (*peer_event_fn)(void *ctx, const cs_receipt *receipt, const cs_event *event, uint64_t cursor);
size_t peer_read_page(const peer_server *server, const peer_reply *reply, peer_event_fn fn, void *ctx, uint64_t *next,
                      bool *more);

#endif
