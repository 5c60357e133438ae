/* The check by names, through the public interface: a question asked before is only looked up, and nothing else is taken for it. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include <cmocka.h>

#include <consent/platform.h>

#include "support/journey.h"

typedef struct fixture {
    char home[64];
    int64_t now_ms;
    consent_clock clock;
    consent_client *client;
    consent_profile *profile;
} fixture;

static void read_clock(void *ctx, int64_t *wall_ms, int64_t *elapsed_ms)
{
    const fixture *f = ctx;
    *wall_ms = JOURNEY_START_MS + f->now_ms;
    *elapsed_ms = 1000 + f->now_ms;
}

static void accept_policy(fixture *f)
{
    consent_form *form = NULL;
    const consent_answer tick = {"tick", true, false, 0};
    consent_form_request request = CONSENT_INIT(consent_form_request);
    consent_submission given = CONSENT_INIT(consent_submission);
    request.occasion = CONSENT_OCCASION_FIRST_RUN;
    assert_int_equal(consent_form_build(f->profile, &request, &form, NULL), CONSENT_OK);
    assert_int_equal(consent_form_shown(form, NULL), CONSENT_OK);
    given.action = CONSENT_ACTION_ACCEPT;
    given.answers = &tick;
    given.answer_count = 1;
    given.reached_end = true;
    given.emphasis_rendered = true;
    assert_int_equal(consent_form_submit(form, &given, NULL), CONSENT_OK);
    consent_form_close(form);
}

static int setup(void **state)
{
    fixture *f = test_calloc(1, sizeof *f);
    *state = f;
    (void)snprintf(f->home, sizeof f->home, "%s", "/tmp/consent-check-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    f->clock = (consent_clock){.struct_size = sizeof f->clock, .ctx = f, .now = read_clock};
    consent_config config = CONSENT_INIT(consent_config);
    config.home = f->home;
    config.root_keys = journey_root();
    config.root_key_count = 1;
    config.clock = &f->clock;
    consent_profile_config who = CONSENT_INIT(consent_profile_config);
    cs_span bundle = journey_bundle(1);
    assert_int_equal(consent_open(&config, &f->client, NULL), CONSENT_OK);
    assert_int_equal(consent_policy_install(f->client, bundle.data, bundle.size, NULL), CONSENT_OK);
    assert_int_equal(consent_profile_open(f->client, &who, &f->profile, NULL), CONSENT_OK);
    accept_policy(f);
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    consent_profile_close(f->profile);
    consent_close(f->client);
    DIR *dir = opendir(f->home);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", f->home, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
    (void)rmdir(f->home);
    test_free(f);
    return 0;
}

static const char *const keyword[] = {"keyword"};

static consent_query search(void)
{
    consent_query query = CONSENT_INIT(consent_query);
    query.purpose = "browse.search";
    query.data = keyword;
    query.data_count = 1;
    return query;
}

static consent_verdict ask(fixture *f, const consent_query *query, consent_status expected)
{
    consent_verdict verdict = CONSENT_INIT(consent_verdict);
    assert_int_equal(consent_check(f->profile, query, &verdict, NULL), expected);
    return verdict;
}

static void asking_again_gives_the_same_answer(void **state)
{
    fixture *f = *state;
    consent_query query = search();
    consent_verdict first = ask(f, &query, CONSENT_OK);
    assert_int_equal(first.decision, CONSENT_ALLOW);
    assert_int_equal(first.policy_version, 1);
    assert_true(first.evidence_seq != 0);
    for (int i = 0; i < 3; i++) {
        consent_verdict again = ask(f, &query, CONSENT_OK);
        assert_memory_equal(&again, &first, sizeof first);
    }
    query.scope = ""; /* empty names are names left out */
    query.recipient = "";
    consent_verdict again = ask(f, &query, CONSENT_OK);
    assert_memory_equal(&again, &first, sizeof first);
}

