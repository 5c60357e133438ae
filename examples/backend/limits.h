/* limits: how often somebody may ask, and how long a connection may take. Any thread. */
#ifndef CD_LIMITS_H
#define CD_LIMITS_H

#include "metrics.h"

/* A bucket of tokens for each key (an address, a profile), of bounded number: when the table is full, who asked longest ago makes room. */
typedef struct cd_limits cd_limits;
cd_limits *cd_limits_new(uint32_t rate, uint32_t burst); /* NULL: no memory. rate 0: no limit */
void cd_limits_free(cd_limits *limits);
/* 0: go on. Else after how many seconds. */
uint32_t cd_limits_take(cd_limits *limits, const void *key, size_t size, int64_t now_ms);

/* Cuts off connections that take too long: for their handshake and headers, for a request to arrive, for an answer to be taken. A peer
 * that sends a byte now and then never looks idle, so each stage has one deadline, whatever arrives meanwhile. */
typedef struct cd_watch cd_watch;
typedef struct cd_watched cd_watched; /* one connection's place */
cd_watch *cd_watch_start(size_t connections, cd_metrics *metrics);
void cd_watch_stop(cd_watch *watch);
cd_watched *cd_watch_add(cd_watch *watch, int socket, int64_t deadline_ms); /* NULL: no room */
void cd_watch_until(cd_watch *watch, cd_watched *one, int64_t deadline_ms);
void cd_watch_remove(cd_watch *watch, cd_watched *one); /* before the socket is closed */

#endif
