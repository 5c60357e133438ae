/* Homes and policies on disk: folders made, copied and taken away, files damaged, policies changed, built and signed. */
#define _POSIX_C_SOURCE 200809L

#include "consentctl/play_internal.h"

#include "consentctl/authoring.h"
#include "consentctl/files.h"
#include "consentctl/lint.h"
#include "consentctl/merge.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

consent_status cs_play_make_folder(cs_player *player, const char *name, char out[CS_PLAY_MAX_PATH], consent_error *err)
{
    consent_status status = cs_files_join(player->folder, name, out, CS_PLAY_MAX_PATH, err);
    return status == CONSENT_OK ? cs_files_make_dir(out, err) : status;
}

/* Calls `each` for every plain file; stops at its first failure. */
static consent_status for_each_file(const char *folder,
                                    consent_status (*each)(void *ctx, const char *folder, const char *name,
                                                           consent_error *err),
                                    void *ctx, consent_error *err)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    consent_status status = CONSENT_OK;
    if (dir == NULL)
        return cs_fail(err, CONSENT_E_NOT_FOUND, errno, "the folder %s could not be read: %s", folder, strerror(errno));
    while (status == CONSENT_OK && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = each(ctx, folder, entry->d_name, err);
    }
    closedir(dir);
    return status;
}

static consent_status copy_file(void *ctx, const char *folder, const char *name, consent_error *err)
{
    char from[CS_PLAY_MAX_PATH], to[CS_PLAY_MAX_PATH];
    cs_memory memory = cs_tool_memory();
    cs_buffer content;
    consent_status status = cs_files_join(folder, name, from, sizeof(from), err);
    if (status == CONSENT_OK)
        status = cs_files_join(ctx, name, to, sizeof(to), err);
    if (status != CONSENT_OK || cs_files_is_dir(from))
        return status;
    cs_buffer_init(&content, &memory, 1024u * 1024u * 1024u);
    status = cs_files_read(from, &content, err);
    if (status == CONSENT_OK)
        status = cs_files_write(to, cs_buffer_span(&content), CS_FILES_SECRET, false, err);
    cs_buffer_free(&content);
    return status;
}

consent_status cs_play_copy_folder(const char *from, const char *to, consent_error *err)
{
    char target[CS_PLAY_MAX_PATH];
    snprintf(target, sizeof(target), "%s", to);
    return for_each_file(from, copy_file, target, err);
}

static consent_status remove_file(void *ctx, const char *folder, const char *name, consent_error *err)
{
    char path[CS_PLAY_MAX_PATH];
    (void)ctx;
    if (cs_files_join(folder, name, path, sizeof(path), err) != CONSENT_OK)
        return CONSENT_E_ARGUMENT;
    if (cs_files_is_dir(path))
        cs_play_remove_folder(path);
    else
        (void)unlink(path);
    return CONSENT_OK;
}

void cs_play_remove_folder(const char *path)
{
    (void)for_each_file(path, remove_file, NULL, NULL);
    (void)rmdir(path);
}

/* ---- damage ------------------------------------------------------------------------------------ */

typedef struct pick {
    const char *wanted; /* part of the name; NULL: the largest file is the ledger */
    char path[CS_PLAY_MAX_PATH];
    off_t size;
} pick;

static consent_status pick_file(void *ctx, const char *folder, const char *name, consent_error *err)
{
    pick *best = ctx;
    char path[CS_PLAY_MAX_PATH];
    struct stat info;
    if (cs_files_join(folder, name, path, sizeof(path), err) != CONSENT_OK || stat(path, &info) != 0 ||
        !S_ISREG(info.st_mode))
        return CONSENT_OK;
    if (best->wanted != NULL ? strstr(name, best->wanted) != NULL : strncmp(name, "l-", 2) == 0) {
        if (info.st_size >= best->size) {
            memcpy(best->path, path, sizeof(path));
            best->size = info.st_size;
        }
    }
    return CONSENT_OK;
}

static consent_status write_back(const char *path, cs_buffer *content, consent_error *err)
{
    consent_status status = cs_files_write(path, cs_buffer_span(content), CS_FILES_SECRET, false, err);
    cs_buffer_free(content);
    return status;
}