static void what_is_malformed_is_refused_beside_a_known_answer(void **state)
{
    fixture *f = *state;
    const consent_query known = search();
    assert_int_equal(ask(f, &known, CONSENT_OK).decision, CONSENT_ALLOW);
    assert_int_equal(ask(f, &known, CONSENT_OK).decision, CONSENT_ALLOW);
    consent_query query = known;
    query.permission = "";
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.call_site = "";
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.data_state += 256;
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.data_state = -256;
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.data = NULL;
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.purpose = NULL;
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.function = "search";
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    query = known;
    query.struct_size = 8;
    assert_int_equal(ask(f, &query, CONSENT_E_ARGUMENT).decision, CONSENT_DENY);
    assert_int_equal(consent_check(f->profile, &known, NULL, NULL), CONSENT_E_ARGUMENT);
}

static void every_member_of_a_question_counts(void **state)
{
    fixture *f = *state;
    static const char *const position[] = {"position", "position-"};
    static const char *const two[] = {"keyword", "keyword"};
    const consent_query known = search();
    consent_query others[8];
    for (size_t i = 0; i < CS_COUNT_OF(others); i++)
        others[i] = known;
    others[0].scope = "elsewhere";
    others[1].purpose = "locate.city";
    others[2].recipient = "pay-a";
    others[3].data = position;
    others[4].permission = "location";
    others[4].call_site = "choose-city";
    others[5].purpose = "locate.city";
    others[5].data = position;
    others[6].data = position + 1;
    others[7].purpose = "browse.searc";
    assert_int_equal(ask(f, &known, CONSENT_OK).decision, CONSENT_ALLOW);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < CS_COUNT_OF(others); i++) {
            assert_int_not_equal(ask(f, &others[i], CONSENT_OK).decision, CONSENT_ALLOW);
            assert_int_equal(ask(f, &known, CONSENT_OK).decision, CONSENT_ALLOW);
        }
    consent_query more = known;
    more.data = two;
    more.data_count = 2;
    assert_int_equal(ask(f, &more, CONSENT_OK).decision, CONSENT_ALLOW);
}

static void an_older_apps_structs_get_the_same_answer(void **state)
{
    fixture *f = *state;
    consent_query query = search();
    consent_verdict first = ask(f, &query, CONSENT_OK);
    query.struct_size = offsetof(consent_query, data_state);
    query.data_state = 77; /* not its */
    consent_verdict again = ask(f, &query, CONSENT_OK);
    assert_memory_equal(&again, &first, sizeof first);
    query = search();
    consent_verdict small;
    memset(&small, 0x5A, sizeof small);
    small.struct_size = offsetof(consent_verdict, evidence_seq);
    assert_int_equal(consent_check(f->profile, &query, &small, NULL), CONSENT_OK);
    assert_int_equal(small.decision, CONSENT_ALLOW);
    assert_int_equal(((const uint8_t *)&small)[offsetof(consent_verdict, evidence_seq)], 0x5A);
}

static void a_known_answer_ends_with_a_withdrawal_and_with_its_second(void **state)
{
    fixture *f = *state;
    const consent_query query = search();
    assert_int_equal(ask(f, &query, CONSENT_OK).decision, CONSENT_ALLOW);
    assert_int_equal(ask(f, &query, CONSENT_OK).decision, CONSENT_ALLOW);
    assert_int_equal(consent_withdraw(f->profile, &query, NULL), CONSENT_OK);
    consent_verdict after = ask(f, &query, CONSENT_OK);
    assert_int_equal(after.decision, CONSENT_DENY);
    assert_int_equal(after.reason, CONSENT_REASON_REFUSED_RECENTLY);
    assert_int_equal(ask(f, &query, CONSENT_OK).decision, CONSENT_DENY);
    f->now_ms = INT64_C(49) * 60 * 60 * 1000; /* the cool-down has run out */
    assert_int_equal(ask(f, &query, CONSENT_OK).decision, CONSENT_ASK);
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HOME(asking_again_gives_the_same_answer),
        WITH_HOME(what_is_malformed_is_refused_beside_a_known_answer),
        WITH_HOME(every_member_of_a_question_counts),
        WITH_HOME(an_older_apps_structs_get_the_same_answer),
        WITH_HOME(a_known_answer_ends_with_a_withdrawal_and_with_its_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
