/* The host's configuration: checked, then copied. */
#include "sync/internal.h"

#include <string.h>

#define STRING_MAX_SIZE 1024u
#define PIN_CHARS 44u

static bool is_region(const char *region)
{
    return region && strlen(region) == 2 && region[0] >= 'A' && region[0] <= 'Z' && region[1] >= 'A' &&
           region[1] <= 'Z';
}

/* An https address without anything that could lead elsewhere. */
static bool is_endpoint(const char *endpoint)
{
    size_t size = endpoint ? strlen(endpoint) : 0;
    if (size <= 8 || size > STRING_MAX_SIZE || strncmp(endpoint, "https://", 8) != 0 || endpoint[size - 1] == '/')
        return false;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)endpoint[i] <= ' ' || (unsigned char)endpoint[i] >= 0x7F || strchr("@?#\\\"<>", endpoint[i]))
            return false;
    return true;
}

static bool is_pin(const char *pin)
{
    size_t size = pin ? strlen(pin) : 0;
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return size == PIN_CHARS && strspn(pin, letters) == PIN_CHARS - 1 && pin[PIN_CHARS - 1] == '=';
}

static consent_status check(const consent_sync_config *config, consent_error *err)
{
    if (!is_endpoint(config->endpoint))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "config.endpoint is no https address, or ends with '/': write \"https://consent.example.cn\"");
    if (!is_region(config->region))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.region is no country code such as \"CN\"");
    if (config->transport &&
        (config->transport->struct_size < sizeof *config->transport || !config->transport->perform))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.transport has no perform, or its struct_size is not set");
    if (config->ca_file && strlen(config->ca_file) > STRING_MAX_SIZE)
        return cs_fail(err, CONSENT_E_ARGUMENT, 0, "config.ca_file is longer than %u bytes", STRING_MAX_SIZE);
    if (config->pin_count == 1 || config->pin_count > CS_SYNC_MAX_PINS || (config->pin_count && !config->pins))
        return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                       "config.pins holds none or 2 to %u pins: with one alone a lost key locks every device out",
                       CS_SYNC_MAX_PINS);
    for (size_t i = 0; i < config->pin_count; i++)
        if (!is_pin(config->pins[i].sha256) || config->pins[i].expires_ms <= 0)
            return cs_fail(err, CONSENT_E_ARGUMENT, 0,
                           "config.pins[%zu] is no SHA-256 in base64 (44 characters) with an instant of expiry", i);
    if (!config->transport && !cs_curl_is_there())
        return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "this build has no libcurl: give config.transport");
    return CONSENT_OK;
}

static const char *copy(char **at, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *start = *at;
    if (!text)
        return NULL;
    memcpy(start, text, size);
    *at += size;
    return start;
}

consent_status cs_sync_set_up(const cs_memory *memory, const consent_sync_config *config, cs_sync_setup *setup,
                              consent_error *err)
{
    consent_status status = check(config, err);
    if (status != CONSENT_OK)
        return status;
    size_t size = strlen(config->endpoint) + strlen(config->region) + 2 + config->pin_count * (PIN_CHARS + 1) +
                  (config->ca_file ? strlen(config->ca_file) + 1 : 0);
    char *block = cs_alloc(memory, size);
    if (!block)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory for the sync's configuration");
    cs_sync_setup_free(memory, setup);
    char *at = block;
    *setup = (cs_sync_setup){.ready = true,
                             .strings = block,
                             .strings_size = size,
                             .transport = config->transport,
                             .token = config->token,
                             .progress = config->progress,
                             .ctx = config->ctx,
                             .pin_count = config->pin_count,
                             .fetch_before_consent = config->fetch_before_consent};
    setup->endpoint = copy(&at, config->endpoint);
    setup->region = copy(&at, config->region);
    setup->ca_file = copy(&at, config->ca_file);
    for (size_t i = 0; i < config->pin_count; i++) {
        setup->pins[i] = copy(&at, config->pins[i].sha256);
        setup->pins_expire_ms[i] = config->pins[i].expires_ms;
    }
    return CONSENT_OK;
}