static consent_status damage_file(cs_player *player, const char *path, consent_error *err)
{
    const cs_json *flip = cs_step_get(player->step, "flip");
    const cs_json *cut = cs_step_get(player->step, "cut");
    cs_buffer content;
    if (cs_play_flag(player, "remove"))
        return unlink(path) == 0 ? CONSENT_OK : cs_fail(err, CONSENT_E_IO, errno, "%s could not be removed", path);
    cs_buffer_init(&content, &player->tool->env.memory, 1024u * 1024u * 1024u);
    consent_status status = cs_files_read(path, &content, err);
    if (status == CONSENT_OK && flip != NULL) {
        size_t at = cs_str_is(cs_json_str(flip), "middle") ? content.size / 2 : (size_t)cs_json_int(flip);
        if (cs_str_is(cs_json_str(flip), "last"))
            at = content.size - 1;
        if (at >= content.size)
            status =
                cs_fail(err, CONSENT_E_ARGUMENT, 0, "the file has %zu bytes: there is none at %zu", content.size, at);
        else
            content.data[at] ^= 1u;
    }
    if (status == CONSENT_OK && cut != NULL)
        content.size -= (size_t)cs_json_int(cut) < content.size ? (size_t)cs_json_int(cut) : content.size;
    if (status != CONSENT_OK) {
        cs_buffer_free(&content);
        return status;
    }
    return write_back(path, &content, err);
}

consent_status cs_play_damage(cs_player *player, consent_error *err)
{
    cs_str name = cs_json_str(player->step->arg);
    const char *folder = cs_str_is(name, "app") ? player->home : NULL;
    pick best = {cs_play_text(player, "file"), "", 0};
    for (size_t i = 0; folder == NULL && i < player->process_count; i++) {
        if (cs_str_is(name, player->processes[i].name))
            folder = player->processes[i].home;
    }
    if (folder == NULL)
        return cs_fail(err, CONSENT_E_NOT_FOUND, 0, "no copy \"%.*s\" was made before", CS_STR_ARG(name));
    cs_play_close_all(player);
    consent_status status = for_each_file(folder, pick_file, &best, err);
    if (status == CONSENT_OK && best.path[0] == '\0')
        status = cs_fail(err, CONSENT_E_NOT_FOUND, 0, "the home has no file \"%s\"",
                         best.wanted != NULL ? best.wanted : "l-…");
    return status == CONSENT_OK ? damage_file(player, best.path, err) : status;
}

/* ---- what is on disk ---------------------------------------------------------------------------- */

typedef struct look {
    cs_player *player;
    uint64_t count;
} look;

static consent_status look_at_file(void *ctx, const char *folder, const char *name, consent_error *err)
{
    look *at = ctx;
    cs_player *player = at->player;
    char path[CS_PLAY_MAX_PATH];
    cs_buffer content;
    const char *piece = cs_json_str(player->step->arg).data;
    consent_status status = cs_files_join(folder, name, path, sizeof(path), err);
    if (status != CONSENT_OK || (strcmp(piece, "*") != 0 && strstr(name, piece) == NULL) || cs_files_is_dir(path))
        return status;
    at->count++;
    cs_buffer_init(&content, &player->tool->env.memory, 1024u * 1024u * 1024u);
    status = cs_files_read(path, &content, err);
    cs_str text = {(const char *)content.data, content.size};
    for (const cs_json *each = cs_json_first(cs_step_get(player->step, "hides")); status == CONSENT_OK && each != NULL;
         each = cs_json_next(each)) {
        player->result->check_count++;
        if (cs_play_contains(text, cs_json_str(each)))
            cs_play_fail(player, "expected no file to hold \"%.*s\" readably, got %s", CS_STR_ARG(cs_json_str(each)),
                         name);
    }
    cs_buffer_free(&content);
    return status;
}

consent_status cs_play_look_at_files(cs_player *player, consent_error *err)
{
    const char *name = cs_play_text(player, "in");
    const char *folder = player->home;
    look at = {player, 0};
    for (size_t i = 0; name != NULL && i < player->process_count; i++) {
        if (strcmp(player->processes[i].name, name) == 0)
            folder = player->processes[i].home;
    }
    consent_status status = for_each_file(folder, look_at_file, &at, err);
    if (status == CONSENT_OK)
        cs_play_expect_number(player, "count", at.count, "files of that name");
    return status;
}

