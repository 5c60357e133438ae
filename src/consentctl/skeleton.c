#include "consentctl/skeleton.h"

#include <stdio.h>
#include <string.h>

/* Templates: @ID@, @LOCALE@, @SECTION@, @PUBLISHED@, @EFFECTIVE@; {{中文|English}} is a text in the folder's language. */

static const char *const policy_lines[] = {
    "{",
    "  \"schema\": 1,",
    "  \"crit\": [],",
    "  \"id\": \"@ID@\",",
    "  \"version\": 1,",
    "  \"revision\": 0,",
    "  \"scope\": \"platform\",",
    "  \"name\": {\"@LOCALE@\": \"{{隐私权政策|Privacy policy}}\"},",
    "  \"summary\": {\"@LOCALE@\": \"{{【填写】用两三句话说明收集什么、用来做什么。|[fill in] What is collected and "
    "why, in two or "
    "three sentences.}}\"},",
    "  \"consequence\": {\"@LOCALE@\": \"{{不同意时只能使用访客页面。|Without acceptance only visitor pages are "
    "open.}}\"},",
    "  \"controller\": {",
    "    \"id\": \"operator\",",
    "    \"name\": {\"@LOCALE@\": \"{{【填写运营者名称】|[the operator's name]}}\"},",
    "    \"bound\": true,",
    "    \"contacts\": [{\"kind\": \"email\", \"value\": \"privacy@example.com\"}]",
    "  },",
    "  \"region\": \"CN\",",
    "  \"published\": \"@PUBLISHED@\",",
    "  \"effective\": \"@EFFECTIVE@\",",
    "  \"locales\": [\"@LOCALE@\"],",
    "  \"labels\": {",
    "    \"accept\": {\"@LOCALE@\": \"{{同意并继续|Agree and continue}}\"},",
    "    \"refuse\": {\"@LOCALE@\": \"{{不同意|Do not agree}}\"},",
    "    \"tick\": {\"@LOCALE@\": \"{{我已阅读并同意本政策|I have read the policy and agree to it}}\"}",
    "  },",
    "  \"functions\": [",
    "    {",
    "      \"id\": \"browse\",",
    "      \"kind\": \"basic\",",
    "      \"name\": {\"@LOCALE@\": \"{{搜索与浏览|Search and browse}}\"},",
    "      \"refusal\": {\"@LOCALE@\": \"{{只能使用访客页面。|Only visitor pages are open.}}\"}",
    "    }",
    "  ],",
    "  \"data\": [",
    "    {\"id\": \"search-words\", \"name\": {\"@LOCALE@\": \"{{搜索词|Search words}}\"}},",
    "    {\"id\": \"service-log\", \"name\": {\"@LOCALE@\": \"{{服务日志|Service log}}\"}},",
    "    {\"id\": \"birth\", \"name\": {\"@LOCALE@\": \"{{出生日期|Date of birth}}\"}}",
    "  ],",
    "  \"recipients\": [],",
    "  \"purposes\": [",
    "    {",
    "      \"id\": \"browse.search\",",
    "      \"function\": \"browse\",",
    "      \"kind\": \"collect\",",
    "      \"form\": \"policy\",",
    "      \"name\": {\"@LOCALE@\": \"{{返回搜索结果|Return search results}}\"},",
    "      \"text\": {\"@LOCALE@\": \"{{记录您输入的词，用来给出对应的结果。|What you type is recorded to return "
    "matching "
    "results.}}\"},",
    "      \"data\": [\"search-words\", \"service-log\"],",
    "      \"retention\": {\"period\": \"180d\", \"at_expiry\": \"delete\"},",
    "      \"section\": \"@SECTION@\"",
    "    },",
    "    {",
    "      \"id\": \"minors.age\",",
    "      \"function\": \"browse\",",
    "      \"kind\": \"collect\",",
    "      \"ground\": \"legal_duty\",",
    "      \"form\": \"policy\",",
    "      \"name\": {\"@LOCALE@\": \"{{辨别未成年人|Tell minors}}\"},",
    "      \"text\": {\"@LOCALE@\": \"{{法律对未成年人有专门的保护。|The law protects minors in particular.}}\"},",
    "      \"data\": [\"birth\"],",
    "      \"retention\": {\"criterion\": {\"@LOCALE@\": \"{{保存到账户注销为止。|Kept until the account is "
    "closed.}}\"}},",
    "      \"section\": \"@SECTION@\"",
    "    }",
    "  ],",
    "  \"permissions\": [],",
    "  \"minors\": {\"child_under\": 14, \"guardian_under\": 18, \"retention\": \"30d\", \"purpose\": \"minors.age\", "
    "\"rules\": {\"id\": \"child-rules\", \"version\": 1, "
    "\"facts\": {",
    "    \"scope\": {\"@LOCALE@\": \"{{【填写】收集孩子的什么信息，为什么，怎样收集。|[fill in] What of a child, what "
    "for, "
    "how.}}\"},",
    "    \"storage\": {\"@LOCALE@\": \"{{【填写】存在哪里，多久，到期怎样。|[fill in] Where, how long, what "
    "then.}}\"},",
    "    \"security\": {\"@LOCALE@\": \"{{【填写】怎样保护。|[fill in] How it is protected.}}\"},",
    "    \"consequence\": {\"@LOCALE@\": \"{{【填写】不同意会怎样。|[fill in] What refusing costs.}}\"},",
    "    \"complaint\": {\"@LOCALE@\": \"{{【填写】怎样投诉。|[fill in] How to complain.}}\"},",
    "    \"correction\": {\"@LOCALE@\": \"{{【填写】怎样更正、删除。|[fill in] How to correct and delete.}}\"}",
    "  }}},",
    "  \"cooldown\": \"48h\",",
    "  \"visitor\": {\"allowed\": true, \"text\": {\"@LOCALE@\": \"{{访客页面不处理个人信息。|Visitor pages use no "
    "personal "
    "information.}}\"}},",
    "  \"rights\": {",
    "    \"channels\": [\"email\"],",
    "    \"kinds\": [\"access\", \"copy\", \"port\", \"correct\", \"delete\", \"restrict\", \"withdraw\", "
    "\"cancel_account\", "
    "\"explain\"],",
    "    \"reply_working_days\": 15,",
    "    \"calendar\": {\"offset\": \"+08:00\", \"holidays\": [], \"makeup_days\": []}",
    "  },",
    "  \"change\": {\"kinds\": [\"editorial\"], \"summary\": {\"@LOCALE@\": \"{{首次发布。|First publication.}}\"}},",
    "  \"service\": {\"state\": \"running\"},",
    "  \"import\": false,",
    "  \"fetch_before_consent\": false",
    "}",
};

