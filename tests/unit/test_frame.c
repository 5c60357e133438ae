/* The bytes of a ledger file, without a file. */
#include "ledger/frame.h"
#include "platform/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct one_frame {
    cs_frame_keys keys;
    uint8_t header[CS_FILE_HEADER_SIZE];
    uint8_t header_hash[CS_HASH_SIZE];
    uint8_t frame[4096];
    uint8_t plain[4096];
    size_t size;
} one_frame;

static const uint8_t key[CS_KEY_SIZE] = {1, 2, 3};
static const uint8_t home[16] = {7, 7, 7};
static const uint8_t random_a[32] = {0xAA};
static const uint8_t random_b[32] = {0xBB};

static void make(one_frame *f, size_t entries_size, const uint8_t random32[32])
{
    static uint8_t entries[4000];
    const cs_file_header header = {.protection = 2, .rewrites = 5, .salt = {9, 9, 9}};
    memset(entries, 0x42, sizeof entries);
    assert_int_equal(cs_frame_make_header(key, home, &header, f->header, &f->keys, f->header_hash, NULL), CONSENT_OK);
    const cs_frame_place place = {f->header_hash, f->header_hash, 0};
    f->size = cs_frame_size_for(entries_size);
    assert_in_range(f->size, 512, sizeof f->frame);
    cs_seal_ahead ahead;
    assert_int_equal(cs_frame_prepare(&f->keys, place.previous, random32, &ahead, NULL), CONSENT_OK);
    assert_int_equal(cs_frame_seal(&ahead, &place, (cs_span){entries, entries_size}, f->size, f->plain, f->frame, NULL),
                     CONSENT_OK);
}

static consent_status open_at(one_frame *f, const uint8_t *previous, uint32_t index, cs_span *entries)
{
    const cs_frame_place place = {f->header_hash, previous, index};
    return cs_frame_open(&f->keys, &place, (cs_span){f->frame, f->size}, f->plain, entries, NULL);
}

static void a_frame_opens_where_it_was_sealed(void **state)
{
    (void)state;
    static one_frame f;
    cs_span entries;
    make(&f, 700, random_a);
    assert_int_equal(f.size, 1024);
    assert_int_equal(open_at(&f, f.header_hash, 0, &entries), CONSENT_OK);
    assert_int_equal(entries.size, 700);
    assert_int_equal(entries.data[699], 0x42);
    assert_true(cs_frame_is_finished((cs_span){f.frame, f.size}));
}

static void a_frame_opens_nowhere_else(void **state)
{
    (void)state;
    static one_frame f;
    cs_span entries;
    uint8_t other[CS_HASH_SIZE] = {0};
    make(&f, 100, random_a);
    assert_int_equal(open_at(&f, other, 0, &entries), CONSENT_E_TAMPERED);         /* behind another frame */
    assert_int_equal(open_at(&f, f.header_hash, 1, &entries), CONSENT_E_TAMPERED); /* at another number */
    const cs_frame_place other_file = {other, f.header_hash, 0};
    assert_int_equal(cs_frame_open(&f.keys, &other_file, (cs_span){f.frame, f.size}, f.plain, &entries, NULL),
                     CONSENT_E_TAMPERED);
    f.keys.seal[0] ^= 1;
    assert_int_equal(open_at(&f, f.header_hash, 0, &entries), CONSENT_E_TAMPERED);
}