/* ---- policies ------------------------------------------------------------------------------------ */

static consent_status write_document(const char *to, const char *kind, const char *locale, const cs_buffer *markdown,
                                     consent_error *err)
{
    char path[CS_PLAY_MAX_PATH], name[64];
    snprintf(name, sizeof(name), "%s.%.40s.md", kind, locale);
    consent_status status = cs_files_join(to, name, path, sizeof(path), err);
    return status == CONSENT_OK ? cs_files_write(path, cs_buffer_span(markdown), CS_FILES_PUBLIC, false, err) : status;
}

static consent_status write_changed_documents(cs_player *player, const cs_overlay *overlay, const cs_json *locales,
                                              const char *to, consent_error *err)
{
    cs_buffer markdown;
    consent_status status = CONSENT_OK;
    cs_buffer_init(&markdown, &player->tool->env.memory, CS_DOCUMENT_MAX_BYTES);
    for (const cs_json *at = cs_json_first(locales); at && status == CONSENT_OK; at = cs_json_next(at)) {
        const char *locale = cs_json_str(at).data;
        cs_buffer_clear(&markdown);
        status = cs_overlay_document(&player->tool->env.memory, overlay, locale, &markdown, err);
        if (status == CONSENT_OK)
            status = write_document(to, "document", locale, &markdown, err);
        cs_buffer_clear(&markdown);
        if (status == CONSENT_OK)
            status = cs_overlay_child_rules(overlay, locale, &markdown, err);
        if (status == CONSENT_OK && markdown.size != 0)
            status = write_document(to, "child-rules", locale, &markdown, err);
    }
    cs_buffer_free(&markdown);
    return status;
}

static consent_status write_changed_policy(cs_player *player, const char *from, const char *to, const cs_json *change,
                                           consent_error *err)
{
    char path[CS_PLAY_MAX_PATH];
    cs_buffer text, merged;
    cs_json_doc doc = {NULL, NULL};
    cs_json_out json;
    cs_overlay overlay;
    cs_buffer_init(&merged, &player->tool->env.memory, CS_POLICY_MAX_BYTES);
    consent_status status = cs_overlay_open(&player->tool->env.memory, from, &overlay, &text, &doc, err);
    if (status == CONSENT_OK) {
        cs_json_out_init(&json, &merged);
        cs_merge_json(&json, doc.root, change);
        status = cs_buffer_status(&merged, "the changed policy", err);
    }
    if (status == CONSENT_OK)
        status = cs_files_join(to, "policy.json", path, sizeof(path), err);
    if (status == CONSENT_OK)
        status = cs_files_write(path, cs_buffer_span(&merged), CS_FILES_PUBLIC, false, err);
    if (status == CONSENT_OK)
        status = write_changed_documents(player, &overlay, cs_json_get(doc.root, "locales"), to, err);
    cs_json_free(&doc);
    cs_buffer_free(&text);
    cs_buffer_free(&merged);
    return status;
}

/* The path that the step names; of a folder that the step changes, the changed copy. */
static consent_status find_policy(cs_player *player, char path[CS_PLAY_MAX_PATH], consent_error *err)
{
    char changed[CS_PLAY_MAX_PATH], name[64];
    const cs_json *change = cs_step_get(player->step, "with");
    const char *source = cs_json_str(player->step->arg).data;
    consent_status status = source[0] == '/' ? cs_files_join("", source + 1, path, CS_PLAY_MAX_PATH, err)
                                             : cs_files_join(player->step->folder, source, path, CS_PLAY_MAX_PATH, err);
    if (source[0] == '/')
        snprintf(path, CS_PLAY_MAX_PATH, "%s", source);
    if (status != CONSENT_OK || change == NULL)
        return status;
    if (!cs_files_is_dir(path))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is no policy folder: a signed bundle cannot be changed", path);
    snprintf(name, sizeof(name), "policy-%u", ++player->made_count);
    status = cs_play_make_folder(player, name, changed, err);
    if (status == CONSENT_OK)
        status = write_changed_policy(player, path, changed, change, err);
    memcpy(path, changed, sizeof(changed));
    return status;
}

