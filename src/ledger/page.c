#include "ledger/page.h"

#include <stdatomic.h>
#include <string.h>

#define PAGE_SIZE_BYTES 4096u
#define PAGE_MAGIC 0x31505343u /* "CSP1" in the file */
#define PAGE_USERS 64u
#define SLOT_MASK 0xFFFFu     /* of alarm: one bit for each pending slot in use */
#define OVERFLOW_ONE 0x10000u /* of alarm: withdrawals that found no slot, counted */

static const char page_name[] = "shared.page";
static const char page_lock_name[] = "shared.lock";

_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "the shared page needs lock-free 32-bit atomics");
_Static_assert(sizeof(_Atomic uint32_t) == 4, "the shared page needs plain 32-bit atomics");

typedef _Atomic uint32_t word;

typedef struct pending {
    word process; /* taken first, given back last: 0 is free */
    word item;
    word slot;
    word reserved;
} pending;

typedef struct profile_slot {
    word hash;
    word durable_end; /* in units of 8 bytes */
} profile_slot;

/* The file's content. Words are in the machine's own order: it is never read by another machine or after a restart. */
typedef struct shared {
    word magic;
    word elapsed_s; /* when it was last opened or bumped; later than now: the machine was restarted since */
    word reserved[14];
    word generation; /* at 64, with alarm on one cache line */
    word alarm;
    word overflow_process; /* the last that found no slot */
    word reserved_line[13];
    pending pending[CS_PAGE_PENDING];        /* at 128 */
    profile_slot profiles[CS_PAGE_PROFILES]; /* at 384 */
    word users[PAGE_USERS];                  /* at 896: processes that have it open */
    profile_slot own[CS_PAGE_OWN_SLOTS];     /* at 1152: slots from CS_PAGE_PROFILES on */
} shared;

_Static_assert(offsetof(shared, generation) == 64 && offsetof(shared, pending) == 128 &&
                   offsetof(shared, profiles) == 384 && offsetof(shared, users) == 896 &&
                   offsetof(shared, own) == 1152 && sizeof(shared) <= PAGE_SIZE_BYTES,
               "the layout of the shared page is fixed");

struct cs_page {
    const cs_env *env;
    cs_dir *dir;
    cs_file *file;
    cs_file_info info;
    shared *map;
    word *user;
    uint32_t process_id;
};

static bool is_alive(const cs_page *page, uint32_t process)
{
    return page->env->process_alive(page->env->ctx, process);
}

/* ---- opening --------------------------------------------------------------------------------- */

static uint32_t elapsed_seconds(const cs_env *env)
{
    cs_clock now;
    env->clock(env->ctx, &now);
    return (uint32_t)(now.elapsed_ms / CS_SECOND_MS);
}

/* A page from before a restart, or one that everybody has left, is not believed. */
static bool is_in_use(const cs_page *page)
{
    const shared *map = page->map;
    if (page->info.size != PAGE_SIZE_BYTES || atomic_load(&map->magic) != PAGE_MAGIC ||
        atomic_load(&map->elapsed_s) > elapsed_seconds(page->env))
        return false;
    for (size_t i = 0; i < PAGE_USERS; i++) {
        uint32_t process = atomic_load(&map->users[i]);
        if (process != 0 && is_alive(page, process))
            return true;
    }
    return false;
}

static int map_file(cs_page *page)
{
    const cs_env *env = page->env;
    void *mapped = NULL;
    int rc = env->file_open(env->ctx, page->dir, page_name, CS_OPEN_WRITE, &page->file);
    if (rc != 0)
        return rc;
    rc = env->file_info(env->ctx, page->file, &page->info);
    if (rc == 0 && page->info.size == PAGE_SIZE_BYTES)
        rc = env->file_map(env->ctx, page->file, PAGE_SIZE_BYTES, &mapped);
    page->map = mapped;
    return rc;
}

