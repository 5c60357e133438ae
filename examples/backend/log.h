/* log: one line of JSON an event, on stderr, and never anything personal: no account, no profile, no token, no body. Any thread. */
#ifndef CD_LOG_H
#define CD_LOG_H

#include "json/json.h"

typedef struct cd_log {
    cs_buffer buffer;
    cs_json_out json; /* members are added between begin and end */
} cd_log;

void cd_log_begin(cd_log *log, const char *level, const char *event);
void cd_log_end(cd_log *log);
/* An event with a status and an error's message, which never names a person (house rule 2). */
void cd_log_failure(const char *event, consent_status status, const consent_error *err);

int64_t cd_now_ms(void);    /* UTC */
int64_t cd_steady_ms(void); /* never runs backwards */

#endif
