/* Any bytes as a line of a scenario (when they begin with a brace), else as a person's answers and as a moment. */
#include "consentctl/scenario.h"
#include "fuzz.h"

#include <string.h>

bool fuzz_accepted;

static bool read_step(cs_str line)
{
    static cs_step step;
    consent_error error = {0};
    consent_status status = cs_step_parse(line, "input:1", &step, &error);
    fuzz_require_reason(status, error);
    if (status == CONSENT_OK) {
        fuzz_require(step.verb < CS_VERB_COUNT && step.doc.root != NULL);
        fuzz_require((step.verb == CS_VERB_WAIT) == (step.arg == NULL));
        cs_step_free(&step);
    }
    return status == CONSENT_OK;
}

static bool read_answers(cs_str text)
{
    static cs_answers answers;
    consent_error error = {0};
    cs_str base;
    int64_t offset_ms;
    consent_status status = cs_answers_parse(text, &answers, &error);
    fuzz_require_reason(status, error);
    if (status == CONSENT_OK)
        for (size_t i = 0; i < answers.count; i++)
            fuzz_require(strlen(answers.answers[i].control) < sizeof answers.text);
    bool moment = cs_moment_split(text, &base, &offset_ms);
    return status == CONSENT_OK || moment;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_str text = {(const char *)data, size};
    fuzz_accepted = size > 0 && data[0] == '{' ? read_step(text) : read_answers(text);
    return 0;
}
