/* Installing, listing and reading policies. */
#include "api/api.h"

#include <string.h>

consent_status consent_policy_install(consent_client *client, const void *bundle, size_t size, consent_error *err)
{
    if (!client || !bundle)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is NULL", client ? "bundle" : "client");
    client->env.mutex_lock(client->env.ctx, client->home->lock);
    consent_status status = cs_home_install(client->home, (cs_span){bundle, size}, err);
    client->env.mutex_unlock(client->env.ctx, client->home->lock);
    return status;
}

/* What is open without any consent: functions that use no personal information (C5, C25). */
static void visitor_json(const cs_policy *policy, cs_json_out *out)
{
    cs_json_member_array(out, "visitor");
    for (size_t i = 0; i < policy->function_count; i++) {
        bool uses = false;
        for (size_t j = 0; j < policy->purpose_count && !uses; j++)
            uses = cs_policy_function_of(policy, &policy->purposes[j]) == &policy->functions[i];
        if (!uses)
            cs_json_put_text(out, policy->functions[i].id);
    }
    cs_json_close_array(out);
}

static void member_time(cs_json_out *out, const char *name, int64_t time_ms)
{
    if (time_ms != 0)
        cs_json_member_time(out, name, time_ms);
}

static void version_json(uint32_t version, uint32_t revision, const uint8_t *hash, cs_json_out *out)
{
    cs_json_member_int(out, "version", version);
    cs_json_member_int(out, "revision", revision);
    cs_json_member_hex(out, "hash", hash, CS_HASH_SIZE);
}

static void policy_json(const cs_home *home, const cs_held_policy *held, int64_t now_ms, cs_json_out *out)
{
    const cs_policy *policy = held->policy;
    cs_json_open_object(out);
    cs_json_member_text(out, "id", policy->id);
    cs_json_member_text(out, "scope", policy->scope);
    version_json(policy->version, policy->revision, policy->hash, out);
    member_time(out, "published", policy->published_ms);
    member_time(out, "effective", policy->effective_ms);
    member_time(out, "valid_until", policy->valid_until_ms);
    member_time(out, "installed", held->installed_ms);
    cs_json_member_bool(out, "in_force", policy->effective_ms <= now_ms);
    cs_json_member_bool(out, "outdated", cs_home_is_outdated(home, policy));
    if (policy->visitor_allowed)
        visitor_json(policy, out);
    cs_json_member_array(out, "locales");
    for (size_t i = 0; i < policy->locale_count; i++)
        cs_json_put_text(out, policy->locales[i]);
    cs_json_close_array(out);
    cs_json_close_object(out);
}

static void head_json(const cs_known_head *head, int64_t now_ms, cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_member_text(out, "id", head->newest.id);
    version_json(head->newest.version, head->newest.revision, head->hash, out);
    member_time(out, "fresh_until", head->fresh_until_ms);
    cs_json_member_bool(out, "fresh", now_ms < head->fresh_until_ms);
    cs_json_close_object(out);
}

consent_status consent_policy_list(consent_client *client, consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer buffer;
    cs_json_out json;
    cs_clock clock;
    if (!client || !write)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "%s is NULL", client ? "write" : "client");
    cs_home *home = client->home;
    cs_buffer_init(&buffer, &client->memory, CS_OUTPUT_MAX_BYTES);
    cs_json_out_init(&json, &buffer);
    client->env.mutex_lock(client->env.ctx, home->lock);
    consent_status status =
        home->key_status == CONSENT_OK ? cs_home_refresh_policies(home, err) : cs_home_unlock(home, err);
    client->env.clock(client->env.ctx, &clock);
    cs_json_open_object(&json);
    cs_json_member_int(&json, "v", 1);
    cs_json_member_array(&json, "policies");
    for (size_t i = 0; i < home->held_count; i++)
        policy_json(home, &home->held[i], clock.wall_ms, &json);
    cs_json_close_array(&json);
    cs_json_member_array(&json, "heads");
    for (size_t i = 0; i < home->head_count; i++)
        head_json(&home->heads[i], clock.wall_ms, &json);
    cs_json_close_array(&json);
    cs_json_close_object(&json);
    client->env.mutex_unlock(client->env.ctx, home->lock);
    return cs_write_out(&buffer, status, write, ctx, err);
}

consent_status consent_policy_text(consent_client *client, const char *policy_id, uint32_t version, const char *locale,
                                   consent_write_fn write, void *ctx, consent_error *err)
{
    cs_buffer buffer;
    if (!client || !policy_id || !write)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "client, policy_id or write is NULL");
    cs_home *home = client->home;
    cs_buffer_init(&buffer, &client->memory, CS_OUTPUT_MAX_BYTES);
    client->env.mutex_lock(client->env.ctx, home->lock);
    consent_status status =
        home->key_status == CONSENT_OK ? cs_home_refresh_policies(home, err) : cs_home_unlock(home, err);
    if (status == CONSENT_OK) {
        const cs_held_policy *held = cs_home_policy(home, policy_id, version);
        status = held ? cs_home_document(home, held->policy, locale, &buffer, err)
                      : cs_home_child_rules(home, policy_id, version, locale, &buffer, err);
    }
    client->env.mutex_unlock(client->env.ctx, home->lock);
    return cs_write_out(&buffer, status, write, ctx, err);
}