static const char *const document_lines[] = {
    "# {{隐私权政策|Privacy policy}}",
    "",
    "**{{【填写】运营者是谁，本政策何时适用。|[fill in] Who the operator is and when this policy applies.}}** "
    "{{敏感个人信息以|Sensitive personal information stands in }}**_{{粗体加下划线|bold and underlined text}}_**"
    "{{标出。|.}}",
    "",
    "## {{一、适用范围及定义|1. Scope and terms}} {#scope}",
    "",
    "{{【填写】|[fill in]}}",
    "",
    "## {{二、收集和使用|2. Collection and use}} {#collect}",
    "",
    "### {{（一）搜索与浏览|2.1 Search and browse}} {#collect-browse}",
    "",
    "{{我们记录搜索词和服务日志，用来给出结果。|Search words and the service log are recorded to return results.}}",
    "",
    "## {{三、本地存储|3. Local storage}} {#cookies}",
    "",
    "{{【填写】|[fill in]}}",
    "",
    "## {{四、共享、转让与公开|4. Sharing, transfer and publication}} {#share}",
    "",
    "**{{除本节所列情形外，不向第三方提供个人信息。|Nobody else receives personal information except as listed "
    "here.}}**",
    "",
    "## {{五、存储|5. Storage}} {#store}",
    "",
    "{{个人信息存放在中国境内，日志保存 180 天。|Personal information is stored in mainland China; logs for 180 "
    "days.}}",
    "",
    "## {{六、安全|6. Security}} {#protect}",
    "",
    "{{【填写】|[fill in]}}",
    "",
    "## {{七、未成年人|7. Minors}} {#minors}",
    "",
    "**{{未满十八周岁的，请在监护人同意后使用。|Under eighteen, use the service with your guardian's consent.}}**",
    "",
    "## {{八、您的权利|8. Your rights}} {#rights}",
    "",
    "{{查阅、复制、更正、删除、收回同意与注销。|Access, copies, correction, deletion, withdrawal and cancellation.}}",
    "",
    "## {{九、政策的更新|9. Changes}} {#changes}",
    "",
    "{{修订生效前公布，并重新征求同意。|Changes are published before they take effect, and consent is asked for "
    "again.}}",
    "",
    "## {{十、联系我们|10. Contact}} {#contact}",
    "",
    "{{请写信至|Write to}} [privacy@example.com](mailto:privacy@example.com){{，|, }}"
    "**{{十五个工作日内答复|we answer within fifteen working days}}**{{。|.}}",
};

