/* form_case: a policy, a person's history and the forms built between them, for the tests of src/form. All memory comes
 * from an injected world, so that a test can make any allocation fail. */
#ifndef FORM_CASE_H
#define FORM_CASE_H

#include "support/world.h"

#include "form/form.h"

typedef struct form_case {
    world world;
    cs_env env;
    cs_policy *policy;
    cs_texts *texts;
    cs_document *documents[2]; /* zh-CN, en */
    cs_policy *other;          /* a second policy, once added */
    cs_texts *other_texts;
    const cs_policy *list[2];
    cs_policy_set set;
    cs_state state;
    cs_now now;
    uint64_t seq;
    cs_form_input input; /* start of every build; tests change it */
    cs_form *form;       /* the last one built */
    const cs_event *events;
    size_t count;
    bool restrictive;
    consent_error error;
} form_case;

void form_case_open(form_case *test);
void form_case_close(form_case *test); /* fails the test if anything leaked */
/* Builds test->form from test->input with this occasion; the one before is freed. */
consent_status form_case_build(form_case *test, int32_t occasion);
/* The same for one purpose and recipient ("" for none), all data. */
consent_status form_case_ask(form_case *test, int32_t occasion, const char *purpose, const char *recipient);
/* Submits with what an honest host says, one hour after the form was built. */
consent_status form_case_submit(form_case *test, consent_action action, const consent_answer *answers, size_t count);
/* Makes the events of the last submission part of the person's history. */
void form_case_record(form_case *test);
/* Accepts the policy on its form. */
void form_case_accept_policy(form_case *test);
cs_purpose *form_case_purpose(form_case *test, const char *id); /* to take something away from it */
/* Adds a second policy: the first's text with each pair (old, new) replaced, NULL at the end. The next forms are this one's. */
void form_case_add_policy(form_case *test, const char *const *changes);
/* Of the form's JSON. Fails the test when it does not parse; free with cs_json_free. */
void form_case_json(form_case *test, cs_json_doc *doc);
/* The field's value; NULL when the form has none. */
const char *form_case_field(const cs_json_doc *doc, const char *id);

#endif
