#include "consentctl/scenario_schema.h"

#include <string.h>

/* Members that any line may have. */
static const cs_member_spec common_members[] = {
    {"at", CS_TAKES_MOMENT, false},
    {"in", CS_TAKES_STRING, false},
    {"say", CS_TAKES_SAYING, false},
};

#define EXPECT_STATUS                                                                                                  \
    {"expect", CS_TAKES_STATUS, false},                                                                                \
    {                                                                                                                  \
        "because", CS_TAKES_STRING, false                                                                              \
    }

static const cs_verb_spec verbs[CS_VERB_COUNT] = {
    [CS_VERB_WAIT] = {NULL, CS_TAKES_NOTHING, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_SCENARIO] = {"scenario", CS_TAKES_STRING, {{"proves", CS_TAKES_STRINGS, false}}},
    [CS_VERB_LET] = {"let", CS_TAKES_NAMES, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_CLOCK] = {"clock", CS_TAKES_MOMENT, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_INSTALL] = {"install",
                         CS_TAKES_STRING,
                         {{"with", CS_TAKES_OBJECT, false}, {"signed_by", CS_TAKES_STRING, false}, EXPECT_STATUS}},
    [CS_VERB_PROFILE] = {"profile", CS_TAKES_STRING_OR_NULL, {{"ephemeral", CS_TAKES_BOOL, false}}},
    [CS_VERB_FORM] = {"form",
                      CS_TAKES_OCCASION,
                      {{"for", CS_TAKES_QUERY, false},
                       {"scope", CS_TAKES_STRING, false},
                       {"locale", CS_TAKES_STRING, false},
                       {"user_initiated", CS_TAKES_BOOL, false},
                       {"guardian", CS_TAKES_BOOL, false},
                       {"notice", CS_TAKES_OBJECT, false},
                       {"shows", CS_TAKES_STRINGS, false},
                       {"emphasises", CS_TAKES_STRINGS, false},
                       {"offers", CS_TAKES_STRINGS, false},
                       {"answer", CS_TAKES_ANSWER, false},
                       {"keep", CS_TAKES_STRING, false},
                       {"unshown", CS_TAKES_BOOL, false},
                       EXPECT_STATUS}},
    [CS_VERB_ANSWER] = {"answer", CS_TAKES_STRING, {{"with", CS_TAKES_ANSWER, true}, EXPECT_STATUS}},
    [CS_VERB_CHECK] = {"check",
                       CS_TAKES_QUERY,
                       {{"user_initiated", CS_TAKES_BOOL, false},
                        {"as_of", CS_TAKES_MOMENT, false},
                        {"hindsight", CS_TAKES_BOOL, false},
                        {"by", CS_TAKES_STRING, false},
                        {"expect", CS_TAKES_EXPECTATION, false}}},
    [CS_VERB_USE] = {"use",
                     CS_TAKES_QUERY,
                     {{"user_initiated", CS_TAKES_BOOL, false}, {"expect", CS_TAKES_EXPECTATION, false}}},
    [CS_VERB_EXPLAIN] = {"explain",
                         CS_TAKES_QUERY,
                         {{"user_initiated", CS_TAKES_BOOL, false},
                          {"locale", CS_TAKES_STRING, false},
                          {"contains", CS_TAKES_STRINGS, false}}},
    [CS_VERB_WITHDRAW] = {"withdraw", CS_TAKES_QUERY, {EXPECT_STATUS}},
    [CS_VERB_PERMISSION] = {"permission",
                            CS_TAKES_QUERY,
                            {{"os", CS_TAKES_OS, false},
                             {"asked", CS_TAKES_BOOL, false},
                             {"user_initiated", CS_TAKES_BOOL, false},
                             {"locale", CS_TAKES_STRING, false},
                             {"shows", CS_TAKES_STRINGS, false},
                             {"expect", CS_TAKES_EXPECTATION, false}}},
    [CS_VERB_OBSERVE] = {"observe", CS_TAKES_STRING, {{"os", CS_TAKES_OS, true}, EXPECT_STATUS}},
    [CS_VERB_RESTART] = {"restart", CS_TAKES_TRUE, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_COPY] = {"copy", CS_TAKES_STRING, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_DAMAGE] = {"damage",
                        CS_TAKES_STRING,
                        {{"file", CS_TAKES_STRING, false},
                         {"flip", CS_TAKES_PLACE, false},
                         {"cut", CS_TAKES_INT, false},
                         {"remove", CS_TAKES_BOOL, false}}},
    [CS_VERB_RESTORE] = {"restore", CS_TAKES_STRING, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_HEALTH] = {"health", CS_TAKES_STATUS, {{"because", CS_TAKES_STRING, false}}},
    [CS_VERB_VERIFY] = {"verify",
                        CS_TAKES_STATUS,
                        {{"events", CS_TAKES_INT, false}, {"because", CS_TAKES_STRING, false}}},
    [CS_VERB_HISTORY] = {"history", CS_TAKES_STRINGS, {{"count", CS_TAKES_INT, false}}},
    [CS_VERB_EXPORT] = {"export",
                        CS_TAKES_TRUE,
                        {{"contains", CS_TAKES_STRINGS, false}, {"lacks", CS_TAKES_STRINGS, false}}},
    [CS_VERB_TEXT] = {"text",
                      CS_TAKES_STRING,
                      {{"version", CS_TAKES_INT, false},
                       {"locale", CS_TAKES_STRING, false},
                       {"contains", CS_TAKES_STRINGS, false},
                       EXPECT_STATUS}},
    [CS_VERB_ERASE] = {"erase", CS_TAKES_TRUE, {EXPECT_STATUS}},
    [CS_VERB_REQUEST] = {"request",
                         CS_TAKES_STRING,
                         {{"for", CS_TAKES_QUERY, false},
                          {"by", CS_TAKES_STRING, false},
                          {"ground", CS_TAKES_STRING, false},
                          {"text", CS_TAKES_STRING, false},
                          {"target", CS_TAKES_STRING, false},
                          {"reference", CS_TAKES_STRING, false},
                          {"channel", CS_TAKES_STRING, false},
                          {"independent", CS_TAKES_STRINGS, false},
                          {"keep", CS_TAKES_STRING, false},
                          EXPECT_STATUS}},
    [CS_VERB_REQUEST_UPDATE] = {"request_update",
                                CS_TAKES_STRING,
                                {{"to", CS_TAKES_STRING, true},
                                 {"by_requester", CS_TAKES_BOOL, false},
                                 {"refusal", CS_TAKES_STRING, false},
                                 {"text", CS_TAKES_STRING, false},
                                 {"fee_fen", CS_TAKES_INT, false},
                                 {"reference", CS_TAKES_STRING, false},
                                 EXPECT_STATUS}},
    [CS_VERB_REQUESTS] = {"requests",
                          CS_TAKES_STRINGS,
                          {{"lacks", CS_TAKES_STRINGS, false}, {"locale", CS_TAKES_STRING, false}}},
    [CS_VERB_AGE_SIGNAL] = {"age_signal", CS_TAKES_STRING, {{"source", CS_TAKES_STRING, false}, EXPECT_STATUS}},
    [CS_VERB_TELL] = {"tell", CS_TAKES_OBJECT, {{"signed_by", CS_TAKES_STRING, false}, EXPECT_STATUS}},
    [CS_VERB_NOTICES] = {"notices",
                         CS_TAKES_STRINGS,
                         {{"lacks", CS_TAKES_STRINGS, false}, {"locale", CS_TAKES_STRING, false}}},
    [CS_VERB_LIST] = {"list",
                      CS_TAKES_STRING,
                      {{"contains", CS_TAKES_STRINGS, false},
                       {"lacks", CS_TAKES_STRINGS, false},
                       {"locale", CS_TAKES_STRING, false}}},
    [CS_VERB_SWITCH] = {"switch",
                        CS_TAKES_STRING,
                        {{"for", CS_TAKES_QUERY, false},
                         {"function", CS_TAKES_STRING, false},
                         {"after", CS_TAKES_STRINGS, false},
                         {"untouched", CS_TAKES_BOOL, false},
                         {"fails", CS_TAKES_INT, false},
                         EXPECT_STATUS}},
    [CS_VERB_PURGE] = {"purge", CS_TAKES_TRUE, {{"fails", CS_TAKES_INT, false}}},
    [CS_VERB_POLL] = {"poll",
                      CS_TAKES_TRUE,
                      {{"throws", CS_TAKES_STRINGS, false},
                       {"tells", CS_TAKES_STRINGS, false},
                       {"purges", CS_TAKES_STRINGS, false}}},
    [CS_VERB_IMPORT] = {"import",
                        CS_TAKES_STRING,
                        {{"given", CS_TAKES_MOMENT, true},
                         {"scope", CS_TAKES_STRING, false},
                         {"version", CS_TAKES_INT, false},
                         {"purpose", CS_TAKES_STRING, false},
                         EXPECT_STATUS}},
    [CS_VERB_WATCH] = {"watch", CS_TAKES_QUERY, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_CHANGES] = {"changes",
                         CS_TAKES_INT,
                         {{"contains", CS_TAKES_STRINGS, false}, {"count", CS_TAKES_INT, false}}},
    [CS_VERB_LINT] = {"lint", CS_TAKES_STRING, {{"with", CS_TAKES_OBJECT, false}, {"finds", CS_TAKES_STRINGS, true}}},
    [CS_VERB_FILES] = {"files", CS_TAKES_STRING, {{"count", CS_TAKES_INT, false}, {"hides", CS_TAKES_STRINGS, false}}},
    [CS_VERB_DEVICE] = {"device", CS_TAKES_STRING, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_JOIN] = {"join", CS_TAKES_STRING, {EXPECT_STATUS}},
    [CS_VERB_NETWORK] = {"network", CS_TAKES_STRING, {{NULL, CS_TAKES_NOTHING, false}}},
    [CS_VERB_SYNC] = {"sync",
                      CS_TAKES_TRUE,
                      {{"region", CS_TAKES_STRING, false},
                       {"sent", CS_TAKES_INT, false},
                       {"received", CS_TAKES_INT, false},
                       {"waiting", CS_TAKES_INT, false},
                       {"parked", CS_TAKES_INT, false},
                       {"ignored", CS_TAKES_INT, false},
                       {"policies", CS_TAKES_INT, false},
                       {"requests", CS_TAKES_INT, false},
                       EXPECT_STATUS}},
    [CS_VERB_SYNC_STATUS] = {"sync_status",
                             CS_TAKES_STRINGS,
                             {{"lacks", CS_TAKES_STRINGS, false},
                              {"waiting", CS_TAKES_INT, false},
                              {"parked", CS_TAKES_INT, false},
                              {"stored", CS_TAKES_INT, false}}},
    [CS_VERB_SUPPORT] = {"support",
                         CS_TAKES_STRING,
                         {{"for", CS_TAKES_QUERY, false},
                          {"birth", CS_TAKES_STRING, false},
                          {"request", CS_TAKES_STRING, false},
                          {"to", CS_TAKES_STRING, false},
                          {"refusal", CS_TAKES_STRING, false},
                          {"text", CS_TAKES_STRING, false},
                          {"notice", CS_TAKES_OBJECT, false}}},
    [CS_VERB_INCLUDE] = {"include", CS_TAKES_STRING, {{NULL, CS_TAKES_NOTHING, false}}},
};

