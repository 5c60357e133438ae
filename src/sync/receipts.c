/* Who signed what: receipts count when a key that the newest key set names for their time signed them. */
#include "sync/internal.h"

#include <string.h>

consent_status cs_sync_need_keys(cs_sync *sync, consent_error *err)
{
    consent_status status = cs_exchange_keys(sync->profile, sync->keys, err);
    if ((status == CONSENT_E_NOT_FOUND || (status == CONSENT_OK && sync->keys->receipt_count == 0)) &&
        !sync->keys_fetched)
        status = cs_sync_fetch_keys(sync, err);
    if (status == CONSENT_E_NOT_FOUND || (status == CONSENT_OK && sync->keys->receipt_count == 0))
        status = cs_sync_failed(
            sync, 0, cs_fail(err, CONSENT_E_NETWORK, 0, "no key set names who signs receipts: nothing is sent"));
    return status;
}

static consent_status check_time(const cs_sync *sync, size_t key, int64_t time_ms, consent_error *err)
{
    const cs_publisher *window = &sync->keys->receipts[key];
    if (time_ms >= window->not_before_ms && time_ms < window->not_after_ms)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_TAMPERED, 0, "a receipt is of a time for which its key was not named");
}

static consent_status open_receipt(cs_sync *sync, cs_str jws, cs_receipt *out, cs_sealed_receipt *sealed,
                                   consent_error *err)
{
    size_t key = 0;
    consent_status status =
        out ? cs_receipt_open(sync->memory, jws, sync->keys->receipt_keys, sync->keys->receipt_count, &key, out, err)
            : cs_sealed_receipt_open(sync->memory, jws, sync->keys->receipt_keys, sync->keys->receipt_count, &key,
                                     sealed, err);
    return status == CONSENT_OK ? check_time(sync, key, out ? out->time_ms : sealed->time_ms, err) : status;
}

/* The answer that the receipt stands in is replaced when keys are fetched: it is kept meanwhile. */
static consent_status open_anyhow(cs_sync *sync, cs_str jws, cs_receipt *out, cs_sealed_receipt *sealed,
                                  consent_error *err)
{
    consent_status status = open_receipt(sync, jws, out, sealed, err);
    if (status != CONSENT_E_TAMPERED || sync->keys_fetched)
        return status;
    cs_buffer answer = sync->answer;
    cs_buffer_init(&sync->answer, sync->memory, 0);
    consent_status fetched = cs_sync_fetch_keys(sync, NULL);
    cs_buffer_free(&sync->answer);
    sync->answer = answer;
    return fetched == CONSENT_OK ? open_receipt(sync, jws, out, sealed, err) : status;
}

consent_status cs_sync_receipt(cs_sync *sync, cs_str jws, cs_receipt *out, consent_error *err)
{
    consent_status status = open_anyhow(sync, jws, out, NULL, err);
    if (status == CONSENT_OK && memcmp(out->profile, sync->standing.profile, sizeof out->profile) != 0)
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "a receipt was another profile's");
    if (status == CONSENT_OK && (out->first == 0 || out->last < out->first || out->first_cursor == 0))
        status = cs_fail(err, CONSENT_E_TAMPERED, 0, "a receipt covered nothing");
    return status;
}

consent_status cs_sync_sealed_receipt(cs_sync *sync, cs_str jws, cs_sealed_receipt *out, consent_error *err)
{
    return open_anyhow(sync, jws, NULL, out, err);
}

void cs_sync_evidence(const cs_receipt *receipt, cs_str jws, cs_evidence *out)
{
    *out = (cs_evidence){.first = receipt->first,
                         .last = receipt->last,
                         .first_cursor = receipt->first_cursor,
                         .time_ms = receipt->time_ms,
                         .by_backend = receipt->by_backend,
                         .joined = receipt->joined,
                         .receipt = jws};
    memcpy(out->key, receipt->key, sizeof out->key);
    memcpy(out->head, receipt->head, sizeof out->head);
}