static const char *const child_rules_lines[] = {
    "# {{儿童规则|Child rules}}",
    "",
    "{{未满十四周岁的孩子的信息怎样处理，供监护人先读后决定。|How the information of children under fourteen is "
    "handled, "
    "for the guardian to read first.}}",
    "",
    "## {{监护人可以做什么|What guardians can do}} {#guardian}",
    "",
    "{{查看、更正、删除，也可以收回同意。【填写】|Look, correct, delete, take the yes back. [fill in]}}",
};

static const char *const readme_lines[] = {
    "# Policy @ID@",
    "",
    "- `policy.json` is the structure that the engine decides by; `document.@LOCALE@.md` is the text that people read.",
    "- Texts are maps from locale to string. A further locale: add it to `locales`, to every text, and as a document.",
    "",
    "## policy.json",
    "",
    "- `version` rises with every change of substance, `revision` with a change of words alone.",
    "- `controller`: who processes, with contacts (`hotline`, `email`, `post`, `chat`).",
    "- `published`, `effective`, `valid_until`: instants; at least seven days lie between the first two.",
    "- `functions`: `basic`, or `additional` when refusing it must leave everything else alone; `refusal` says what "
    "refusing costs.",
    "- `data`: categories; `sensitive` is one of biometric, religion, identity, medical, financial, whereabouts, "
    "minor, other.",
    "- `recipients`: every third party, SDK and mini program with role, name, contact and country.",
    "- `purposes`: one processing each. `kind`: collect, share, publish, combine, obtain, store, market, automate, "
    "launch,",
    "  retain_longer, declare. `ground`: consent unless the law itself allows it. `form`: `policy` (accepting the "
    "policy",
    "  suffices), `own`, `separate` (sensitive data, and sharing; one recipient at a time), `written`, `once`. "
    "Sensitive data needs",
    "  `necessity` and `impact`. `section` is the id of the document section that tells of it.",
    "- `permissions`: system permissions with their call sites; each call site belongs to a purpose of its own.",
    "- `retention`: `period` or `criterion`. `cooldown`: how long a no is left alone, 48h or more.",
    "- `rights`: within how many working days a request is answered; `calendar` lists holidays and make-up days.",
    "",
    "## document.@LOCALE@.md",
    "",
    "- `#` is the title, `##` a section, `###` a sub-section; `{#id}` at the end of a heading names it.",
    "- `**bold**` marks what matters to the person; `**_bold and underlined_**` marks sensitive personal information. "
    "Both work",
    "  beside any character, and must be closed in the same paragraph.",
    "- Lists, tables and links (https, mailto, tel) are taken; HTML, images and code are refused.",
    "",
    "## child-rules.@LOCALE@.md",
    "",
    "- What a guardian reads before agreeing for a child, beside the six facts in `minors.rules.facts`. A change of it "
    "needs "
    "a new `version` there.",
    "",
    "## From here to a bundle",
    "",
    "```sh",
    "consentctl policy lint .",
    "consentctl policy show . --locale @LOCALE@",
    "consentctl key new root.key && consentctl key new publisher.key      # keep the root key offline",
    "consentctl key public root.key -o root.pub && consentctl key public publisher.key -o publisher.pub",
    "consentctl policy keyset --root root.key --publisher publisher.pub -o keys.jws",
    "consentctl policy build . -o policy.unsigned.json",
    "consentctl policy sign policy.unsigned.json --key publisher.key --keys keys.jws -o policy.bundle",
    "consentctl policy verify policy.bundle --root root.pub",
    "```",
};