static void unmap_file(cs_page *page)
{
    const cs_env *env = page->env;
    if (page->map != NULL)
        env->file_unmap(env->ctx, page->map, PAGE_SIZE_BYTES);
    if (page->file != NULL)
        env->file_close(env->ctx, page->file);
    page->map = NULL;
    page->file = NULL;
}

static consent_status write_fresh(cs_page *page, consent_error *err)
{
    const cs_env *env = page->env;
    uint8_t *bytes = cs_alloc(&env->memory, PAGE_SIZE_BYTES);
    uint32_t first_generation = 0;
    if (bytes == NULL)
        return cs_no_memory(err, "the shared page");
    /* A number that no older page is likely to have stood at: who kept one notices the change. */
    consent_status status = cs_random(env, (uint8_t *)&first_generation, sizeof first_generation, err);
    const uint32_t magic = PAGE_MAGIC;
    const uint32_t elapsed = elapsed_seconds(env);
    memcpy(bytes + offsetof(shared, magic), &magic, sizeof magic);
    memcpy(bytes + offsetof(shared, elapsed_s), &elapsed, sizeof elapsed);
    memcpy(bytes + offsetof(shared, generation), &first_generation, sizeof first_generation);
    if (status == CONSENT_OK)
        status = cs_file_replace(env, page->dir, page_name, (cs_span){bytes, PAGE_SIZE_BYTES}, err);
    cs_free(&env->memory, bytes, PAGE_SIZE_BYTES);
    return status;
}

static consent_status join(cs_page *page, consent_error *err)
{
    for (size_t i = 0; i < PAGE_USERS; i++) {
        uint32_t process = atomic_load(&page->map->users[i]);
        if (process != 0 && (process == page->process_id || is_alive(page, process)))
            continue;
        atomic_store(&page->map->users[i], page->process_id);
        atomic_store(&page->map->elapsed_s, elapsed_seconds(page->env));
        page->user = &page->map->users[i];
        return CONSENT_OK;
    }
    return cs_fail(err, CONSENT_E_FULL, 0, "the home was open %u times already; close some", PAGE_USERS);
}

static int remove_leftover(void *user, cs_dir *dir, const char *name)
{
    const cs_page *page = user;
    return page->env->file_unlink(page->env->ctx, dir, name);
}

static consent_status open_locked(cs_page *page, consent_error *err)
{
    int rc = map_file(page);
    if (rc != 0 || page->map == NULL || !is_in_use(page)) {
        /* The page is whole and nobody alive has it open: so nobody has an ephemeral profile either. A failure leaves noise behind. */
        if (page->map != NULL && atomic_load(&page->map->magic) == PAGE_MAGIC)
            (void)cs_dir_clear(page->env, page->dir, CS_EPHEMERAL_PREFIX, remove_leftover, page);
        unmap_file(page);
        consent_status status = write_fresh(page, err);
        if (status != CONSENT_OK)
            return status;
        rc = map_file(page);
        if (rc != 0 || page->map == NULL)
            return cs_fail_os(err, rc, "mapping the shared page");
    }
    return join(page, err);
}

static consent_status lock_and_open(cs_page *page, consent_error *err)
{
    const cs_env *env = page->env;
    cs_file *lock;
    consent_status status = cs_lock_open(env, page->dir, page_lock_name, &lock, err);
    if (status != CONSENT_OK)
        return status;
    status = open_locked(page, err);
    cs_lock_close(env, lock);
    return status;
}

consent_status cs_page_open(const cs_env *env, cs_dir *dir, cs_page **out, consent_error *err)
{
    *out = NULL;
    cs_page *page = cs_alloc(&env->memory, sizeof *page);
    if (page == NULL)
        return cs_no_memory(err, "the shared page");
    page->env = env;
    page->dir = dir;
    page->process_id = env->process_id(env->ctx);
    consent_status status = lock_and_open(page, err);
    if (status != CONSENT_OK) {
        cs_page_close(page);
        return status;
    }
    *out = page;
    return CONSENT_OK;
}

