#include "bench.h"

#include <string.h>

void bench_home_open(const bench *b, const char *name, bench_home *out)
{
    char path[BENCH_PATH_SIZE];
    consent_error err = {0};
    consent_config config = CONSENT_INIT(consent_config);
    consent_profile_config profile = CONSENT_INIT(consent_profile_config);
    bench_path(b, name, path);
    config.home = path;
    config.root_keys = b->root;
    config.root_key_count = 1;
    bench_require(consent_open(&config, &out->client, &err), &err, "opening a home");
    bench_require(consent_profile_open(out->client, &profile, &out->profile, &err), &err, "opening a profile");
    bench_require(consent_profile_health(out->profile, &err), &err, "a profile's health");
}

void bench_home_close(bench_home *home)
{
    consent_profile_close(home->profile);
    consent_close(home->client);
    memset(home, 0, sizeof *home);
}

void bench_install(const bench *b, const bench_home *home)
{
    consent_error err = {0};
    bench_require(consent_policy_install(home->client, b->bundle, b->bundle_size, &err), &err, "installing the policy");
}

/* sample_bundle: purpose n is of form own when n % 3 == 1, and asks for data item n % 20. */
unsigned bench_own_count(void)
{
    return (BENCH_PURPOSES + 1) / 3;
}

unsigned bench_own_number(unsigned index)
{
    return 3 * (index % bench_own_count()) + 1;
}

void bench_query(unsigned number, bench_names *names, consent_query *query)
{
    (void)snprintf(names->purpose, sizeof names->purpose, "purpose-%03u", number);
    (void)snprintf(names->data, sizeof names->data, "data-%03u", number % 20);
    names->data_list[0] = names->data;
    *query = (consent_query){.struct_size = sizeof *query,
                             .purpose = names->purpose,
                             .data = names->data_list,
                             .data_count = 1,
                             .user_initiated = true};
}

static void answer_policy(consent_form *form)
{
    consent_error err = {0};
    consent_answer answers[8] = {0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    consent_form_part part = CONSENT_INIT(consent_form_part);
    submission.answers = answers;
    while (consent_form_next(form, &part))
        if (part.kind == CONSENT_PART_CHOICE && part.required && submission.answer_count < 8)
            answers[submission.answer_count++] = (consent_answer){.control = part.control, .on = true};
    submission.action = CONSENT_ACTION_ACCEPT;
    submission.reached_end = true;
    submission.emphasis_rendered = true;
    submission.surface = "bench";
    bench_require(consent_form_submit(form, &submission, &err), &err, "accepting the policy");
}

void bench_accept(const bench_home *home)
{
    consent_error err = {0};
    consent_form *form = NULL;
    consent_form_request request = CONSENT_INIT(consent_form_request);
    request.occasion = CONSENT_OCCASION_FIRST_RUN;
    bench_require(consent_form_build(home->profile, &request, &form, &err), &err, "building the first-run form");
    bench_require(consent_form_shown(form, &err), &err, "showing the first-run form");
    answer_policy(form);
    consent_form_close(form);
}

consent_form *bench_shown_form(const bench_home *home, const consent_query *query)
{
    consent_error err = {0};
    consent_form *form = NULL;
    consent_form_request request = CONSENT_INIT(consent_form_request);
    request.occasion = CONSENT_OCCASION_OWN;
    request.query = query;
    request.user_initiated = true;
    bench_require(consent_form_build(home->profile, &request, &form, &err), &err, "building a form");
    bench_require(consent_form_shown(form, &err), &err, "showing a form");
    return form;
}

void bench_submit(consent_form *form)
{
    consent_error err = {0};
    consent_submission submission = CONSENT_INIT(consent_submission);
    submission.action = CONSENT_ACTION_ACCEPT;
    submission.reached_end = true;
    submission.emphasis_rendered = true;
    submission.surface = "bench";
    bench_require(consent_form_submit(form, &submission, &err), &err, "submitting a form");
}

void bench_grant(const bench_home *home, const consent_query *query)
{
    consent_form *form = bench_shown_form(home, query);
    bench_submit(form);
    consent_form_close(form);
}

void bench_withdraw(const bench_home *home, const consent_query *query)
{
    consent_error err = {0};
    bench_require(consent_withdraw(home->profile, query, &err), &err, "withdrawing");
}
