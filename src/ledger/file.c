/* Names, the writer's lock, space kept ready for appends, and the ballast for a full disk. */
#include "ledger/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char ballast_name[] = "ballast";
enum {
    BALLAST_SIZE = 262144,
    LOCK_TRIES = 5
};

void cs_ledger_name(const cs_ledger *ledger, const char *suffix, char out[CS_LEDGER_NAME_SIZE])
{
    (void)snprintf(out, CS_LEDGER_NAME_SIZE, "%s%.15s", ledger->name, suffix);
}

/* ---- lock ---------------------------------------------------------------------------------- */

static int open_lock_file(cs_ledger *ledger)
{
    char name[CS_LEDGER_NAME_SIZE];
    cs_ledger_name(ledger, ".lock", name);
    return ledger->env->file_open(ledger->env->ctx, ledger->dir, name, CS_OPEN_CREATE, &ledger->lock);
}

/* A lock counts only while its file has a name: somebody may have removed it, and the next opener made another. */
static int lock_is_current(cs_ledger *ledger, bool *current)
{
    cs_file_info info;
    int rc = ledger->env->file_info(ledger->env->ctx, ledger->lock, &info);
    *current = rc == 0 && info.link_count > 0;
    return rc;
}

consent_status cs_ledger_lock(cs_ledger *ledger, consent_error *err)
{
    const cs_env *env = ledger->env;
    for (int i = 0; i < LOCK_TRIES; i++) {
        bool current = false;
        int rc = ledger->lock == NULL ? open_lock_file(ledger) : 0;
        if (rc != 0)
            return cs_fail_os(err, rc, "opening the ledger's lock file");
        rc = env->file_lock(env->ctx, ledger->lock, true);
        if (rc != 0)
            return cs_fail(err, CONSENT_E_LOCKED, rc,
                           "the ledger could not be locked; put the home on a file system that has locks");
        rc = lock_is_current(ledger, &current);
        if (rc == 0 && current) {
            ledger->locked = true;
            return CONSENT_OK;
        }
        env->file_unlock(env->ctx, ledger->lock);
        if (rc != 0)
            return cs_fail_os(err, rc, "examining the ledger's lock file");
        env->file_close(env->ctx, ledger->lock);
        ledger->lock = NULL;
    }
    return cs_fail(err, CONSENT_E_LOCKED, 0,
                   "the ledger's lock file kept being replaced; leave the home's files alone");
}

void cs_ledger_unlock(cs_ledger *ledger)
{
    if (ledger->locked)
        ledger->env->file_unlock(ledger->env->ctx, ledger->lock);
    ledger->locked = false;
}

/* ---- the file ------------------------------------------------------------------------------ */

consent_status cs_ledger_examine(const cs_ledger *ledger, cs_file *file, cs_file_info *out, consent_error *err)
{
    int rc = ledger->env->file_info(ledger->env->ctx, file, out);
    return rc == 0 ? CONSENT_OK : cs_fail_os(err, rc, "examining the ledger");
}

static consent_status read_header(cs_ledger *ledger, cs_ledger_file *out, consent_error *err)
{
    const cs_env *env = ledger->env;
    uint8_t bytes[CS_FILE_HEADER_SIZE];
    cs_file_info info;
    consent_status status = cs_ledger_examine(ledger, out->file, &info, err);
    if (status != CONSENT_OK)
        return status;
    out->device = info.device;
    out->inode = info.inode;
    out->look = CS_HEADER_DAMAGED;
    if (info.size < sizeof bytes)
        return CONSENT_OK;
    int rc = cs_file_read_all(env, out->file, 0, bytes, sizeof bytes);
    if (rc != 0)
        return cs_fail_os(err, rc, "reading the ledger");
    return cs_frame_read_header(bytes, ledger->key, ledger->home_id, &out->look, &out->header, &out->keys,
                                out->header_hash, err);
}

consent_status cs_ledger_file_open(cs_ledger *ledger, cs_ledger_file *out, consent_error *err)
{
    memset(out, 0, sizeof *out);
    int rc = ledger->env->file_open(ledger->env->ctx, ledger->dir, ledger->name, CS_OPEN_WRITE, &out->file);
    if (rc == ENOENT)
        return cs_fail(err, CONSENT_E_NOT_FOUND, rc, "the ledger's file was missing");
    if (rc != 0)
        return cs_fail_os(err, rc, "opening the ledger");
    consent_status status = read_header(ledger, out, err);
    if (status != CONSENT_OK)
        cs_ledger_file_close(ledger, out);
    return status;
}

void cs_ledger_file_close(cs_ledger *ledger, cs_ledger_file *file)
{
    if (file->file != NULL)
        ledger->env->file_close(ledger->env->ctx, file->file);
    cs_wipe(file, sizeof *file);
}

