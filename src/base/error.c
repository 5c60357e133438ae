#include "base/base.h"

#include <stdio.h>
#include <string.h>

/* Length of `text` without an incomplete UTF-8 sequence at its end. */
static size_t whole_utf8_size(const char *text, size_t size)
{
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)text[start - 1] & 0xC0u) == 0x80u)
        start--;
    if (start == 0)
        return size;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0u ? 4 : lead >= 0xE0u ? 3 : lead >= 0xC0u ? 2 : 1;
    return size - (start - 1) < wanted ? start - 1 : size;
}

consent_status cs_fail(consent_error *err, consent_status status, int os_code, const char *fmt, ...)
{
    if (!err)
        return status;
    /* Formatted aside, so that an argument may point into the old message. */
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, fmt);
    int wanted = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (wanted < 0)
        message[0] = '\0';
    size_t size = strlen(message);
    if (wanted >= (int)sizeof(message))
        size = whole_utf8_size(message, size);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)message[i];
        if (c < 0x20u || c == 0x7Fu)
            message[i] = ' ';
    }
    memset(err, 0, sizeof(*err));
    err->status = (int32_t)status;
    err->os_code = (int32_t)os_code;
    memcpy(err->message, message, size);
    return status;
}

consent_status cs_no_memory(consent_error *err, const char *what)
{
    return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left for %s", what);
}
