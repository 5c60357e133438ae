/* Structs as bytes: one table writes them and reads them back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "platform/platform.h"

typedef struct entry {
    uint8_t raw[3];
    char id[CS_ID_MAX_SIZE + 1];
    uint32_t four;
    uint64_t eight;
    uint8_t byte;
    uint32_t small;
    bool yes;
} entry;

static const cs_member entry_members[] = {
    CS_MEMBER(CS_MEMBER_BYTES, entry, raw),   CS_MEMBER(CS_MEMBER_ID, entry, id),
    CS_MEMBER(CS_MEMBER_FIXED, entry, four),  CS_MEMBER(CS_MEMBER_FIXED, entry, eight),
    CS_MEMBER(CS_MEMBER_VARINT, entry, byte), CS_MEMBER(CS_MEMBER_SMALL, entry, small),
    CS_MEMBER(CS_MEMBER_BOOL, entry, yes),
};

static void one_table_writes_and_reads_the_members_of_a_struct(void **state)
{
    (void)state;
    static const uint8_t expected[] = {1, 2, 3, 2, 'i', 'd', 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0xFF, 1, 0xAC, 2, 1};
    const entry given = {{1, 2, 3}, "id", 0x01020304u, UINT64_C(0x0102030405060708), 255, 300, true};
    cs_buffer out;
    cs_buffer_init(&out, cs_memory_system(), 100);
    cs_buffer_members(&out, entry_members, CS_COUNT_OF(entry_members), &given);
    assert_int_equal(out.size, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    for (size_t size = 0; size <= sizeof expected; size++) {
        entry found = {.id = ""};
        cs_reader in = cs_reader_of((cs_span){expected, size});
        cs_read_members(&in, entry_members, CS_COUNT_OF(entry_members), &found);
        assert_int_equal(in.ok, size == sizeof expected);
        if (in.ok)
            assert_true(strcmp(found.id, "id") == 0 && found.four == given.four && found.eight == given.eight &&
                        found.byte == 255 && found.small == 300 && found.yes && found.raw[2] == 3);
    }
    cs_buffer_free(&out);
}

static void a_number_that_its_member_cannot_hold_is_not_read(void **state)
{
    (void)state;
    static const uint8_t too_large[] = {0x80, 2}, above_small[] = {0x80, 0x80, 4}, no_truth[] = {2}, long_id[] = {97};
    const cs_span cases[] = {{too_large, 2}, {above_small, 3}, {no_truth, 1}, {long_id, 1}};
    static const size_t members[] = {4, 5, 6, 1};
    for (size_t i = 0; i < CS_COUNT_OF(cases); i++) {
        entry found = {.byte = 1, .small = 1, .yes = true};
        cs_reader in = cs_reader_of(cases[i]);
        cs_read_members(&in, &entry_members[members[i]], 1, &found);
        assert_false(in.ok);
        assert_true(found.byte <= 1 && found.small <= 1 && found.id[0] == '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_table_writes_and_reads_the_members_of_a_struct),
        cmocka_unit_test(a_number_that_its_member_cannot_hold_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
