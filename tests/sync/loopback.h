/* loopback: the backend of tests/support behind a socket with TLS, in a thread of this process. A scene may take its place and say whatever
 * a hostile server could. It serves one connection at a time and keeps what it was sent. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include "support/device.h"

#include <stdatomic.h>

typedef enum loopback_identity {
    LOOPBACK_GOOD = 0,
    LOOPBACK_OTHER_AUTHORITY,
    LOOPBACK_OTHER_HOST,
    LOOPBACK_EXPIRED,
    LOOPBACK_NOT_YET_VALID,
    LOOPBACK_SELF_SIGNED,
    LOOPBACK_IDENTITIES
} loopback_identity;

typedef enum loopback_speech {
    LOOPBACK_TLS = 0,
    LOOPBACK_TLS_1_1,
    LOOPBACK_PLAIN,  /* HTTP without TLS */
    LOOPBACK_SILENT, /* takes the connection and says nothing */
    LOOPBACK_NOISE   /* bytes that are no protocol */
} loopback_speech;

/* One request as it came. */
typedef struct loopback_request {
    char method[8], path[512];
    char head[8192]; /* all of it, to the empty line */
    cs_buffer body;
} loopback_request;

typedef struct loopback loopback;
typedef void (*loopback_scene)(loopback *s, const loopback_request *request);

struct loopback {
    backend *b;
    char url[64], ca_file[64];
    char pin[48];          /* of the good identity's key */
    loopback_scene scene;  /* NULL: the backend answers */
    const char *at_method; /* the scene is for requests of this method … */
    const char *at_path;   /* … whose path holds this; NULL: for all */
    void *ctx;             /* the scene's */
    loopback_identity identity;
    loopback_speech speech;
    uint32_t connections, scenes;
    uint32_t resumed; /* connections that came with a TLS session of an earlier one */
    uint64_t said;    /* bytes written since the scene was set */
    cs_buffer log;    /* every request's head and body */
    char heads[64][1024];
    char bodies[64][2048]; /* as texts */
    uint32_t requests;
    struct loopback_inner *inner;
};

void loopback_start(loopback *s, backend *b);
void loopback_stop(loopback *s);
/* Waits until no connection is served; then nothing of this struct is used by the thread before the next one. */
void loopback_hold(loopback *s);
void loopback_release(loopback *s);
/* The device's set-up reaches this server by libcurl. pins: NULL, or one that the good identity has besides it. */
void loopback_connect(loopback *s, device *d);
void loopback_connect_pinned(loopback *s, device *d, const char *one, const char *other);

/* ---- for scenes: each ends early, with false, when the client went away ------------------------------------ */

bool loopback_say(loopback *s, const void *data, size_t size);
bool loopback_text(loopback *s, const char *text);
/* Waits until the client goes away. */
void loopback_wait(loopback *s);
/* Rests, unless the client goes away meanwhile. */
bool loopback_rest(loopback *s, int ms);
/* Closes the connection. */
void loopback_leave(loopback *s);
/* What the backend answers. */
int32_t loopback_work(loopback *s, const loopback_request *request, cs_buffer *body, consent_http_answer *answer);
void loopback_answer(loopback *s, int32_t status, const char *headers, cs_span body);

#endif
