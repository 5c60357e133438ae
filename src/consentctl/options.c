#include "consentctl/options.h"

#include <string.h>

const cs_option_spec cs_options_common[] = {
    {"json", 0, NULL, "write JSON instead of text"},
    {"home", 0, "DIR", "directory of the consent store"},
    {"color", 0, "WHEN", "auto, always or never"},
    {"help", 'h', NULL, "say how the command is used"},
    {NULL, 0, NULL, NULL},
};

static const cs_option_spec *find_in(const cs_option_spec *specs, const char *name, size_t size, char letter)
{
    for (; specs && specs->name; specs++)
        if (letter ? specs->letter == letter : strlen(specs->name) == size && memcmp(specs->name, name, size) == 0)
            return specs;
    return NULL;
}

static const cs_option_spec *find(const cs_option_spec *specs, const char *name, size_t size, char letter)
{
    const cs_option_spec *spec = find_in(specs, name, size, letter);
    return spec ? spec : find_in(cs_options_common, name, size, letter);
}

static consent_status add(cs_options *options, const cs_option_spec *spec, const char *value, consent_error *err)
{
    if (options->value_count == CS_OPTIONS_MAX)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "more than %u options were given; use fewer",
                       CS_OPTIONS_MAX);
    options->values[options->value_count++] = (cs_option_value){spec, value};
    return CONSENT_OK;
}

/* One option, perhaps with the next word as its value: *index moves past what was used. */
static consent_status take_option(int argc, char **argv, int *index, const cs_option_spec *specs, cs_options *options,
                                  consent_error *err)
{
    const char *word = argv[(*index)++];
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    const char *equals = is_long ? strchr(name, '=') : NULL;
    size_t size = equals ? (size_t)(equals - name) : strlen(name);
    const cs_option_spec *spec = is_long     ? find(specs, name, size, 0)
                                 : size == 1 ? find(specs, NULL, 0, name[0])
                                             : NULL;
    if (!spec)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE,
                       "there is no option %.60s here; --help lists the options", word);
    if (!spec->value_name && equals)
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "the option --%s took no value; write it alone",
                       spec->name);
    if (!spec->value_name)
        return add(options, spec, NULL, err);
    const char *value = equals ? equals + 1 : *index < argc ? argv[(*index)++] : NULL;
    if (!value || !value[0])
        return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "the option --%s had no value; write --%s %s",
                       spec->name, spec->name, spec->value_name);
    return add(options, spec, value, err);
}

consent_status cs_options_parse(int argc, char **argv, const cs_option_spec *specs, cs_options *options,
                                consent_error *err)
{
    memset(options, 0, sizeof *options);
    bool options_end = false;
    for (int i = 0; i < argc;) {
        const char *word = argv[i];
        if (!options_end && strcmp(word, "--") == 0) {
            options_end = true;
            i++;
        } else if (!options_end && word[0] == '-' && word[1]) {
            consent_status status = take_option(argc, argv, &i, specs, options, err);
            if (status != CONSENT_OK)
                return status;
        } else if (options->argument_count == CS_OPTIONS_MAX) {
            return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "more than %u arguments were given; use fewer",
                           CS_OPTIONS_MAX);
        } else {
            options->arguments[options->argument_count++] = word;
            i++;
        }
    }
    return CONSENT_OK;
}

bool cs_options_has(const cs_options *options, const char *name)
{
    for (uint32_t i = 0; i < options->value_count; i++)
        if (strcmp(options->values[i].spec->name, name) == 0)
            return true;
    return false;
}

const char *cs_options_get(const cs_options *options, const char *name)
{
    const char *value = NULL;
    for (uint32_t i = 0; i < options->value_count; i++)
        if (strcmp(options->values[i].spec->name, name) == 0)
            value = options->values[i].value;
    return value;
}

const char *cs_options_at(const cs_options *options, const char *name, uint32_t n)
{
    for (uint32_t i = 0; i < options->value_count; i++)
        if (strcmp(options->values[i].spec->name, name) == 0 && n-- == 0)
            return options->values[i].value;
    return NULL;
}

consent_status cs_options_need(const cs_options *options, const char *name, const char **out, consent_error *err)
{
    *out = cs_options_get(options, name);
    if (*out)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, CS_OPTIONS_MISUSE, "the option --%s was missing; --help says what it is",
                   name);
}
