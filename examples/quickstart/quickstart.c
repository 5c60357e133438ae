/* quickstart HOME BUNDLE ROOT: ROOT is the root key that the app pins (consentctl key public --hex). */
#include <consent/consent.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    static char bundle[1 << 20];
    unsigned char root[65] = {0};
    FILE *file = argc == 4 ? fopen(argv[2], "rb") : NULL;
    size_t size = file ? fread(bundle, 1, sizeof bundle, file) : 0;
    for (int i = 0; argc == 4 && i < 65 && sscanf(argv[3] + 2 * i, "%2hhx", &root[i]) == 1; i++)
        continue;

    consent_config config = CONSENT_INIT(consent_config);
    config.home = argc == 4 ? argv[1] : NULL;
    config.root_keys = root;
    config.root_key_count = 1;
    consent_profile_config anonymous = CONSENT_INIT(consent_profile_config);
    consent_form_request first_run = CONSENT_INIT(consent_form_request);
    first_run.occasion = CONSENT_OCCASION_FIRST_RUN;
    const consent_answer tick = {"tick", true, false, 0}; /* ticked by the person, shown without a tick */
    consent_submission accept = CONSENT_INIT(consent_submission);
    accept.action = CONSENT_ACTION_ACCEPT;
    accept.answers = &tick;
    accept.answer_count = 1;
    accept.reached_end = accept.emphasis_rendered = true;
    consent_query search = CONSENT_INIT(consent_query); /* may I use the search words for searching? */
    search.purpose = "browse.search";
    search.data = (const char *const[]){"search-words"};
    search.data_count = 1;

    consent_client *client = NULL;
    consent_profile *profile = NULL;
    consent_form *form = NULL;
    consent_verdict before = CONSENT_INIT(consent_verdict), after = CONSENT_INIT(consent_verdict);
    consent_error err = {0};
    int failed = consent_open(&config, &client, &err) || consent_policy_install(client, bundle, size, &err) ||
                 consent_profile_open(client, &anonymous, &profile, &err) ||
                 consent_check(profile, &search, &before, &err) ||
                 consent_form_build(profile, &first_run, &form, &err) ||
                 consent_form_shown(form, &err) || /* the host renders it first: consent_form_next */
                 consent_form_submit(form, &accept, &err) || consent_check(profile, &search, &after, &err);
    if (failed)
        fprintf(stderr, "quickstart: %s\n", err.message);
    else
        printf("before: %s\nafter: %s\n", consent_reason_name(before.reason), consent_reason_name(after.reason));
    consent_form_close(form);
    consent_profile_close(profile);
    consent_close(client);
    return failed || after.decision != CONSENT_ALLOW;
}