void cs_page_close(cs_page *page)
{
    if (page == NULL)
        return;
    const cs_env *env = page->env;
    if (page->user != NULL && env->process_id(env->ctx) == page->process_id && cs_page_is_intact(page))
        atomic_store(page->user, 0);
    unmap_file(page);
    cs_free(&env->memory, page, sizeof *page);
}

bool cs_page_is_intact(const cs_page *page)
{
    cs_file_info now;
    return page->env->file_info(page->env->ctx, page->file, &now) == 0 && now.size == PAGE_SIZE_BYTES &&
           now.inode == page->info.inode && now.link_count == page->info.link_count;
}

/* ---- generation and ends ---------------------------------------------------------------------- */

uint32_t cs_page_generation(const cs_page *page)
{
    return atomic_load_explicit(&page->map->generation, memory_order_acquire);
}

const _Atomic uint32_t *cs_page_generation_word(const cs_page *page)
{
    return &page->map->generation;
}

const _Atomic uint32_t *cs_page_alarm_word(const cs_page *page)
{
    return &page->map->alarm;
}

uint32_t cs_page_bump(cs_page *page)
{
    atomic_store_explicit(&page->map->elapsed_s, elapsed_seconds(page->env), memory_order_relaxed);
    return atomic_fetch_add(&page->map->generation, 1) + 1;
}

static profile_slot *slot_at(const cs_page *page, uint32_t slot)
{
    return slot < CS_PAGE_PROFILES ? &page->map->profiles[slot] : &page->map->own[slot - CS_PAGE_PROFILES];
}

/* A slot among [from, to) that has this hash, or is free. */
static consent_status take_slot(cs_page *page, uint32_t from, uint32_t to, uint32_t profile_hash, uint32_t *slot,
                                consent_error *err)
{
    for (uint32_t i = from; i < to; i++) {
        uint32_t found = 0;
        if (atomic_compare_exchange_strong(&slot_at(page, i)->hash, &found, profile_hash) || found == profile_hash) {
            *slot = i;
            return CONSENT_OK;
        }
    }
    return cs_fail(err, CONSENT_E_FULL, 0, "the home had %u profiles in use already; close all and open it again",
                   to - from);
}

consent_status cs_page_slot(cs_page *page, uint32_t profile_hash, uint32_t *slot, consent_error *err)
{
    return take_slot(page, 0, CS_PAGE_PROFILES, profile_hash, slot, err);
}

/* Apart from the others, whose search takes the first that is free: a hole before a profile's slot would give it a second. */
consent_status cs_page_own_slot(cs_page *page, uint32_t profile_hash, uint32_t *slot, consent_error *err)
{
    return take_slot(page, CS_PAGE_PROFILES, CS_PAGE_PROFILES + CS_PAGE_OWN_SLOTS, profile_hash, slot, err);
}

void cs_page_leave_slot(cs_page *page, uint32_t slot)
{
    if (slot < CS_PAGE_PROFILES)
        return;
    atomic_store(&slot_at(page, slot)->durable_end, 0);
    atomic_store(&slot_at(page, slot)->hash, 0);
}

uint64_t cs_page_durable_end(const cs_page *page, uint32_t slot)
{
    return (uint64_t)atomic_load_explicit(&slot_at(page, slot)->durable_end, memory_order_acquire) * 8;
}

void cs_page_set_durable_end(cs_page *page, uint32_t slot, uint64_t offset)
{
    word *end = &slot_at(page, slot)->durable_end;
    uint32_t wanted = (uint32_t)(offset / 8);
    uint32_t found = atomic_load(end);
    while (found < wanted && !atomic_compare_exchange_weak(end, &found, wanted))
        continue;
}

void cs_page_restart_durable_end(cs_page *page, uint32_t slot, uint64_t offset)
{
    atomic_store(&slot_at(page, slot)->durable_end, (uint32_t)(offset / 8));
}

