/* fuzz: what the targets share. A target takes any bytes and must neither crash nor leak nor break the rules it checks
 * itself with fuzz_require. */
#ifndef FUZZ_H
#define FUZZ_H

#include "base/base.h"
#include "platform/platform.h"

#include <stdio.h>
#include <stdlib.h>

/* Set by a target when it accepted its input. standalone.c demands it of every seed named made-*. */
extern bool fuzz_accepted;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A rule that no input may break. */
#define fuzz_require(condition)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* A refusal says why. */
#define fuzz_require_reason(status, error) fuzz_require((status) == CONSENT_OK || (error).message[0] != '\0')

/* Bytes taken from the front of an input; zeros behind its end. */
typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

static inline uint8_t fuzz_take(fuzz_input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static inline cs_span fuzz_take_span(fuzz_input *in, size_t size)
{
    cs_span span = {in->at, size < in->left ? size : in->left};
    in->at += span.size;
    in->left -= span.size;
    return span;
}

#endif
