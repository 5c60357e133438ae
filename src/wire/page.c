/* Answers: pages of ranges, lists of receipts, errors. */
#include "wire/internal.h"

#include <stdio.h>
#include <string.h>

/* ---- pages ---------------------------------------------------------------------------------- */

consent_status cs_feed_page_read(cs_str json, cs_feed_page *out, consent_error *err)
{
    cs_json_in in;
    memset(out, 0, sizeof *out);
    consent_status status = cs_json_parse(&out->doc, json, CS_ANSWER_MAX_BYTES, "the page", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the page", err);
    out->items = cs_json_in_array(&in, out->doc.root, "items", true);
    out->next = (uint64_t)cs_wire_take_number(&in, out->doc.root, "next", 0);
    out->more = cs_json_in_bool(&in, out->doc.root, "more");
    out->count = cs_json_count(out->items);
    if (in.status != CONSENT_OK)
        cs_feed_page_free(out);
    return in.status;
}

consent_status cs_feed_page_item(const cs_feed_page *page, size_t index, cs_page_item *out, consent_error *err)
{
    cs_json_in in;
    const cs_json *item = cs_json_first(page->items);
    for (size_t i = 0; i < index && item != NULL; i++)
        item = cs_json_next(item);
    memset(out, 0, sizeof *out);
    cs_json_in_init(&in, "the page", err);
    (void)cs_json_enter(&in, "items", index);
    out->receipt = cs_json_in_str(&in, item, "receipt", true);
    out->has_events = cs_json_get(item, "events") != NULL;
    if (out->has_events) {
        out->has_key = cs_wire_take_b64(&in, item, "key", out->key, CS_P256_PUBLIC_SIZE, true);
        bool is_signed = cs_wire_take_b64(&in, item, "signature", out->signature, CS_SIGNATURE_SIZE, true);
        out->compression = cs_json_in_str(&in, item, "compression", true);
        out->events = cs_json_in_str(&in, item, "events", true);
        if (in.status == CONSENT_OK && out->has_key != is_signed)
            (void)cs_json_complain(&in, "`key` and `signature` do not come together");
    }
    return in.status;
}

consent_status cs_page_item_events(const cs_memory *memory, const cs_page_item *item, cs_buffer *events,
                                   consent_error *err)
{
    return cs_wire_unpack(memory, item->compression, item->events, events, err);
}

void cs_feed_page_free(cs_feed_page *page)
{
    cs_json_free(&page->doc);
    memset(page, 0, sizeof *page);
}

void cs_feed_page_begin(cs_json_out *out)
{
    cs_json_open_object(out);
    cs_json_put_name(out, "items");
    cs_json_open_array(out);
}

consent_status cs_feed_page_put(const cs_memory *memory, cs_json_out *out, cs_str receipt, const cs_range *range,
                                const uint8_t *key, consent_error *err)
{
    consent_status status = CONSENT_OK;
    cs_json_open_object(out);
    cs_json_member_str(out, "receipt", receipt);
    if (range != NULL) {
        cs_wire_put_b64(out, "key", (cs_span){key, key != NULL ? CS_P256_PUBLIC_SIZE : 0});
        cs_wire_put_b64(out, "signature", (cs_span){range->signature, key != NULL ? CS_SIGNATURE_SIZE : 0});
        status = cs_wire_put_events(memory, out, range->events, err);
    }
    cs_json_close_object(out);
    return status;
}

void cs_feed_page_end(cs_json_out *out, uint64_t next, bool more)
{
    cs_json_close_array(out);
    cs_json_member_int(out, "next", (int64_t)next);
    cs_json_member_bool(out, "more", more);
    cs_json_close_object(out);
}

/* ---- receipts ------------------------------------------------------------------------------- */

consent_status cs_receipts_read(cs_json_doc *doc, cs_str json, cs_str out[CS_ANSWER_MAX_RECEIPTS], size_t *count,
                                consent_error *err)
{
    cs_json_in in;
    *count = 0;
    consent_status status = cs_json_parse(doc, json, CS_ANSWER_MAX_BYTES, "the answer", err);
    if (status != CONSENT_OK)
        return status;
    cs_json_in_init(&in, "the answer", err);
    const cs_json *receipts = cs_json_in_array(&in, doc->root, "receipts", true);
    for (const cs_json *item = cs_json_first(receipts); item != NULL; item = cs_json_next(item)) {
        if (*count == CS_ANSWER_MAX_RECEIPTS || cs_json_type_of(item) != CS_JSON_STRING) {
            (void)cs_json_complain(&in, "`receipts` is not a list of at most %u texts", CS_ANSWER_MAX_RECEIPTS);
            break;
        }
        out[(*count)++] = cs_json_str(item);
    }
    if (in.status != CONSENT_OK)
        cs_json_free(doc);
    return in.status;
}

/* ---- errors --------------------------------------------------------------------------------- */

#define ERROR_MAX_BYTES 4096u

static void copy(cs_str from, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", CS_STR_ARG(from));
}

bool cs_wire_error_read(cs_str json, cs_wire_error *out)
{
    cs_json_doc doc;
    memset(out, 0, sizeof *out);
    if (cs_json_parse(&doc, json, ERROR_MAX_BYTES, "the answer", NULL) != CONSENT_OK)
        return false;
    const cs_json *error = cs_json_get(doc.root, "error");
    int64_t last = cs_json_int(cs_json_get(error, "last"));
    copy(cs_json_str(cs_json_get(error, "code")), out->code, sizeof out->code);
    copy(cs_json_str(cs_json_get(error, "message")), out->message, sizeof out->message);
    out->last = last > 0 ? (uint64_t)last : 0;
    cs_json_free(&doc);
    return out->code[0] != '\0';
}

void cs_wire_error_write(const char *code, const char *message, uint64_t last, cs_buffer *out)
{
    cs_json_out json;
    cs_json_out_init(&json, out);
    cs_json_open_object(&json);
    cs_json_put_name(&json, "error");
    cs_json_open_object(&json);
    cs_json_member_text(&json, "code", code);
    cs_json_member_text(&json, "message", message);
    if (last > 0)
        cs_json_member_int(&json, "last", (int64_t)last);
    cs_json_close_object(&json);
    cs_json_close_object(&json);
}
