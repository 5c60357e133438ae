#include "policy/fields.h"

#include "policy/document.h"

#include <stddef.h>
#include <string.h>

_Static_assert(CS_LISTS_INDEXED == CS_POLICY_INDICES, "each has an index");
_Static_assert(sizeof(cs_purpose) <= UINT8_MAX, "the largest entry");

#define AT(type, member) (uint16_t) offsetof(type, member)
#define END                                                                                                            \
    {                                                                                                                  \
        CS_FIELD_END, 0, 0                                                                                             \
    }
/* Numbers of one kind that stand one behind the other, from `first` to `last`. */
#define RUN(type, first, last)                                                                                         \
    1 + (offsetof(type, last) - offsetof(type, first)) / sizeof(((type *)NULL)->first), AT(type, first)
#define TERM(kind) (CS_FIELD_##kind + CS_FIELD_TERM)
#define ONCE(kind) (TERM(kind) + CS_FIELD_ONCE)

static const cs_field function_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_function, id)},
    {TERM(SMALL), CS_FUNCTION_ADDITIONAL, AT(cs_function, kind)},
    {TERM(SMALL), true, AT(cs_function, needs_age)},
    {TERM(SMALL), true, AT(cs_function, needs_login)},
    {CS_FIELD_U32, RUN(cs_function, name, refusal)},
    {TERM(LIST), CS_LIST_NEEDS, 0},
    END,
};

static const cs_field data_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_data_item, id)},
    {TERM(SMALL), CS_SENSITIVE_OTHER, AT(cs_data_item, sensitive)},
    {TERM(SMALL), true, AT(cs_data_item, identity)},
    {CS_FIELD_U32, 1, AT(cs_data_item, name)},
    END,
};

static const cs_field recipient_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_recipient, id)},
    {TERM(SMALL), CS_ROLE_OTHER, AT(cs_recipient, role)},
    {TERM(WORD), 0, AT(cs_recipient, country)},
    {CS_FIELD_STRING, 0, AT(cs_recipient, policy_url)},
    {CS_FIELD_STRING, 0, AT(cs_recipient, sdk_version)},
    {CS_FIELD_U32, RUN(cs_recipient, name, developer)},
    END,
};

static const cs_field purpose_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_purpose, id)},
    {TERM(POSITION), CS_LIST_FUNCTIONS, AT(cs_purpose, function)},
    {TERM(SMALL), CS_KIND_DECLARE, AT(cs_purpose, kind)},
    {TERM(SMALL), CONSENT_GROUND_OTHER_LAW, AT(cs_purpose, ground)},
    {TERM(SMALL), CS_FORM_ONCE, AT(cs_purpose, form)},
    {TERM(SMALL), true, AT(cs_purpose, undeclared)},
    {TERM(SMALL), true, AT(cs_purpose, automated)},
    {TERM(SMALL), CS_CHANNEL_PHONE, AT(cs_purpose, channel)},
    {TERM(SMALL), CS_STORAGE_RECOMMENDATION, AT(cs_purpose, storage_level)},
    {TERM(SMALL), CONSENT_DATA_ANONYMISED, AT(cs_purpose, data_state)},
    {CS_FIELD_U32, RUN(cs_purpose, name, consequence)},
    {TERM(LIST), CS_LIST_PURPOSE_DATA, 0},
    {CS_FIELD_LIST, CS_LIST_PURPOSE_RECIPIENTS, 0},
    {TERM(LIST), CS_LIST_PURPOSE_PERMISSIONS, 0},
    {TERM(MS), 1, AT(cs_purpose, retention.period_ms)},
    {CS_FIELD_U32, 1, AT(cs_purpose, retention.criterion)},
    {TERM(SMALL), CS_AT_EXPIRY_ANONYMISE, AT(cs_purpose, retention.at_expiry)},
    {TERM(MS), RUN(cs_purpose, grant_lifetime_ms, cooldown_ms)},
    {CS_FIELD_SMALL, true, AT(cs_purpose, cooldown_raised)},
    {CS_FIELD_STRING, 0, AT(cs_purpose, section)},
    {TERM(BYTES), 8, AT(cs_purpose, method_digest)},
    {TERM(BYTES), 8, AT(cs_purpose, criterion_digest)},
    {CS_FIELD_CHECK, CS_CHECK_PURPOSE, 0},
    END,
};