/* A folder is built and signed with throw-away keys, changed before as the step wants; a file is a bundle as it is. */
static consent_status make_bundle(cs_player *player, cs_buffer *bundle, consent_error *err)
{
    char path[CS_PLAY_MAX_PATH];
    const char *signer = cs_play_text(player, "signed_by");
    if (signer != NULL && strcmp(signer, "stranger") != 0)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "signed_by was \"%s\"; only \"stranger\" can be named", signer);
    consent_status status = find_policy(player, path, err);
    if (status != CONSENT_OK)
        return status;
    if (!cs_files_is_dir(path))
        return cs_files_read(path, bundle, err);
    const cs_key_pair *root = signer != NULL ? &player->stranger : &player->root;
    return cs_authoring_bundle(&player->tool->env.memory, path, root->private_key, player->publisher.private_key,
                               bundle, err);
}

/* What a device has installed the backend hands out too. */
static consent_status publish(cs_player *player, const cs_buffer *bundle, consent_error *err)
{
    char path[96], hex[2 * CS_HASH_SIZE + 1];
    if (player->bundle.policy == NULL)
        return CONSENT_OK;
    cs_hex_encode(player->bundle.policy->hash, CS_HASH_SIZE, hex);
    snprintf(path, sizeof(path), "/v1/policies/%s", hex);
    return cs_play_backend_publish(&player->backend, path, cs_buffer_span(bundle), err);
}

consent_status cs_play_install(cs_player *player, consent_error *err)
{
    cs_process *process = NULL;
    consent_error why = {0, 0, ""};
    cs_buffer bundle;
    cs_buffer_init(&bundle, &player->tool->env.memory, CS_BUNDLE_MAX_BYTES);
    consent_status status = cs_play_process(player, &process, err);
    if (status != CONSENT_OK)
        return status;
    status = make_bundle(player, &bundle, &why);
    if (status == CONSENT_OK)
        status = consent_policy_install(process->client, bundle.data, bundle.size, &why);
    if (status == CONSENT_OK) {
        cs_bundle_free(&player->bundle);
        (void)cs_bundle_open(&player->tool->env.memory, cs_buffer_span(&bundle), player->roots, player->root_count,
                             player->wall_ms, &player->bundle, NULL);
        status = publish(player, &bundle, &why);
    }
    cs_buffer_free(&bundle);
    cs_play_expect_status(player, status, &why);
    return CONSENT_OK;
}

/* Exactly the rules that the step names are broken. */
consent_status cs_play_lint(cs_player *player, consent_error *err)
{
    char path[CS_PLAY_MAX_PATH];
    cs_lint lint;
    const cs_json *wanted = cs_step_get(player->step, "finds");
    consent_status status = find_policy(player, path, err);
    if (status == CONSENT_OK)
        status = cs_lint_run(&player->tool->env.memory, path, &lint, err);
    if (status != CONSENT_OK)
        return status;
    for (size_t i = 0; i < cs_lint_finding_count(&lint); i++) {
        const cs_finding *finding = cs_lint_finding(&lint, i);
        bool named = false;
        for (const cs_json *each = cs_json_first(wanted); each != NULL; each = cs_json_next(each))
            named = named || cs_str_is(cs_json_str(each), finding->rule->id);
        if (!named)
            cs_play_fail(player, "expected no finding of %s, got %s: %s", finding->rule->id, finding->where,
                         finding->message);
    }
    for (const cs_json *each = cs_json_first(wanted); each != NULL; each = cs_json_next(each)) {
        bool found = false;
        for (size_t i = 0; i < cs_lint_finding_count(&lint); i++)
            found = found || cs_str_is(cs_json_str(each), cs_lint_finding(&lint, i)->rule->id);
        if (!found)
            cs_play_fail(player, "expected a finding of \"%.*s\", got none", CS_STR_ARG(cs_json_str(each)));
    }
    player->result->check_count++;
    cs_lint_free(&lint);
    return CONSENT_OK;
}