/* ---- withdrawals under way ----------------------------------------------------------------------- */

int cs_page_pend(cs_page *page, uint32_t slot, uint32_t item_hash)
{
    shared *map = page->map;
    for (uint32_t i = 0; i < CS_PAGE_PENDING; i++) {
        uint32_t nobody = 0;
        if (!atomic_compare_exchange_strong(&map->pending[i].process, &nobody, page->process_id))
            continue;
        atomic_store(&map->pending[i].item, item_hash);
        atomic_store(&map->pending[i].slot, slot);
        atomic_fetch_or(&map->alarm, 1u << i);
        return (int)i;
    }
    atomic_store(&map->overflow_process, page->process_id);
    atomic_fetch_add(&map->alarm, OVERFLOW_ONE);
    return (int)CS_PAGE_PENDING;
}

static void release_slot(shared *map, uint32_t i)
{
    atomic_fetch_and(&map->alarm, ~(1u << i));
    atomic_store(&map->pending[i].item, 0);
    atomic_store(&map->pending[i].process, 0);
}

void cs_page_unpend(cs_page *page, int ticket)
{
    if (ticket < 0 || ticket > (int)CS_PAGE_PENDING)
        return;
    if (ticket == (int)CS_PAGE_PENDING)
        atomic_fetch_sub(&page->map->alarm, OVERFLOW_ONE);
    else
        release_slot(page->map, (uint32_t)ticket);
}

bool cs_page_any_pending(const cs_page *page)
{
    return atomic_load(&page->map->alarm) != 0;
}

bool cs_page_needs_repair(const cs_page *page, uint32_t slot)
{
    uint32_t alarm = atomic_load(&page->map->alarm);
    for (uint32_t i = 0; i < CS_PAGE_PENDING; i++) {
        const pending *entry = &page->map->pending[i];
        if ((alarm & 1u << i) != 0 && atomic_load(&entry->slot) == slot &&
            !is_alive(page, atomic_load(&entry->process)))
            return true;
    }
    return alarm >= OVERFLOW_ONE && !is_alive(page, atomic_load(&page->map->overflow_process));
}

bool cs_page_is_pending(const cs_page *page, uint32_t slot, uint32_t item_hash)
{
    uint32_t alarm = atomic_load(&page->map->alarm);
    if (alarm == 0)
        return false;
    if (alarm >= OVERFLOW_ONE || (alarm & SLOT_MASK) == SLOT_MASK)
        return true;
    for (uint32_t i = 0; i < CS_PAGE_PENDING; i++) {
        const pending *entry = &page->map->pending[i];
        if ((alarm & 1u << i) != 0 && atomic_load(&entry->slot) == slot && atomic_load(&entry->item) == item_hash)
            return true;
    }
    return cs_page_needs_repair(page, slot);
}

void cs_page_repair(cs_page *page, uint32_t slot)
{
    shared *map = page->map;
    for (uint32_t i = 0; i < CS_PAGE_PENDING; i++) {
        pending *entry = &map->pending[i];
        uint32_t process = atomic_load(&entry->process);
        bool announced = (atomic_load(&map->alarm) & 1u << i) != 0;
        /* Not announced: its writer died before anything was written, whichever profile it was for. Taking the
         * entry over first keeps two repairers from freeing it twice. */
        if (process != 0 && !is_alive(page, process) && (!announced || atomic_load(&entry->slot) == slot) &&
            atomic_compare_exchange_strong(&entry->process, &process, page->process_id))
            release_slot(map, i);
    }
    uint32_t alarm = atomic_load(&map->alarm);
    if (alarm >= OVERFLOW_ONE && !is_alive(page, atomic_load(&map->overflow_process)))
        (void)atomic_compare_exchange_strong(&map->alarm, &alarm, alarm & SLOT_MASK);
}