static const cs_field purpose_data_fields[] = {
    {ONCE(POSITION), CS_LIST_DATA, AT(cs_purpose_data, item)},
    {TERM(SMALL), CS_NEED_OPTIONAL, AT(cs_purpose_data, need)},
    {CS_FIELD_U32, 1, AT(cs_purpose_data, reason)},
    {TERM(SMALL), true, AT(cs_purpose_data, at_field)},
    END,
};

static const cs_field purpose_recipient_fields[] = {
    {ONCE(POSITION), CS_LIST_RECIPIENTS, AT(cs_purpose_recipient, recipient)},
    {TERM(DATA_MASK), 0, AT(cs_purpose_recipient, data_mask)},
    {CS_FIELD_U32, 1, AT(cs_purpose_recipient, method)},
    {TERM(BYTES), 8, AT(cs_purpose_recipient, method_digest)},
    END,
};

static const cs_field permission_position[] = {{ONCE(POSITION), CS_LIST_PERMISSIONS, 0}, END};
static const cs_field right_kind[] = {{ONCE(ID), 0, 0}, END};
static const cs_field one_id[] = {{TERM(ID), 0, 0}, END};
static const cs_field none[] = {END}; /* has no compact form */
static const cs_field one_word[] = {{TERM(WORD), 0, 0}, END};

static const cs_field permission_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_permission, id)},
    {CS_FIELD_U32, RUN(cs_permission, name, alternative)},
    {TERM(LIST), CS_LIST_PLATFORMS, 0},
    {TERM(LIST), CS_LIST_CALL_SITES, 0},
    {TERM(MS), 1, AT(cs_permission, cooldown_ms)},
    {CS_FIELD_SMALL, true, AT(cs_permission, cooldown_raised)},
    END,
};

static const cs_field platform_fields[] = {
    {TERM(ID), 0, AT(cs_permission_names, platform)},
    {TERM(LIST), CS_LIST_PLATFORM_NAMES, 0},
    END,
};

static const cs_field call_site_fields[] = {
    {ONCE(ID), 0, AT(cs_call_site, id)},
    {TERM(POSITION), CS_LIST_PURPOSES, AT(cs_call_site, purpose)},
    {CS_FIELD_U32, 1, AT(cs_call_site, text)},
    END,
};

static const cs_field contact_fields[] = {
    {CS_FIELD_ID, 0, AT(cs_contact, kind)},
    {CS_FIELD_U32, RUN(cs_contact, value, hours)},
    END,
};

static const cs_field date_fields[] = {
    {CS_FIELD_I32, RUN(cs_date, year, day)},
    {CS_FIELD_CHECK, CS_CHECK_DATE, 0},
    END,
};

static const cs_field document_fields[] = {
    {CS_FIELD_LOCALE, 0, AT(cs_document_ref, locale)},
    {CS_FIELD_SMALL, true, AT(cs_document_ref, child_rules)},
    {CS_FIELD_BYTES, CS_HASH_SIZE, AT(cs_document_ref, hash)},
    END,
};

/* All counts come before all entries, so that every position can be checked where it stands. A term here is one of the
 * service: the other things that may change have kinds of their own. */
