/* The shared page: what one process announces, every other sees; what a dead one left denies until it is repaired. */
#include "ledger/page.h"
#include "support/world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>

#include <cmocka.h>

typedef struct bench {
    world w;
    cs_env env;
    cs_dir *dir;
    consent_error err;
} bench;

static int set_up(void **state)
{
    static bench b;
    memset(&b, 0, sizeof b);
    world_init(&b.w);
    b.env = world_env(&b.w);
    *state = &b;
    return b.env.dir_open(b.env.ctx, "home", true, &b.dir);
}

static int tear_down(void **state)
{
    bench *b = *state;
    b->env.dir_close(b->env.ctx, b->dir);
    /* A killed process's map is the world's to forget; every test kills at most one that had a page. */
    bool clean = b->w.live_blocks == 0 && b->w.open_files == 0 && b->w.maps <= b->w.dead_count && b->w.locks == 0;
    world_free(&b->w);
    return clean ? 0 : -1;
}

static cs_page *open_as(bench *b, uint32_t process)
{
    cs_page *page = NULL;
    b->w.process_id = process;
    consent_status status = cs_page_open(&b->env, b->dir, &page, &b->err);
    if (status != CONSENT_OK)
        fail_msg("status %d: %s", (int)status, b->err.message);
    return page;
}

static void close_as(bench *b, uint32_t process, cs_page *page)
{
    b->w.process_id = process;
    cs_page_close(page);
}

static void processes_see_one_generation(void **state)
{
    bench *b = *state;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    uint32_t before = cs_page_generation(two);
    (void)cs_page_bump(one);
    assert_int_equal(cs_page_generation(two), before + 1);
    assert_int_equal(atomic_load(cs_page_generation_word(two)), before + 1);
    close_as(b, 1, one);
    close_as(b, 2, two);
}

static void the_page_is_on_disk_before_it_is_mapped(void **state)
{
    bench *b = *state;
    size_t size = 0;
    cs_page *page = open_as(b, 1);
    assert_int_equal(world_unsynced_bytes(&b->w), 0);
    assert_int_equal(world_unsynced_names(&b->w), 0);
    assert_non_null(world_file(&b->w, "home", "shared.page", &size));
    assert_int_equal(size, 4096);
    close_as(b, 1, page);
}

static void profiles_have_slots_of_their_own(void **state)
{
    bench *b = *state;
    uint32_t a = 99;
    uint32_t c = 99;
    uint32_t again = 99;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    assert_int_equal(cs_page_slot(one, 0xAAAA, &a, &b->err), CONSENT_OK);
    assert_int_equal(cs_page_slot(two, 0xCCCC, &c, &b->err), CONSENT_OK);
    assert_int_equal(cs_page_slot(two, 0xAAAA, &again, &b->err), CONSENT_OK);
    assert_int_equal(a, again);
    assert_int_not_equal(a, c);
    assert_true(cs_page_durable_end(two, a) == 0);
    cs_page_set_durable_end(one, a, 4096);
    assert_true(cs_page_durable_end(two, a) == 4096);
    assert_true(cs_page_durable_end(two, c) == 0);
    cs_page_set_durable_end(two, a, 1024); /* a late writer never takes it back */
    assert_true(cs_page_durable_end(one, a) == 4096);
    cs_page_restart_durable_end(two, a, 1024); /* but a ledger begun anew does */
    assert_true(cs_page_durable_end(one, a) == 1024);
    cs_page_set_durable_end(one, c, UINT64_C(64) << 20);
    assert_true(cs_page_durable_end(two, c) == UINT64_C(64) << 20);
    for (uint32_t i = 2; i < CS_PAGE_PROFILES; i++)
        assert_int_equal(cs_page_slot(one, 0x10000 + i, &a, &b->err), CONSENT_OK);
    assert_int_equal(cs_page_slot(one, 0xFFFF, &a, &b->err), CONSENT_E_FULL);
    close_as(b, 1, one);
    close_as(b, 2, two);
}

static void a_withdrawal_under_way_denies_its_item_in_every_process(void **state)
{
    bench *b = *state;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    b->w.process_id = 1;
    assert_false(cs_page_any_pending(two));
    int ticket = cs_page_pend(one, 0, 77);
    assert_true(cs_page_any_pending(two));
    assert_int_not_equal(atomic_load(cs_page_alarm_word(two)), 0);
    assert_true(cs_page_is_pending(two, 0, 77));
    assert_false(cs_page_is_pending(two, 0, 78));
    assert_false(cs_page_is_pending(two, 1, 77));
    assert_false(cs_page_needs_repair(two, 0));
    cs_page_unpend(one, ticket);
    assert_false(cs_page_any_pending(two));
    assert_false(cs_page_is_pending(two, 0, 77));
    assert_int_equal(atomic_load(cs_page_alarm_word(two)), 0);
    close_as(b, 1, one);
    close_as(b, 2, two);
}

