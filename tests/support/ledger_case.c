#include "support/ledger_case.h"

#include "ledger/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

int ledger_case_set_up(void **state)
{
    static ledger_case c;
    memset(&c, 0, sizeof c);
    world_init(&c.w);
    *state = &c;
    return rig_init(&c.r, &c.w) == CONSENT_OK ? 0 : -1;
}

int ledger_case_tear_down(void **state)
{
    ledger_case *c = *state;
    rig_close(&c->r);
    bool clean = c->w.live_blocks == 0 && c->w.open_files == 0 && c->w.open_dirs == 0 && c->w.locks == 0;
    world_free(&c->w);
    return clean ? 0 : -1;
}

void assert_ok(consent_status status, const rig *r)
{
    if (status != CONSENT_OK)
        fail_msg("status %d: %s", (int)status, r->err.message);
}

void open_with_acts(rig *r, size_t frames)
{
    assert_ok(rig_open(r), r);
    assert_ok(rig_acts(r, frames), r);
}

size_t frame_at(size_t i)
{
    return CS_FILE_HEADER_SIZE + i * 512;
}

const uint8_t *file_bytes(const ledger_case *c, size_t *size)
{
    return world_file(&c->w, RIG_HOME, RIG_NAME, size);
}

uint8_t *edit(const ledger_case *c, size_t *size)
{
    static uint8_t copy[1u << 20];
    const uint8_t *bytes = file_bytes(c, size);
    assert_non_null(bytes);
    assert_in_range(*size, 1, sizeof copy - 8192);
    memcpy(copy, bytes, *size);
    return copy;
}

void put(ledger_case *c, const uint8_t *bytes, size_t size)
{
    rig_close_ledger(&c->r);
    world_put_file(&c->w, RIG_HOME, RIG_NAME, bytes, size);
}
