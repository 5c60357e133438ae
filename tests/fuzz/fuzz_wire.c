/* Any bytes as a body of the sync protocol, whose signatures fit: the first byte says which. Refused with a message, or whole. */
#include "crypto/jws.h"
#include "fuzz.h"
#include "wire/wire.h"

bool fuzz_accepted;

enum {
    AS_RANGE = 0,
    AS_ENROLMENT = 1,
    AS_RECEIPT = 2,
    AS_PAGE = 3,
    AS_RECEIPTS = 4,
    AS_ERROR = 5,
    AS_EVIDENCE = 6
};

static bool read_range(cs_str json)
{
    static const uint8_t begin[CS_HASH_SIZE] = {0};
    uint8_t head[CS_HASH_SIZE];
    cs_buffer events;
    cs_range range;
    consent_error error = {0};
    cs_buffer_init(&events, cs_memory_system(), CS_RANGE_MAX_BYTES);
    consent_status status = cs_range_read(cs_memory_system(), json, &range, &events, &error);
    fuzz_require_reason(status, error);
    if (status == CONSENT_OK) {
        fuzz_require(range.first > 0 && range.last >= range.first && range.last - range.first < CS_RANGE_MAX_EVENTS);
        fuzz_require(range.events.size <= CS_RANGE_MAX_BYTES);
        status = cs_range_follow(&range, begin, head, &error);
        fuzz_require_reason(status, error);
    }
    cs_buffer_free(&events);
    return status == CONSENT_OK;
}

static bool read_page(cs_str json)
{
    cs_feed_page page;
    consent_error error = {0};
    consent_status status = cs_feed_page_read(json, &page, &error);
    fuzz_require_reason(status, error);
    for (size_t i = 0; status == CONSENT_OK && i < page.count && i < 8; i++) {
        cs_page_item item;
        cs_buffer events;
        cs_buffer_init(&events, cs_memory_system(), CS_RANGE_MAX_BYTES);
        status = cs_feed_page_item(&page, i, &item, &error);
        if (status == CONSENT_OK && item.has_events)
            status = cs_page_item_events(cs_memory_system(), &item, &events, &error);
        fuzz_require_reason(status, error);
        cs_buffer_free(&events);
    }
    cs_feed_page_free(&page);
    return status == CONSENT_OK;
}

static bool read_receipt(cs_str jws)
{
    static const uint8_t private_key[CS_P256_PRIVATE_SIZE] = {1};
    uint8_t key[CS_P256_PUBLIC_SIZE];
    size_t index;
    cs_receipt receipt;
    consent_error error = {0};
    fuzz_require(cs_p256_public(private_key, key, &error) == CONSENT_OK);
    consent_status status = cs_receipt_open(cs_memory_system(), jws, key, 1, &index, &receipt, &error);
    fuzz_require_reason(status, error);
    fuzz_require(status != CONSENT_OK || (receipt.first > 0 && receipt.last >= receipt.first && receipt.time_ms > 0));
    return status == CONSENT_OK;
}

static bool read_receipts(cs_str json)
{
    cs_json_doc doc;
    cs_str receipts[CS_ANSWER_MAX_RECEIPTS];
    size_t count;
    consent_error error = {0};
    consent_status status = cs_receipts_read(&doc, json, receipts, &count, &error);
    fuzz_require_reason(status, error);
    if (status == CONSENT_OK)
        cs_json_free(&doc);
    return status == CONSENT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, size};
    uint8_t kind = fuzz_take(&in);
    const cs_str text = {(const char *)in.at, in.left};
    cs_enrolment enrolment;
    cs_wire_error error;
    cs_evidence evidence;
    fuzz_accepted = (kind == AS_RANGE && read_range(text)) ||
                    (kind == AS_ENROLMENT && cs_enrolment_read(text, &enrolment, NULL) == CONSENT_OK) ||
                    (kind == AS_RECEIPT && read_receipt(text)) || (kind == AS_PAGE && read_page(text)) ||
                    (kind == AS_RECEIPTS && read_receipts(text)) ||
                    (kind == AS_ERROR && cs_wire_error_read(text, &error)) ||
                    (kind == AS_EVIDENCE && cs_evidence_read((cs_span){in.at, in.left}, &evidence, NULL) == CONSENT_OK);
    return 0;
}