static bool is_chinese(const cs_skeleton *skeleton)
{
    return strncmp(skeleton->locale, "zh", 2) == 0;
}

static void put_day(cs_buffer *out, int64_t time_ms)
{
    cs_date date = cs_date_in_china(time_ms);
    cs_buffer_printf(out, "%04d-%02d-%02dT00:00:00+08:00", date.year, date.month, date.day);
}

/* One @NAME@; returns its size in the template, 0 when there is none here. */
static size_t put_name(const cs_skeleton *skeleton, cs_buffer *out, const char *at)
{
    if (strncmp(at, "@ID@", 4) == 0)
        return cs_buffer_text(out, skeleton->id), 4;
    if (strncmp(at, "@LOCALE@", 8) == 0)
        return cs_buffer_text(out, skeleton->locale), 8;
    if (strncmp(at, "@SECTION@", 9) == 0)
        return cs_buffer_text(out, skeleton->section), 9;
    if (strncmp(at, "@PUBLISHED@", 11) == 0)
        return put_day(out, skeleton->now_ms), 11;
    if (strncmp(at, "@EFFECTIVE@", 11) == 0)
        return put_day(out, skeleton->now_ms + 7 * CS_DAY_MS), 11;
    return 0;
}

/* One {{中文|English}}; returns its size in the template. */
static size_t put_text(const cs_skeleton *skeleton, cs_buffer *out, const char *at)
{
    const char *bar = strchr(at, '|');
    const char *end = strstr(at, "}}");
    if (!bar || !end || bar > end)
        return 0;
    if (is_chinese(skeleton))
        cs_buffer_append(out, at + 2, (size_t)(bar - at) - 2);
    else
        cs_buffer_append(out, bar + 1, (size_t)(end - bar) - 1);
    return (size_t)(end - at) + 2;
}

static void put_lines(const cs_skeleton *skeleton, const char *const *lines, size_t count, cs_buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        for (const char *at = lines[i]; *at;) {
            size_t used = *at == '@'                  ? put_name(skeleton, out, at)
                          : strncmp(at, "{{", 2) == 0 ? put_text(skeleton, out, at)
                                                      : 0;
            if (used == 0)
                cs_buffer_append(out, at, 1);
            at += used > 0 ? used : 1;
        }
        cs_buffer_text(out, "\n");
    }
}

void cs_skeleton_policy(const cs_skeleton *skeleton, cs_buffer *out)
{
    put_lines(skeleton, policy_lines, CS_COUNT_OF(policy_lines), out);
}

void cs_skeleton_document(const cs_skeleton *skeleton, cs_buffer *out)
{
    put_lines(skeleton, document_lines, CS_COUNT_OF(document_lines), out);
}

void cs_skeleton_child_rules(const cs_skeleton *skeleton, cs_buffer *out)
{
    put_lines(skeleton, child_rules_lines, CS_COUNT_OF(child_rules_lines), out);
}

void cs_skeleton_readme(const cs_skeleton *skeleton, cs_buffer *out)
{
    put_lines(skeleton, readme_lines, CS_COUNT_OF(readme_lines), out);
}
