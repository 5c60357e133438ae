/* Acts that no backend has yet, when their key goes: sealed to the operator (envelope.h), for the sync to carry to it (design: ephemeral
 * and erased profiles). Of a person who never accepted, nothing. Who ends a profile is never kept from it: what cannot be
 * sealed is lost, and the log says so. */
#include "crypto/envelope.h"
#include "profile/internal.h"
#include "wire/wire.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_MAX_BYTES (256u * 1024u) /* of events; one event more may follow */
#define MAX_FILES 256u
#define PADDING 512u

typedef struct sealing {
    cs_profile *profile;
    const cs_policy *policy;
    uint64_t after_seq; /* of the own stream: acknowledged up to here */
    uint64_t first;     /* of the chunk; 0: empty */
    uint32_t count;
    uint8_t before[CS_HASH_SIZE], head[CS_HASH_SIZE];
    cs_buffer events;
    bool accepted;
    size_t files;
} sealing;

static consent_status look_for_acceptance(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                          consent_error *err)
{
    sealing *all = user;
    (void)stream;
    (void)bytes;
    (void)err;
    if (event->type == CS_EVENT_POLICY_ACCEPTED || event->type == CS_EVENT_GUARDIAN_VERIFIED)
        all->accepted = true;
    return CONSENT_OK;
}

static void count_file(void *user, const char *name)
{
    size_t *files = user;
    if (strncmp(name, CS_SEALED_PREFIX, strlen(CS_SEALED_PREFIX)) == 0)
        (*files)++;
}

static void put_content(const sealing *all, cs_buffer *out)
{
    cs_buffer_u8(out, 1);
    cs_buffer_append(out, cs_ledger_stream(all->profile->ledger), CS_STREAM_ID_SIZE);
    cs_buffer_u64(out, all->first);
    cs_buffer_u32(out, all->count);
    cs_buffer_append(out, all->before, CS_HASH_SIZE);
    cs_buffer_append(out, all->head, CS_HASH_SIZE);
    cs_buffer_append(out, all->events.data, all->events.size);
    while (out->size % PADDING != 0 && !out->failed)
        cs_buffer_u8(out, 0);
}

/* Writes the chunk gathered so far, durably, under a name that tells nothing. */
static consent_status write_chunk(sealing *all, consent_error *err)
{
    cs_home *home = all->profile->home;
    cs_buffer content, file;
    uint8_t random[40];
    char hex[17], name[CS_HOME_NAME_SIZE];
    if (all->count == 0)
        return CONSENT_OK;
    if (all->files++ >= MAX_FILES)
        return cs_fail(err, CONSENT_E_FULL, 0, "%u sealed files wait for the operator already", MAX_FILES);
    consent_status status = cs_random(&home->env, random, sizeof random, err);
    if (status != CONSENT_OK)
        return status;
    cs_hex_encode(random + 32, 8, hex);
    (void)snprintf(name, sizeof name, "%s%s.bin", CS_SEALED_PREFIX, hex);
    cs_buffer_init(&content, &home->env.memory, CS_SEALED_MAX_BYTES);
    cs_buffer_init(&file, &home->env.memory, CS_SEALED_MAX_BYTES);
    put_content(all, &content);
    status = cs_buffer_status(&content, "a sealed file", err);
    if (status == CONSENT_OK)
        status = cs_envelope_seal(all->policy->sealing_key, random, cs_buffer_span(&content), &file, err);
    if (status == CONSENT_OK)
        status = cs_file_replace(&home->env, home->dir, name, cs_buffer_span(&file), err);
    cs_wipe(random, sizeof random);
    cs_buffer_free(&content);
    cs_buffer_free(&file);
    cs_buffer_clear(&all->events);
    all->count = 0;
    return status;
}

static consent_status take_event(void *user, const uint8_t *stream, const cs_event *event, cs_span bytes,
                                 consent_error *err)
{
    sealing *all = user;
    consent_status status = CONSENT_OK;
    if (memcmp(stream, cs_ledger_stream(all->profile->ledger), CS_STREAM_ID_SIZE) != 0)
        return CONSENT_OK;
    if (all->events.size >= CHUNK_MAX_BYTES)
        status = write_chunk(all, err);
    if (status != CONSENT_OK)
        return status;
    if (event->seq > all->after_seq) {
        if (all->count++ == 0) {
            all->first = event->seq;
            memcpy(all->before, all->head, CS_HASH_SIZE);
        }
        cs_buffer_sized(&all->events, bytes.data, bytes.size);
    }
    status = cs_wire_chain(all->head, bytes, all->head, err);
    return status == CONSENT_OK ? cs_buffer_status(&all->events, "a sealed file", err) : status;
}

static consent_status seal(sealing *all, consent_error *err)
{
    const cs_home *home = all->profile->home;
    consent_status status = cs_profile_each_event(all->profile, look_for_acceptance, all, err);
    if (status != CONSENT_OK || !all->accepted)
        return status;
    int code = home->env.dir_list(home->env.ctx, home->dir, count_file, &all->files);
    if (code != 0)
        return cs_fail_os(err, code, "counting the sealed files");
    status = cs_profile_each_event(all->profile, take_event, all, err);
    return status == CONSENT_OK ? write_chunk(all, err) : status;
}

void cs_profile_seal_unsent(cs_profile *profile)
{
    const cs_env *env = &profile->home->env;
    sealing all = {.profile = profile};
    consent_error why = {0};
    if (!profile->ledger || profile->health != CONSENT_OK)
        return;
    all.policy = cs_profile_governing(profile, (cs_str){NULL, 0});
    if (!all.policy || !all.policy->has_sealing_key)
        return;
    const cs_stream_state *own = cs_state_stream(&profile->state, cs_ledger_stream(profile->ledger));
    all.after_seq = own ? own->acked_seq : 0;
    cs_buffer_init(&all.events, &env->memory, 2u * CHUNK_MAX_BYTES);
    if (seal(&all, &why) != CONSENT_OK && env->log)
        env->log(env->ctx, 1, why.message);
    cs_buffer_free(&all.events);
}