static void every_flipped_bit_of_a_frame_is_noticed(void **state)
{
    (void)state;
    static one_frame f;
    make(&f, 300, random_a);
    for (size_t bit = 0; bit < f.size * 8; bit++) {
        cs_span entries;
        f.frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
        consent_status status = open_at(&f, f.header_hash, 0, &entries);
        bool finished = cs_frame_is_finished((cs_span){f.frame, f.size});
        assert_true(status != CONSENT_OK || !finished);
        assert_int_equal(cs_frame_examine((cs_span){f.frame, f.size}),
                         bit / 8 < f.size - 4 ? CS_LOOK_DAMAGED : CS_LOOK_TORN);
        f.frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void sizes_come_from_powers_of_two(void **state)
{
    (void)state;
    assert_int_equal(cs_frame_size_for(1), 512);
    assert_int_equal(cs_frame_size_for(444), 512);
    assert_int_equal(cs_frame_size_for(445), 1024);
    assert_int_equal(cs_frame_size_for(CS_ENTRIES_MAX_SIZE), 131072);
    assert_int_equal(cs_frame_size_for(131072 - 68), 131072);
    assert_int_equal(cs_frame_size_for(131072 - 67), 0);
    assert_int_equal(cs_frame_size_for(SIZE_MAX), 0);
}

static void the_nonce_depends_on_content_even_when_the_random_source_repeats(void **state)
{
    (void)state;
    static one_frame a;
    static one_frame b;
    make(&a, 100, random_a);
    make(&b, 101, random_a);
    assert_memory_not_equal(a.frame + 16, b.frame + 16, CS_NONCE_SIZE);
    make(&b, 100, random_b);
    assert_memory_not_equal(a.frame + 16, b.frame + 16, CS_NONCE_SIZE);
    make(&b, 100, random_a);
    assert_memory_equal(a.frame, b.frame, 512);
}

static void an_interrupted_write_looks_torn_at_every_length(void **state)
{
    (void)state;
    static one_frame f;
    static uint8_t torn[2048];
    make(&f, 1500, random_a);
    for (size_t size = 1; size < f.size; size++) {
        memset(torn, 0, sizeof torn);
        memcpy(torn, f.frame, size);
        assert_int_equal(cs_frame_examine((cs_span){torn, size}), CS_LOOK_TORN);
        assert_int_equal(cs_frame_examine((cs_span){torn, sizeof torn}), CS_LOOK_TORN);
    }
    assert_int_equal(cs_frame_examine((cs_span){f.frame, f.size}), CS_LOOK_WHOLE);
}

static void any_missing_sector_looks_torn(void **state)
{
    (void)state;
    static one_frame f;
    uint8_t kept[CS_SECTOR_SIZE];
    make(&f, 1500, random_a);
    for (size_t at = 0; at < f.size; at += CS_SECTOR_SIZE) {
        memcpy(kept, f.frame + at, sizeof kept);
        memset(f.frame + at, 0, sizeof kept);
        assert_int_equal(cs_frame_examine((cs_span){f.frame, f.size}), CS_LOOK_TORN);
        memcpy(f.frame + at, kept, sizeof kept);
    }
}

static void nothing_and_zeros_look_empty(void **state)
{
    (void)state;
    static const uint8_t zeros[1024];
    assert_int_equal(cs_frame_examine((cs_span){zeros, 0}), CS_LOOK_EMPTY);
    assert_int_equal(cs_frame_examine((cs_span){zeros, 7}), CS_LOOK_EMPTY);
    assert_int_equal(cs_frame_examine((cs_span){zeros, sizeof zeros}), CS_LOOK_EMPTY);
}

/* ---- header ------------------------------------------------------------------------------------ */

static cs_header_look look_at(const one_frame *f, const uint8_t *with_key, const uint8_t *in_home)
{
    cs_header_look look = CS_HEADER_OK;
    cs_file_header header;
    cs_frame_keys keys;
    uint8_t hash[CS_HASH_SIZE];
    assert_int_equal(cs_frame_read_header(f->header, with_key, in_home, &look, &header, &keys, hash, NULL), CONSENT_OK);
    if (look == CS_HEADER_OK) {
        assert_int_equal(header.protection, 2);
        assert_int_equal(header.rewrites, 5);
        assert_memory_equal(hash, f->header_hash, sizeof hash);
        assert_memory_equal(&keys, &f->keys, sizeof keys);
    }
    return look;
}

static void seal_header_checksum(one_frame *f)
{
    cs_store_u32(f->header + 504, cs_crc32c(f->header, 504));
}

static void a_header_tells_damage_key_home_and_version_apart(void **state)
{
    (void)state;
    static one_frame f;
    const uint8_t other[32] = {0xFF};
    make(&f, 10, random_a);
    assert_int_equal(look_at(&f, key, home), CS_HEADER_OK);
    assert_int_equal(look_at(&f, other, home), CS_HEADER_WRONG_KEY);
    assert_int_equal(look_at(&f, key, other), CS_HEADER_COPIED);
    static const size_t newer[] = {8, 12, 16}; /* format, suite, flags */
    for (size_t i = 0; i < CS_COUNT_OF(newer); i++) {
        f.header[newer[i]] ^= 2;
        assert_int_equal(look_at(&f, key, home), CS_HEADER_DAMAGED);
        seal_header_checksum(&f);
        assert_int_equal(look_at(&f, key, home), CS_HEADER_NEWER);
        f.header[newer[i]] ^= 2;
        seal_header_checksum(&f);
    }
    f.header[300] ^= 1; /* reserved bytes are vouched for too */
    seal_header_checksum(&f);
    assert_int_equal(look_at(&f, key, home), CS_HEADER_WRONG_KEY);
}

static void every_flipped_bit_of_a_header_is_noticed(void **state)
{
    (void)state;
    static one_frame f;
    make(&f, 10, random_a);
    for (size_t bit = 0; bit < CS_FILE_HEADER_SIZE * 8; bit++) {
        f.header[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(look_at(&f, key, home), CS_HEADER_DAMAGED);
        f.header[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* ---- entries ------------------------------------------------------------------------------------- */

static void entries_come_back_in_order(void **state)
{
    (void)state;
    const cs_span acts[] = {{(const uint8_t *)"one", 3}, {(const uint8_t *)"three", 5}};
    const cs_span evidence = {(const uint8_t *)"signed", 6};
    const uint8_t stream[16] = {4};
    uint8_t begin[CS_STREAM_ENTRY_SIZE];
    cs_buffer bytes;
    cs_entry entry;
    bool more = false;
    cs_buffer_init(&bytes, cs_memory_system(), 4096);
    cs_frame_stream_entry(stream, begin);
    cs_buffer_append(&bytes, begin, sizeof begin);
    cs_frame_put_acts(&bytes, 300, acts, 2);
    cs_frame_put_remote(&bytes, stream, evidence, acts, 1);
    cs_buffer_u8(&bytes, 0x91); /* of a newer version, and optional */
    cs_buffer_sized(&bytes, "xyz", 3);
    cs_reader in = cs_reader_of(cs_buffer_span(&bytes));
    assert_int_equal(cs_frame_next_entry(&in, &entry, &more, NULL), CONSENT_OK);
    assert_int_equal(entry.kind, CS_ENTRY_STREAM);
    assert_memory_equal(entry.stream, stream, 16);
    assert_int_equal(cs_frame_next_entry(&in, &entry, &more, NULL), CONSENT_OK);
    assert_int_equal(entry.kind, CS_ENTRY_ACTS);
    assert_int_equal(entry.first_seq, 300);
    assert_int_equal(entry.count, 2);
    assert_int_equal(cs_frame_next_event(&entry).size, 3);
    assert_memory_equal(cs_frame_next_event(&entry).data, "three", 5);
    assert_int_equal(cs_frame_next_entry(&in, &entry, &more, NULL), CONSENT_OK);
    assert_int_equal(entry.kind, CS_ENTRY_REMOTE);
    assert_memory_equal(entry.evidence.data, "signed", 6);
    assert_int_equal(cs_frame_next_event(&entry).size, 3);
    assert_int_equal(cs_frame_next_entry(&in, &entry, &more, NULL), CONSENT_OK);
    assert_int_equal(entry.kind, 0x91);
    assert_int_equal(entry.count, 0);
    assert_true(more);
    assert_int_equal(cs_frame_next_entry(&in, &entry, &more, NULL), CONSENT_OK);
    assert_false(more);
    cs_buffer_free(&bytes);
}

typedef struct bad_entry {
    const char *why;
    consent_status status;
    size_t size;
    uint8_t bytes[24];
} bad_entry;

static const bad_entry bad_entries[] = {
    {"kind 0", CONSENT_E_UNSUPPORTED, 2, {0, 0}},
    {"a kind that must be known", CONSENT_E_UNSUPPORTED, 3, {0x7F, 1, 0}},
    {"no size", CONSENT_E_CORRUPT, 1, {1}},
    {"cut short", CONSENT_E_CORRUPT, 3, {1, 4, 1}},
    {"seq 0", CONSENT_E_CORRUPT, 6, {1, 4, 0, 1, 1, 'a'}},
    {"an event cut short", CONSENT_E_CORRUPT, 6, {1, 4, 1, 1, 2, 'a'}},
    {"an empty event", CONSENT_E_CORRUPT, 5, {1, 3, 1, 1, 0}},
    {"fewer events than said", CONSENT_E_CORRUPT, 6, {1, 4, 1, 2, 1, 'a'}},
    {"more than said", CONSENT_E_CORRUPT, 7, {1, 5, 1, 1, 1, 'a', 'b'}},
    {"a short stream", CONSENT_E_CORRUPT, 4, {3, 2, 1, 2}},
    {"a long stream", CONSENT_E_CORRUPT, 19, {3, 17}},
    {"a short remote", CONSENT_E_CORRUPT, 4, {2, 2, 1, 2}},
    {"an optional entry cut short", CONSENT_E_CORRUPT, 3, {0x90, 9, 1}},
    {"a count beyond everything", CONSENT_E_CORRUPT, 12, {1, 10, 1, 255, 255, 255, 255, 255, 255, 255, 255, 127}},
};

static void malformed_entries_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CS_COUNT_OF(bad_entries); i++) {
        cs_reader in = cs_reader_of((cs_span){bad_entries[i].bytes, bad_entries[i].size});
        cs_entry entry;
        bool more = false;
        consent_status status = cs_frame_next_entry(&in, &entry, &more, NULL);
        if (status != bad_entries[i].status)
            fail_msg("%s: status %d", bad_entries[i].why, (int)status);
    }
}

/* ---- checkpoint ------------------------------------------------------------------------------------ */

static void a_checkpoint_opens_for_its_own_file_alone(void **state)
{
    (void)state;
    static one_frame f;
    static uint8_t plain[8192];
    static uint8_t sealed[8192];
    static uint8_t text[5000];
    uint8_t other[CS_HASH_SIZE] = {1};
    cs_checkpoint back;
    const cs_checkpoint checkpoint = {.at = {.offset = 5120,
                                             .last_offset = 4608,
                                             .previous = {3},
                                             .frame_count = 9,
                                             .stream = {8},
                                             .next_seq = 10,
                                             .head = {5},
                                             .event_count = 12},
                                      .state = {text, sizeof text}};
    memset(text, 0x33, sizeof text);
    make(&f, 10, random_a);
    size_t size = cs_checkpoint_size_for(sizeof text);
    assert_int_equal(size, 8192);
    assert_int_equal(cs_checkpoint_seal(&f.keys, f.header_hash, &checkpoint, random_a, size, plain, sealed, NULL),
                     CONSENT_OK);
    const cs_span bytes = {sealed, size};
    assert_int_equal(cs_checkpoint_open(&f.keys, f.header_hash, bytes, plain, &back, NULL), CONSENT_OK);
    assert_true(back.at.offset == 5120 && back.at.last_offset == 4608 && back.at.event_count == 12);
    assert_int_equal(back.at.frame_count, 9);
    assert_int_equal(back.at.next_seq, 10);
    assert_memory_equal(back.at.head, checkpoint.at.head, 32);
    assert_int_equal(back.state.size, sizeof text);
    assert_memory_equal(back.state.data, text, sizeof text);
    assert_int_equal(cs_checkpoint_open(&f.keys, other, bytes, plain, &back, NULL), CONSENT_E_NOT_FOUND);
    assert_int_equal(cs_checkpoint_open(&f.keys, f.header_hash, (cs_span){sealed, 4096}, plain, &back, NULL),
                     CONSENT_E_NOT_FOUND);
    assert_int_equal(cs_checkpoint_size_for(CS_CHECKPOINT_MAX_SIZE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_opens_where_it_was_sealed),
        cmocka_unit_test(a_frame_opens_nowhere_else),
        cmocka_unit_test(every_flipped_bit_of_a_frame_is_noticed),
        cmocka_unit_test(sizes_come_from_powers_of_two),
        cmocka_unit_test(the_nonce_depends_on_content_even_when_the_random_source_repeats),
        cmocka_unit_test(an_interrupted_write_looks_torn_at_every_length),
        cmocka_unit_test(any_missing_sector_looks_torn),
        cmocka_unit_test(nothing_and_zeros_look_empty),
        cmocka_unit_test(a_header_tells_damage_key_home_and_version_apart),
        cmocka_unit_test(every_flipped_bit_of_a_header_is_noticed),
        cmocka_unit_test(entries_come_back_in_order),
        cmocka_unit_test(malformed_entries_are_refused),
        cmocka_unit_test(a_checkpoint_opens_for_its_own_file_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
