/* Decoders refuse what their encoders do not write; what fuzzing found them to accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "platform/platform.h"
#include "state/state.h"
#include "support/make_policy.h"

static const cs_purpose *purpose_with_recipients(const cs_policy *policy, uint16_t count)
{
    for (uint16_t i = 0; i < policy->purpose_count; i++)
        if (policy->purposes[i].recipient_count >= count)
            return &policy->purposes[i];
    fail_msg("no purpose of the sample has %u recipients", (unsigned)count);
    return NULL;
}

/* Which of two methods would a lookup by name then find? */
static void a_compact_policy_names_a_recipient_once_per_purpose(void **state)
{
    (void)state;
    cs_policy *policy, *read = NULL;
    cs_texts *texts;
    cs_buffer bytes;
    char *json = make_fixture("sample.json");
    make_policy(json, &policy, &texts);
    const cs_purpose *purpose = purpose_with_recipients(policy, 2);
    cs_purpose_recipient *recipients = (cs_purpose_recipient *)(uintptr_t)purpose->recipients;
    recipients[1].recipient = recipients[0].recipient;
    cs_buffer_init(&bytes, make_memory(), CS_POLICY_MAX_BYTES);
    cs_policy_encode(policy, &bytes);
    assert_int_equal(cs_policy_decode(make_memory(), cs_buffer_span(&bytes), &read, NULL), CONSENT_E_CORRUPT);
    assert_null(read);
    cs_buffer_free(&bytes);
    cs_policy_free(policy);
    cs_texts_free(texts);
    free(json);
    assert_int_equal(make_live_blocks(), 0);
}

static void a_state_that_encode_would_not_write_is_refused(void **state)
{
    static const uint8_t stream[CS_STREAM_ID_SIZE] = {7}, session[CS_SESSION_ID_SIZE] = {1};
    const cs_event granted = {.type = CS_EVENT_GRANTED,
                              .seq = 1,
                              .time_ms = INT64_C(1767225600000),
                              .session_id = session,
                              .policy = {CS_STR("platform"), 1, 0, NULL},
                              .purpose = CS_STR("search")};
    cs_state made, read;
    cs_buffer bytes, longer;
    (void)state;
    cs_state_init(&made, cs_memory_system());
    cs_state_init(&read, cs_memory_system());
    cs_buffer_init(&bytes, cs_memory_system(), CS_STATE_MAX_ENCODED);
    cs_buffer_init(&longer, cs_memory_system(), CS_STATE_MAX_ENCODED);
    assert_int_equal(cs_state_apply(&made, stream, true, &granted, 0, NULL), CONSENT_OK);
    cs_state_encode(&made, &bytes);
    /* A name that nothing uses, behind the others: sorted and well formed. Format, count, then sized names. */
    size_t names_end = 2;
    for (uint8_t i = 0; i < bytes.data[1]; i++)
        names_end += 1u + bytes.data[names_end];
    cs_buffer_append(&longer, bytes.data, names_end);
    longer.data[1]++;
    cs_buffer_sized(&longer, "unused", 6);
    cs_buffer_append(&longer, bytes.data + names_end, bytes.size - names_end);
    assert_int_equal(cs_state_decode(&read, cs_buffer_span(&longer), NULL), CONSENT_E_CORRUPT);
    assert_int_equal(read.act_count, 0);
    assert_int_equal(cs_state_decode(&read, cs_buffer_span(&bytes), NULL), CONSENT_OK);
    assert_int_equal(read.act_count, 1);
    cs_state_free(&read);
    cs_state_free(&made);
    cs_buffer_free(&longer);
    cs_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compact_policy_names_a_recipient_once_per_purpose),
        cmocka_unit_test(a_state_that_encode_would_not_write_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