static void a_full_table_denies_everything_until_it_is_not(void **state)
{
    bench *b = *state;
    int tickets[CS_PAGE_PENDING + 2];
    cs_page *page = open_as(b, 1);
    for (uint32_t i = 0; i < CS_PAGE_PENDING + 2; i++)
        tickets[i] = cs_page_pend(page, 0, 100 + i);
    assert_true(cs_page_is_pending(page, 5, 1));
    cs_page_unpend(page, tickets[3]); /* a free slot does not help while one without a slot is under way */
    assert_true(cs_page_is_pending(page, 5, 1));
    cs_page_unpend(page, tickets[CS_PAGE_PENDING]);
    assert_true(cs_page_is_pending(page, 5, 1));
    cs_page_unpend(page, tickets[CS_PAGE_PENDING + 1]);
    assert_false(cs_page_is_pending(page, 5, 1));
    assert_true(cs_page_is_pending(page, 0, 102));
    for (uint32_t i = 0; i < CS_PAGE_PENDING; i++)
        if (i != 3)
            cs_page_unpend(page, tickets[i]);
    assert_false(cs_page_any_pending(page));
    cs_page_unpend(page, -1); /* harmless */
    close_as(b, 1, page);
}

static void a_dead_writers_withdrawal_denies_its_profile_until_repaired(void **state)
{
    bench *b = *state;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    b->w.process_id = 1;
    (void)cs_page_pend(one, 3, 77);
    world_kill(&b->w, 1);
    b->w.process_id = 2;
    assert_true(cs_page_needs_repair(two, 3));
    assert_true(cs_page_is_pending(two, 3, 12345)); /* not only item 77 */
    assert_false(cs_page_is_pending(two, 4, 77));
    cs_page_repair(two, 4); /* another profile's writer has not read that ledger */
    assert_true(cs_page_needs_repair(two, 3));
    cs_page_repair(two, 3);
    assert_false(cs_page_needs_repair(two, 3));
    assert_false(cs_page_any_pending(two));
    close_as(b, 2, two);
}

static void repair_leaves_the_living_alone(void **state)
{
    bench *b = *state;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    b->w.process_id = 1;
    int ticket = cs_page_pend(one, 3, 77);
    b->w.process_id = 2;
    cs_page_repair(two, 3);
    assert_true(cs_page_is_pending(two, 3, 77));
    cs_page_unpend(one, ticket);
    close_as(b, 1, one);
    close_as(b, 2, two);
}

static void a_dead_writer_without_a_slot_is_repaired_too(void **state)
{
    bench *b = *state;
    cs_page *one = open_as(b, 1);
    cs_page *two = open_as(b, 2);
    b->w.process_id = 1;
    for (uint32_t i = 0; i <= CS_PAGE_PENDING; i++)
        (void)cs_page_pend(one, 0, 100 + i);
    world_kill(&b->w, 1);
    b->w.process_id = 2;
    assert_true(cs_page_is_pending(two, 9, 1));
    cs_page_repair(two, 0);
    assert_false(cs_page_any_pending(two));
    close_as(b, 2, two);
}

static void a_page_that_everybody_left_is_made_anew(void **state)
{
    bench *b = *state;
    uint32_t slot = 0;
    cs_page *page = open_as(b, 1);
    uint32_t generation = cs_page_generation(page);
    assert_int_equal(cs_page_slot(page, 0xAAAA, &slot, &b->err), CONSENT_OK);
    cs_page_set_durable_end(page, slot, 8000);
    (void)cs_page_pend(page, slot, 5);
    close_as(b, 1, page);
    page = open_as(b, 2);
    assert_false(cs_page_any_pending(page));
    assert_int_equal(cs_page_slot(page, 0xAAAA, &slot, &b->err), CONSENT_OK);
    assert_true(cs_page_durable_end(page, slot) == 0);
    assert_int_not_equal(cs_page_generation(page), generation);
    close_as(b, 2, page);
}

static void a_page_whose_users_were_killed_is_made_anew(void **state)
{
    bench *b = *state;
    cs_page *page = open_as(b, 1);
    (void)cs_page_pend(page, 0, 5);
    world_kill(&b->w, 1);
    page = open_as(b, 2);
    assert_false(cs_page_any_pending(page));
    close_as(b, 2, page);
}

/* After a restart another process may bear the old number; the clock since start tells. */
static void a_page_from_before_a_restart_is_made_anew(void **state)
{
    bench *b = *state;
    world_advance(&b->w, 500000);
    cs_page *page = open_as(b, 1);
    (void)cs_page_pend(page, 0, 5);
    b->w.elapsed_ms = 4000;
    cs_page *later = open_as(b, 2);
    assert_false(cs_page_any_pending(later));
    close_as(b, 1, page);
    close_as(b, 2, later);
}

