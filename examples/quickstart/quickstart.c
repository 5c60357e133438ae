/* quickstart BUNDLE ROOT HOME: installs a signed policy, shows the first-run form, accepts it, and asks. ROOT is a file with the
 * 65 bytes of the root key that the app pins (consentctl key public --raw writes it). */
#include <consent/consent.h>

#include <stdio.h>

static size_t load(const char *path, void *out, size_t size)
{
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(out, 1, size, file) : 0;
    if (file)
        fclose(file);
    return got;
}

int main(int argc, char **argv)
{
    static char bundle[1 << 20];
    unsigned char root[65];
    consent_error err = {0};
    consent_client *client = NULL;
    consent_profile *profile = NULL;
    consent_form *form = NULL;
    size_t size = argc == 4 ? load(argv[1], bundle, sizeof bundle) : 0;
    if (size == 0 || load(argv[2], root, sizeof root) != sizeof root)
        return fprintf(stderr, "usage: quickstart BUNDLE ROOT HOME\n"), 2;

    consent_config config = CONSENT_INIT(consent_config);
    config.home = argv[3];
    config.root_keys = root;
    config.root_key_count = 1;
    consent_profile_config person = CONSENT_INIT(consent_profile_config);
    consent_form_request first_run = CONSENT_INIT(consent_form_request);
    first_run.occasion = CONSENT_OCCASION_FIRST_RUN;
    consent_answer tick = {"tick", true, false, 0};
    consent_submission yes = CONSENT_INIT(consent_submission);
    yes.action = CONSENT_ACTION_ACCEPT;
    yes.answers = &tick;
    yes.answer_count = 1;
    yes.reached_end = yes.emphasis_rendered = true;
    const char *data[] = {"search-words"};
    consent_query search = CONSENT_INIT(consent_query);
    search.purpose = "browse.search";
    search.data = data;
    search.data_count = 1;
    consent_verdict before = CONSENT_INIT(consent_verdict), after = CONSENT_INIT(consent_verdict);

    bool ok = consent_open(&config, &client, &err) == CONSENT_OK &&
              consent_policy_install(client, bundle, size, &err) == CONSENT_OK &&
              consent_profile_open(client, &person, &profile, &err) == CONSENT_OK &&
              consent_check(profile, &search, &before, &err) == CONSENT_OK &&
              consent_form_build(profile, &first_run, &form, &err) == CONSENT_OK &&
              consent_form_shown(form, &err) == CONSENT_OK && /* the host renders it here: consent_form_next */
              consent_form_submit(form, &yes, &err) == CONSENT_OK &&
              consent_check(profile, &search, &after, &err) == CONSENT_OK;
    if (ok)
        printf("before: %s\nafter: %s\n", consent_reason_name((consent_reason)before.reason),
               consent_reason_name((consent_reason)after.reason));
    else
        fprintf(stderr, "quickstart: %s\n", err.message);
    consent_form_close(form);
    consent_profile_close(profile);
    consent_close(client);
    return ok && after.decision == CONSENT_ALLOW ? 0 : 1;
}