const cs_field cs_policy_fields[] = {
    {CS_FIELD_BYTES, CS_HASH_SIZE, AT(cs_policy, hash)},
    {CS_FIELD_ID, 0, AT(cs_policy, id)},
    {TERM(ID), 0, AT(cs_policy, scope)},
    {CS_FIELD_U32, RUN(cs_policy, version, revision)},
    {TERM(WORD), 0, AT(cs_policy, region)},
    {CS_FIELD_MS, RUN(cs_policy, published_ms, valid_until_ms)},
    {CS_FIELD_LOCALES, 0, AT(cs_policy, locales)},
    {CS_FIELD_ID, 0, AT(cs_policy, controller_id)},
    {CS_FIELD_SMALL, true, AT(cs_policy, controller_bound)},
    {CS_FIELD_U32, RUN(cs_policy, controller_name, remedies)},
    {CS_FIELD_LIST, CS_LIST_CONTACTS, 0},
    {CS_FIELD_LIST, CS_LIST_CHANNELS, 0},
    {CS_FIELD_LIST, CS_LIST_RIGHT_KINDS, 0},
    {CS_FIELD_I32, 1, AT(cs_policy, reply_working_days)},
    {CS_FIELD_LIST, CS_LIST_HOLIDAYS, 0},
    {CS_FIELD_LIST, CS_LIST_MAKEUP_DAYS, 0},
    {TERM(I32), RUN(cs_policy, minors.child_under, minors.guardian_under)},
    {TERM(MS), 1, AT(cs_policy, minors.retention_ms)},
    {CS_FIELD_STRING, 0, AT(cs_policy, minors.purpose)},
    {TERM(STRING), 0, AT(cs_policy, minors.rules_id)},
    {TERM(U32), 1, AT(cs_policy, minors.rules_version)},
    {CS_FIELD_U32, CS_CHILD_FACTS, AT(cs_policy, minors.facts)},
    {TERM(SMALL), true, AT(cs_policy, visitor_allowed)},
    {TERM(SMALL), true, AT(cs_policy, import_allowed)},
    {TERM(SMALL), true, AT(cs_policy, fetch_before_consent)},
    {CS_FIELD_SMALL, true, AT(cs_policy, must_reach_end)},
    {TERM(MS), 1, AT(cs_policy, cooldown_ms)},
    {CS_FIELD_SMALL, true, AT(cs_policy, cooldown_raised)},
    {CS_FIELD_U32, 1, AT(cs_policy, declared_changes)},
    {TERM(SMALL), true, AT(cs_policy, closing)},
    {TERM(MS), RUN(cs_policy, closing_notice_ms, closing_end_ms)},
    {CS_FIELD_BYTES, 8, AT(cs_policy, rights_digest)},
    {CS_FIELD_BYTES, 8, AT(cs_policy, contact_digest)},
    {CS_FIELD_SMALL, true, AT(cs_policy, has_sealing_key)},
    {CS_FIELD_IF, 0, AT(cs_policy, has_sealing_key)},
    {CS_FIELD_BYTES, CS_P256_PUBLIC_SIZE, AT(cs_policy, sealing_key)},
    {CS_FIELD_LIST, CS_LIST_DOCUMENTS, 0},
    {CS_FIELD_COUNT, CS_LIST_FUNCTIONS, 0},
    {CS_FIELD_COUNT, CS_LIST_DATA, 0},
    {CS_FIELD_COUNT, CS_LIST_RECIPIENTS, 0},
    {CS_FIELD_COUNT, CS_LIST_PERMISSIONS, 0},
    {CS_FIELD_COUNT, CS_LIST_PURPOSES, 0},
    {TERM(ENTRIES), CS_LIST_FUNCTIONS, 0},
    {TERM(ENTRIES), CS_LIST_DATA, 0},
    {CS_FIELD_ENTRIES, CS_LIST_RECIPIENTS, 0},
    {TERM(ENTRIES), CS_LIST_PERMISSIONS, 0},
    {CS_FIELD_ENTRIES, CS_LIST_PURPOSES, 0},
    END,
};

/* The least bytes count what parse and decode both demand: one for a number, two for an identifier of one letter or more. */
#define LIST(holder, items, count, entry, fields, least, max)                                                          \
    {                                                                                                                  \
        fields, AT(holder, items), AT(holder, count), sizeof(entry), least, max                                        \
    }
