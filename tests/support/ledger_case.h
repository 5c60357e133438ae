/* ledger_case: what tests of the ledger share: a world with one rig in it, and hands on the ledger's file. */
#ifndef LEDGER_CASE_H
#define LEDGER_CASE_H

#include "support/rig.h"

typedef struct ledger_case {
    world w;
    rig r;
} ledger_case;

/* For cmocka_unit_test_setup_teardown; the second fails the test when anything stayed allocated, open or locked. */
int ledger_case_set_up(void **state);
int ledger_case_tear_down(void **state);

/* Fails the test with the rig's message. */
void assert_ok(consent_status status, const rig *r);
/* A ledger with acts 1 … frames, one a frame, open. */
void open_with_acts(rig *r, size_t frames);
/* Offset of frame i, when each is 512 bytes: 0 is the stream's, i ≥ 1 carries act i. */
size_t frame_at(size_t i);
/* The ledger's file as it is now. */
const uint8_t *file_bytes(const ledger_case *c, size_t *size);
/* A copy to be changed, with room behind; one at a time. */
uint8_t *edit(const ledger_case *c, size_t *size);
/* Closes the ledger and puts these bytes in its file's place, durably. */
void put(ledger_case *c, const uint8_t *bytes, size_t size);

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, ledger_case_set_up, ledger_case_tear_down)

#endif