static void a_truncated_unlinked_or_replaced_page_is_not_intact(void **state)
{
    bench *b = *state;
    cs_file *file = NULL;
    cs_page *page = open_as(b, 1);
    assert_true(cs_page_is_intact(page));
    assert_int_equal(b->env.file_open(b->env.ctx, b->dir, "shared.page", CS_OPEN_WRITE, &file), 0);
    assert_int_equal(b->env.file_truncate(b->env.ctx, file, 0), 0);
    assert_false(cs_page_is_intact(page));
    b->env.file_close(b->env.ctx, file);
    close_as(b, 1, page);
    page = open_as(b, 1);
    assert_int_equal(b->env.file_unlink(b->env.ctx, b->dir, "shared.page"), 0);
    assert_false(cs_page_is_intact(page));
    close_as(b, 1, page);
    page = open_as(b, 1);
    uint8_t other[4096] = {0};
    assert_int_equal(cs_file_replace(&b->env, b->dir, "shared.page", (cs_span){other, sizeof other}, &b->err),
                     CONSENT_OK);
    assert_false(cs_page_is_intact(page));
    close_as(b, 1, page);
}

static void garbage_in_its_place_is_replaced(void **state)
{
    bench *b = *state;
    uint8_t garbage[5000];
    memset(garbage, 0xC3, sizeof garbage);
    world_put_file(&b->w, "home", "shared.page", garbage, sizeof garbage);
    cs_page *page = open_as(b, 1);
    assert_true(cs_page_is_intact(page));
    assert_false(cs_page_any_pending(page));
    close_as(b, 1, page);
    world_put_file(&b->w, "home", "shared.page", garbage, 4096);
    page = open_as(b, 1);
    assert_false(cs_page_any_pending(page));
    close_as(b, 1, page);
}

static void the_sixty_fifth_user_is_refused(void **state)
{
    bench *b = *state;
    cs_page *pages[64];
    cs_page *one_more = NULL;
    for (uint32_t i = 0; i < 64; i++)
        pages[i] = open_as(b, 100 + i);
    b->w.process_id = 500;
    assert_int_equal(cs_page_open(&b->env, b->dir, &one_more, &b->err), CONSENT_E_FULL);
    assert_null(one_more);
    close_as(b, 107, pages[7]);
    one_more = open_as(b, 500);
    close_as(b, 500, one_more);
    for (uint32_t i = 0; i < 64; i++)
        if (i != 7)
            close_as(b, 100 + i, pages[i]);
}

static void without_locks_there_is_no_page(void **state)
{
    bench *b = *state;
    cs_page *page = NULL;
    b->w.lock_code = ENOLCK;
    assert_int_equal(cs_page_open(&b->env, b->dir, &page, &b->err), CONSENT_E_LOCKED);
    assert_null(page);
}

/* Every call outside fails in turn: either there is a page that works, or none and nothing is held. */
static void opening_survives_every_failure(void **state)
{
    bench *b = *state;
    uint64_t n = 1;
    for (bool reached = true; reached; n++) {
        cs_page *page = NULL;
        (void)world_remove_file(&b->w, "home", "shared.page");
        world_arm(&b->w, n, EIO);
        consent_status status = cs_page_open(&b->env, b->dir, &page, &b->err);
        reached = b->w.fired > 0;
        world_disarm(&b->w);
        assert_true((status == CONSENT_OK) == (page != NULL));
        if (page != NULL)
            assert_true(cs_page_is_intact(page));
        cs_page_close(page);
        assert_int_equal(b->w.live_blocks, 0);
        assert_int_equal(b->w.locks, 0);
    }
    assert_in_range(n, 10, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(processes_see_one_generation),
        TEST(the_page_is_on_disk_before_it_is_mapped),
        TEST(profiles_have_slots_of_their_own),
        TEST(a_withdrawal_under_way_denies_its_item_in_every_process),
        TEST(a_full_table_denies_everything_until_it_is_not),
        TEST(a_dead_writers_withdrawal_denies_its_profile_until_repaired),
        TEST(repair_leaves_the_living_alone),
        TEST(a_dead_writer_without_a_slot_is_repaired_too),
        TEST(a_page_that_everybody_left_is_made_anew),
        TEST(a_page_whose_users_were_killed_is_made_anew),
        TEST(a_page_from_before_a_restart_is_made_anew),
        TEST(a_truncated_unlinked_or_replaced_page_is_not_intact),
        TEST(garbage_in_its_place_is_replaced),
        TEST(the_sixty_fifth_user_is_refused),
        TEST(without_locks_there_is_no_page),
        TEST(opening_survives_every_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