const cs_verb_spec *cs_verb_spec_of(cs_verb verb)
{
    return &verbs[verb];
}

const char *cs_verb_name(cs_verb verb)
{
    return (unsigned)verb < CS_VERB_COUNT ? verbs[verb].name : NULL;
}

const char *cs_verb_member(cs_verb verb, size_t index)
{
    return (unsigned)verb < CS_VERB_COUNT && index < CS_VERB_MAX_MEMBERS ? verbs[verb].members[index].name : NULL;
}

cs_verb cs_verb_find(const char *name)
{
    for (int i = 1; i < CS_VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return (cs_verb)i;
    }
    return CS_VERB_WAIT;
}

const cs_member_spec *cs_member_find(cs_verb verb, const char *name)
{
    for (size_t i = 0; i < CS_COUNT_OF(common_members); i++) {
        if (strcmp(common_members[i].name, name) == 0)
            return &common_members[i];
    }
    for (size_t i = 0; i < CS_VERB_MAX_MEMBERS && verbs[verb].members[i].name != NULL; i++) {
        if (strcmp(verbs[verb].members[i].name, name) == 0)
            return &verbs[verb].members[i];
    }
    return NULL;
}

void cs_verb_list_members(cs_verb verb, char *out, size_t size)
{
    cs_name_list list = {out, size, 0};
    for (size_t i = 0; i < CS_VERB_MAX_MEMBERS && verbs[verb].members[i].name != NULL; i++)
        cs_name_list_add(&list, verbs[verb].members[i].name);
    for (size_t i = 0; i < CS_COUNT_OF(common_members); i++)
        cs_name_list_add(&list, common_members[i].name);
}

void cs_verb_list(char *out, size_t size)
{
    cs_name_list list = {out, size, 0};
    for (int i = 1; i < CS_VERB_COUNT; i++)
        cs_name_list_add(&list, verbs[i].name);
}

void cs_name_list_add(cs_name_list *list, const char *name)
{
    size_t length = strlen(name);
    size_t comma = list->used > 0 ? 2 : 0;
    if (list->size == 0)
        return;
    if (list->used + comma + length >= list->size) {
        list->out[list->used] = '\0';
        return;
    }
    memcpy(list->out + list->used, ", ", comma);
    memcpy(list->out + list->used + comma, name, length + 1);
    list->used += comma + length;
}
