#include "log.h"

#include "platform/platform.h"

#include <stdio.h>
#include <time.h>

#define MAX_LINE_BYTES 4096u

int64_t cd_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t cd_steady_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void cd_log_begin(cd_log *log, const char *level, const char *event)
{
    char time[CS_TIME_TEXT_SIZE];
    cs_time_format(cd_now_ms(), time);
    cs_buffer_init(&log->buffer, cs_memory_system(), MAX_LINE_BYTES);
    cs_json_out_init(&log->json, &log->buffer);
    cs_json_open_object(&log->json);
    cs_json_member_text(&log->json, "time", time);
    cs_json_member_text(&log->json, "level", level);
    cs_json_member_text(&log->json, "event", event);
}

void cd_log_end(cd_log *log)
{
    cs_json_close_object(&log->json);
    cs_buffer_text(&log->buffer, "\n");
    if (!log->buffer.failed) /* one call: lines of several threads do not mix */
        (void)fwrite(log->buffer.data, 1, log->buffer.size, stderr);
    cs_buffer_free(&log->buffer);
}

void cd_log_failure(const char *event, consent_status status, const consent_error *err)
{
    cd_log log;
    cd_log_begin(&log, "error", event);
    cs_json_member_int(&log.json, "status", (int64_t)status);
    cs_json_member_text(&log.json, "message", err ? err->message : "");
    cd_log_end(&log);
}
