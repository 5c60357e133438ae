/* The form's own words in Chinese and English: labels of fields, and buttons where a policy names none. */
#include "form/parts.h"

#include <string.h>

#define ZH(word, zh, en) zh "\0"
#define EN(word, zh, en) en "\0"

static bool is_chinese(const cs_form *form)
{
    return strncmp(form->locale, "zh", 2) == 0;
}

const char *cs_form_word(const cs_form *form, cs_word word)
{
    return cs_nth_text(is_chinese(form) ? CS_FORM_WORDS(ZH) : CS_FORM_WORDS(EN), word);
}

const char *cs_form_age_label(cs_form *form, int32_t from, int32_t to)
{
    bool zh = is_chinese(form);
    if (from == 0)
        return cs_form_compose(form, zh ? "未满 %d 周岁" : "Under %d", (int)to);
    if (to == 0)
        return cs_form_compose(form, zh ? "年满 %d 周岁" : "%d or older", (int)from);
    return cs_form_compose(form, zh ? "%d 至 %d 周岁" : "%d to %d", (int)from, (int)to - 1);
}
