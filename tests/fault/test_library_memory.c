/* No memory inside the libraries beneath: every allocation that mbedTLS or cJSON makes during the journey fails, once and for
 * ever. Their allocators are reached by standing in front of malloc for the whole program and counting the calls that come from
 * their code. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <link.h>

#include "support/journey_walk.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
int main(void)
{
    puts("skip: the sanitizer owns malloc");
    return 77;
}
#else

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

typedef struct code_range {
    uintptr_t start, end;
} code_range;

static code_range ranges[8];
static size_t range_count;
static uint64_t calls, fail_at;
static bool fail_persistently;

static int note_library(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size, (void)user;
    if (!strstr(info->dlpi_name, "libmbedcrypto") && !strstr(info->dlpi_name, "libcjson"))
        return 0;
    for (int i = 0; i < info->dlpi_phnum && range_count < CS_COUNT_OF(ranges); i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X))
            ranges[range_count++] =
                (code_range){info->dlpi_addr + part->p_vaddr, info->dlpi_addr + part->p_vaddr + part->p_memsz};
    }
    return 0;
}

static bool fails(const void *caller)
{
    for (size_t i = 0; i < range_count; i++)
        if ((uintptr_t)caller >= ranges[i].start && (uintptr_t)caller < ranges[i].end) {
            calls++;
            return fail_at != 0 && (calls == fail_at || (fail_persistently && calls > fail_at));
        }
    return false;
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

static void journey_with_failure_at(uint64_t n, bool persistently)
{
    world w;
    journey_outcome out;
    journey_begin(&w);
    calls = 0;
    fail_at = n;
    fail_persistently = persistently;
    journey_walk(&w, &out);
    fail_at = 0;
    assert_int_equal(w.live_blocks, 0);
    journey_check_after(&w, &out);
    world_free(&w);
}

static void no_memory_inside_the_libraries_loses_or_grants_anything(void **state)
{
    (void)state;
    journey_with_failure_at(0, false); /* also lets the libraries set themselves up once */
    journey_with_failure_at(0, false);
    uint64_t points = calls;
    /* Signatures make thousands of small allocations alike: after the first hundreds of each kind a stride suffices. */
    uint64_t stride = points > 2000 ? points / 1500 : 1, tried = 0;
    for (uint64_t n = 1; n <= points; n += n < 500 ? 1 : stride, tried++) {
        journey_with_failure_at(n, false);
        journey_with_failure_at(n, true);
    }
    print_message("allocations inside the libraries: %llu points, %llu failed once and for ever\n",
                  (unsigned long long)points, (unsigned long long)tried);
    assert_true(points > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_inside_the_libraries_loses_or_grants_anything),
    };
    dl_iterate_phdr(note_library, NULL);
    if (range_count == 0) {
        puts("skip: the libraries are linked statically");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
