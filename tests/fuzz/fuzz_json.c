/* Any bytes: the strict reader refuses with a message, or gives a document that writes and reads back the same. */
#include "fuzz.h"
#include "json/json.h"

#include <string.h>

#define FUZZ_JSON_MAX_BYTES 65536u

bool fuzz_accepted;

static void write_value(cs_buffer *buffer, const cs_json *value)
{
    cs_json_out out;
    cs_json_out_init(&out, buffer);
    cs_json_put_value(&out, value);
}

/* What was read, written, read again and written again, is the same text. */
static void round_trip(const cs_json *root)
{
    cs_buffer first;
    cs_buffer second;
    cs_json_doc doc = {0};
    consent_error error = {0};
    cs_buffer_init(&first, cs_memory_system(), 8 * FUZZ_JSON_MAX_BYTES);
    cs_buffer_init(&second, cs_memory_system(), 8 * FUZZ_JSON_MAX_BYTES);
    write_value(&first, root);
    cs_str text = {(const char *)first.data, first.size};
    if (first.failed || cs_json_parse(&doc, text, 8 * FUZZ_JSON_MAX_BYTES, "round trip", &error) != CONSENT_OK) {
        abort();
    }
    write_value(&second, doc.root);
    if (second.failed || first.size != second.size || memcmp(first.data, second.data, first.size) != 0) {
        abort();
    }
    cs_json_free(&doc);
    cs_buffer_free(&first);
    cs_buffer_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_json_doc doc = {0};
    consent_error error = {0};
    cs_str text = {(const char *)data, size};
    consent_status checked = cs_json_check(text, FUZZ_JSON_MAX_BYTES, "input", NULL);
    consent_status parsed = cs_json_parse(&doc, text, FUZZ_JSON_MAX_BYTES, "input", &error);
    if (checked != parsed || (parsed != CONSENT_OK && error.message[0] == '\0')) {
        abort();
    }
    fuzz_accepted = parsed == CONSENT_OK;
    if (fuzz_accepted) {
        round_trip(doc.root);
    }
    cs_json_free(&doc);
    return 0;
}