const cs_list cs_lists[CS_LISTS] = {
    [CS_LIST_FUNCTIONS] =
        LIST(cs_policy, functions, function_count, cs_function, function_fields, 6, CS_POLICY_MAX_LIST),
    [CS_LIST_DATA] = LIST(cs_policy, data, data_count, cs_data_item, data_fields, 4, CS_POLICY_MAX_LIST),
    [CS_LIST_RECIPIENTS] =
        LIST(cs_policy, recipients, recipient_count, cs_recipient, recipient_fields, 8, CS_POLICY_MAX_LIST),
    [CS_LIST_PURPOSES] = LIST(cs_policy, purposes, purpose_count, cs_purpose, purpose_fields, 43, CS_POLICY_MAX_LIST),
    [CS_LIST_PERMISSIONS] =
        LIST(cs_policy, permissions, permission_count, cs_permission, permission_fields, 8, CS_POLICY_MAX_LIST),
    [CS_LIST_NEEDS] = LIST(cs_function, needs, need_count, char *, one_id, 1, CS_POLICY_MAX_LIST),
    [CS_LIST_PURPOSE_DATA] =
        LIST(cs_purpose, data, data_count, cs_purpose_data, purpose_data_fields, 4, CS_PURPOSE_MAX_DATA),
    [CS_LIST_PURPOSE_RECIPIENTS] = LIST(cs_purpose, recipients, recipient_count, cs_purpose_recipient,
                                        purpose_recipient_fields, 11, CS_POLICY_MAX_LIST),
    [CS_LIST_PURPOSE_PERMISSIONS] =
        LIST(cs_purpose, permissions, permission_count, uint16_t, permission_position, 1, CS_POLICY_MAX_LIST),
    [CS_LIST_PLATFORMS] = LIST(cs_permission, platforms, platform_count, cs_permission_names, platform_fields, 2, 16),
    [CS_LIST_PLATFORM_NAMES] = LIST(cs_permission_names, names, name_count, char *, one_word, 1, 16),
    [CS_LIST_CALL_SITES] = LIST(cs_permission, call_sites, call_site_count, cs_call_site, call_site_fields, 3, 64),
    [CS_LIST_CONTACTS] = LIST(cs_policy, contacts, contact_count, cs_contact, contact_fields, 3, 64),
    [CS_LIST_CHANNELS] = LIST(cs_policy, rights_channels, rights_channel_count, cs_contact, contact_fields, 3, 64),
    [CS_LIST_RIGHT_KINDS] = LIST(cs_policy, rights_kinds, rights_kind_count, char *, right_kind, 1, 64),
    [CS_LIST_HOLIDAYS] = LIST(cs_policy, holidays, holiday_count, cs_date, date_fields, 3, CS_POLICY_MAX_LIST),
    [CS_LIST_MAKEUP_DAYS] = LIST(cs_policy, makeup_days, makeup_day_count, cs_date, date_fields, 3, CS_POLICY_MAX_LIST),
    [CS_LIST_BLOCKS] = LIST(cs_document, blocks, block_count, cs_block, none, 0, 20000),
    [CS_LIST_SPANS] = LIST(cs_block, spans, span_count, cs_span_text, none, 0, 4096),
    [CS_LIST_DOCUMENTS] =
        LIST(cs_policy, documents, document_count, cs_document_ref, document_fields, 34, CS_POLICY_MAX_DOCUMENTS),
};

const void *cs_list_entry(cs_list_id id, const void *holder, size_t at)
{
    const char *items;
    memcpy(&items, (const char *)holder + cs_lists[id].items, sizeof(items));
    return items ? items + at * cs_lists[id].entry_size : NULL;
}

const char *cs_list_repeats(const cs_policy *policy, cs_list_id id, const void *holder, size_t at)
{
    const cs_field *key = cs_lists[id].fields;
    bool is_position = key->kind % CS_FIELD_TERM == CS_FIELD_POSITION;
    if (key->kind < CS_FIELD_ONCE)
        return NULL;
    const void *entry = cs_list_entry(id, holder, at);
    for (size_t i = 0; i < at; i++) {
        const void *other = cs_list_entry(id, holder, i);
        if (is_position ? *(const uint16_t *)entry == *(const uint16_t *)other
                        : strcmp(*(const char *const *)entry, *(const char *const *)other) == 0)
            return *(const char *const *)(is_position ? cs_list_entry(key->arg, policy, *(const uint16_t *)entry)
                                                      : entry);
    }
    return NULL;
}
