/* http: requests as the rest of the backend sees them, and the table of routes. libmicrohttpd is known to http.c alone. A request
 * is one thread's from its arrival to its answer. */
#ifndef CD_HTTP_H
#define CD_HTTP_H

#include "auth.h"
#include "keys.h"
#include "limits.h"
#include "metrics.h"
#include "writer.h"

#define CD_ANSWER_MAX_BYTES (8u * 1024u * 1024u)
#define CD_MAX_PARTS 3u
#define CD_BODY_JSON_BYTES (CS_ANSWER_MAX_BYTES) /* 512 KiB of events in base64url and the JSON around them fit */

typedef struct cd_server {
    cd_config *config;
    const char *database;
    cd_metrics metrics;
    cd_keys *keys;
    cd_pool *pool;
    cd_writer *writer;
    cd_limits *by_address, *by_profile;
    cd_watch *watch;
    void *daemon;
    atomic_bool stopping;
    atomic_int running; /* requests under way */
} cd_server;

/* Who may use a route. */
typedef enum cd_access {
    CD_OPEN = 0,
    CD_PROFILE,      /* the profile's account or device */
    CD_READ_PERSONS, /* reader, support */
    CD_ACT,          /* support */
    CD_PUBLISH,      /* publisher */
    CD_ANY_OPERATOR,
    CD_PAGE_OPEN, /* the web page without a session */
    CD_PAGE,      /* with one */
} cd_access;

typedef struct cd_request cd_request;

typedef struct cd_route {
    const char *method;
    const char *path; /* "/v1/profiles/{profile}/events": each {…} is one segment, in parts[] in order */
    cd_access access;
    size_t max_body;
    void (*run)(cd_request *request);
} cd_route;

struct cd_request {
    cd_server *server;
    const cd_route *route;
    void *connection;
    cs_str parts[CD_MAX_PARTS];
    uint8_t profile[CS_PROFILE_ID_SIZE]; /* of {profile} */
    cd_operator who;                     /* of operators' routes */
    cs_buffer body;
    int64_t begun_ms, now_ms; /* steady; UTC */
    /* the answer */
    unsigned status;
    const char *content_type;
    const char *cache; /* Cache-Control; NULL: no-store */
    char location[256], cookie[CD_TOKEN_MAX_BYTES + 128];
    uint32_t retry_after;
    cs_buffer answer;
};

extern const cd_route cd_routes[];
extern const size_t cd_route_count;
const char *cd_route_name(size_t route);

consent_status cd_http_start(cd_server *server, consent_error *err);
uint16_t cd_http_port(const cd_server *server);
/* No new connections; waits for what is under way, at most `wait_ms`; then closes. */
void cd_http_stop(cd_server *server, int64_t wait_ms);

/* Whether a role of operators opens what is for `access`. */
bool cd_role_opens(int32_t role, cd_access access);

/* ---- for handlers -------------------------------------------------------------------------------- */

cs_str cd_body(const cd_request *request);
cs_str cd_query(cd_request *request, const char *name); /* of the URL; empty when missing */
cs_str cd_header(cd_request *request, const char *name);
cs_str cd_cookie(cd_request *request, const char *name);
/* A number of the query; fallback when missing; false: it is none. */
bool cd_query_number(cd_request *request, const char *name, uint64_t fallback, uint64_t *out);

/* Begins a JSON answer of status 200. */
void cd_answer_json(cd_request *request, cs_json_out *out);
void cd_answer_text(cd_request *request, const char *content_type);
/* {"error":…}, whatever was written before. */
void cd_answer_error(cd_request *request, unsigned status, const char *code, const char *message, uint64_t last);
/* By a failure's status: what is the sender's fault 400, what is missing 404, what the rules forbid 422, what is full or away 503,
 * else 500, whose message is not told. */
void cd_answer_failure(cd_request *request, consent_status status, const consent_error *err);
/* 200 {"done":true} */
void cd_answer_done(cd_request *request);
void cd_answer_see_other(cd_request *request, const char *location);

/* Runs fn over a reader on loan. */
cd_store *cd_reader(cd_request *request);
void cd_reader_back(cd_request *request, cd_store *store);

#endif