consent_status cs_ledger_file_is_current(cs_ledger *ledger, bool *current, uint64_t *size, consent_error *err)
{
    cs_file_info named;
    int rc = ledger->env->file_info_by_name(ledger->env->ctx, ledger->dir, ledger->name, &named);
    if (rc == ENOENT)
        return cs_fail(err, CONSENT_E_NOT_FOUND, rc, "the ledger's file was removed while it was open; open it again");
    if (rc != 0)
        return cs_fail_os(err, rc, "examining the ledger");
    *current = named.inode == ledger->file.inode && named.device == ledger->file.device;
    *size = named.size;
    return CONSENT_OK;
}

cs_damage cs_ledger_header_damage(cs_header_look look)
{
    static const cs_damage damages[] = {
        [CS_HEADER_OK] = CS_DAMAGE_NONE,       [CS_HEADER_DAMAGED] = CS_DAMAGE_CORRUPT,
        [CS_HEADER_NEWER] = CS_DAMAGE_NEWER,   [CS_HEADER_WRONG_KEY] = CS_DAMAGE_WRONG_KEY,
        [CS_HEADER_COPIED] = CS_DAMAGE_COPIED,
    };
    return damages[look];
}

#define CS_ZEROS_SIZE 4096u

/* ---- space --------------------------------------------------------------------------------- */

/* An append into blocks that were written before changes nothing but their content on disk, which halves the work of
 * its sync, and still fits when the disk is full. What cannot be reserved will be told by the write. */
void cs_ledger_reserve(cs_ledger *ledger, uint64_t end)
{
    const cs_env *env = ledger->env;
    if (end <= ledger->space_end)
        return;
    uint64_t size = (end + CS_LEDGER_SPACE_STEP - 1) / CS_LEDGER_SPACE_STEP * CS_LEDGER_SPACE_STEP;
    uint64_t at = ledger->space_end > ledger->at.offset ? ledger->space_end : ledger->at.offset;
    uint8_t *zeros = cs_alloc(&env->memory, CS_ZEROS_SIZE);
    if (zeros == NULL || env->file_allocate(env->ctx, ledger->file.file, size) != 0) {
        cs_free(&env->memory, zeros, CS_ZEROS_SIZE);
        return;
    }
    ledger->space_end = size;
    while (at < size) {
        size_t piece = size - at < CS_ZEROS_SIZE ? (size_t)(size - at) : CS_ZEROS_SIZE;
        if (cs_file_write_all(env, ledger->file.file, at, zeros, piece) != 0)
            break;
        at += piece;
    }
    cs_free(&env->memory, zeros, CS_ZEROS_SIZE);
}

/* Space that is given up when the disk is full, so that a refusal still finds room. Best effort. */
void cs_ledger_keep_ballast(cs_ledger *ledger)
{
    const cs_env *env = ledger->env;
    cs_file_info info;
    cs_file *file = NULL;
    if (env->file_info_by_name(env->ctx, ledger->dir, ballast_name, &info) == 0)
        return;
    if (env->file_open(env->ctx, ledger->dir, ballast_name, CS_OPEN_CREATE_NEW, &file) != 0)
        return;
    int rc = env->file_allocate(env->ctx, file, BALLAST_SIZE);
    env->file_close(env->ctx, file);
    if (rc != 0)
        (void)env->file_unlink(env->ctx, ledger->dir, ballast_name);
}

bool cs_ledger_drop_ballast(cs_ledger *ledger)
{
    return ledger->env->file_unlink(ledger->env->ctx, ledger->dir, ballast_name) == 0;
}

static void unlink_one(const cs_ledger *ledger, const char *suffix)
{
    char name[CS_LEDGER_NAME_SIZE];
    cs_ledger_name(ledger, suffix, name);
    (void)ledger->env->file_unlink(ledger->env->ctx, ledger->dir, name);
}

void cs_ledger_remove_content(cs_ledger *ledger)
{
    char suffix[16];
    for (unsigned i = 1; i <= CS_LEDGER_MAX_ASIDE; i++) {
        (void)snprintf(suffix, sizeof suffix, ".torn-%u", i);
        unlink_one(ledger, suffix);
    }
    unlink_one(ledger, ".check");
    unlink_one(ledger, ".check" CS_TEMP_SUFFIX);
    unlink_one(ledger, ".new");
    unlink_one(ledger, "");
}

/* Nothing of an ephemeral profile stays for the next person. */
void cs_ledger_remove_files(cs_ledger *ledger)
{
    cs_ledger_remove_content(ledger);
    unlink_one(ledger, ".lock");
    (void)ledger->env->dir_sync(ledger->env->ctx, ledger->dir);
}
