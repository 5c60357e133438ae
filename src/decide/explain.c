/* Words for an answer: the rule and its source for the record, one sentence for the person. */
#include "decide/decide.h"

#include <string.h>

static const char *const rule_names[] = {
    "none",
    "rule 1: the record must be readable",
    "rule 2: only what the policy declares",
    "rule 3: the service has not ended",
    "rule 4: grounds of the law itself",
    "rule 5: minors and their guardians",
    "rule 6: the policy must be accepted",
    "rule 7: a new controller needs a new yes",
    "rule 8: exempt under accepted terms",
    "rule 9: wider terms need a new yes",
    "rule 10: the person's choice",
    "rule 11: the system permission",
    "rule 12: consented",
    "rule 13: a function as a whole",
};

const char *cs_decision_rule_name(int32_t rule)
{
    return rule > 0 && (size_t)rule < CS_COUNT_OF(rule_names) ? rule_names[rule] : rule_names[0];
}

typedef struct words {
    const char *source;
    const char *zh;
    const char *en;
} words;

static const words by_reason[] = {
    [CONSENT_REASON_STORE_UNAVAILABLE] = {"PIPL 9, 51", "暂时读不到您的同意记录，因此不会处理您的信息。",
                                          "Your consent record cannot be read right now, so nothing is processed."},
    [CONSENT_REASON_UNDECLARED] = {"PIPL 6, 17; C65, C108", "隐私政策里没有写明这项处理，因此不能进行。",
                                   "The privacy policy does not declare this, so it is not done."},
    [CONSENT_REASON_SERVICE_ENDED] = {"PIPL 47(1); C16", "这项服务已经停止运营，不再收集您的信息。",
                                      "This service has ended and collects nothing more about you."},
    [CONSENT_REASON_EXEMPT] = {"PIPL 13(2) to (7), 18; C86, C113", "依照法律规定，这项处理不以您的同意为前提。",
                               "The law allows this without asking for your consent."},
    [CONSENT_REASON_AGE_UNKNOWN] = {"PIPL 28, 31; C129, C136", "使用这项功能前，需要先知道您的年龄段。",
                                    "This function needs to know your age group first."},
    [CONSENT_REASON_MINOR_MARKETING] = {"PIPL 24, 31; C129", "我们不会向未成年人自动推送营销信息。",
                                        "Nothing is marketed automatically to a minor."},
    [CONSENT_REASON_GUARDIAN_REQUIRED] = {"PIPL 31; C129 to C134", "这需要先由您的监护人同意。",
                                          "Your guardian has to agree to this first."},
    [CONSENT_REASON_CAME_OF_AGE] = {"PIPL 14, 31; C129", "您已进入新的年龄段，需要由您本人重新作出选择。",
                                    "You have reached a new age group, so the choice is yours to make again."},
    [CONSENT_REASON_NOTICE_REQUIRED] = {"PIPL 14, 17; C1 to C5", "请先阅读隐私政策，再决定是否同意。",
                                        "Please read the privacy policy first and decide."},
    [CONSENT_REASON_REFUSED_BEFORE] = {"PIPL 14 to 16; C67, C143", "您此前没有同意或已撤回，需要您重新决定。",
                                       "You said no or withdrew before; it takes a new yes from you."},
    [CONSENT_REASON_POLICY_DECLINED] = {"PIPL 15, 16; C3, C67", "您没有同意隐私政策，近期不会再次询问。",
                                        "You declined the privacy policy and will not be asked again for now."},
    [CONSENT_REASON_CONTROLLER_CHANGED] = {"PIPL 22, 23; C112", "处理您信息的主体变更了，需要您重新同意。",
                                           "Someone else now controls your information, which needs your consent."},
    [CONSENT_REASON_TERMS_WIDENED] = {"PIPL 14(2); C154 to C166", "这超出了您当初同意的范围，需要您另行同意。",
                                      "This goes beyond what you agreed to and needs your consent."},
    [CONSENT_REASON_NOT_ASKED] = {"PIPL 14, 23, 25, 29; C45, C55", "这项内容还没有征求过您的同意。",
                                  "You have not been asked about this yet."},
    [CONSENT_REASON_EXPIRED] = {"PIPL 14, 19, 47; C133", "您之前给出的同意已到期。",
                                "The consent you gave has run out."},
    [CONSENT_REASON_REFUSED_RECENTLY] = {"PIPL 15, 16; C67, C68, C143", "您刚拒绝或撤回了这一项，近期不会再次询问。",
                                         "You said no to this recently and will not be asked again for now."},
    [CONSENT_REASON_PERMISSION_NEEDED] = {"PIPL 14; C66 to C71", "需要您在系统弹窗中打开相应权限。",
                                          "The system permission for this is off and has to be turned on."},
    [CONSENT_REASON_PERMISSION_REFUSED] = {"PIPL 16; C67 to C73", "系统权限处于关闭状态，如需使用请到系统设置中打开。",
                                           "The system permission is off; you can turn it on in the system settings."},
    [CONSENT_REASON_CONFIRM] = {"PIPL 14; C143", "请在这台设备上再确认一次您的同意。",
                                "Please confirm on this device that you agreed."},
    [CONSENT_REASON_FIELD_NOTICE] = {"PIPL 17; App rules 2.3; C29, C54", "填写之前，请先看这一项信息用来做什么。",
                                     "Before you enter this, see what it is for."},
    [CONSENT_REASON_LOGIN_NEEDED] = {"C26", "请先登录，再使用这项功能。", "Log in first to use this function."},
    [CONSENT_REASON_CONSENTED] = {"PIPL 13(1), 14; C1 to C5", "您已同意这项处理，可随时撤回。",
                                  "You agreed to this and can withdraw at any time."},
};

const char *cs_decision_rule_source(int32_t rule, int32_t reason)
{
    if (rule < 1 || rule > 13 || reason < 0 || (size_t)reason >= CS_COUNT_OF(by_reason))
        return "";
    return by_reason[reason].source;
}

const char *cs_decision_text(const cs_decision *decision, const char *locale)
{
    if (decision->reason < 0 || (size_t)decision->reason >= CS_COUNT_OF(by_reason))
        return "";
    const words *w = &by_reason[decision->reason];
    return locale != NULL && strncmp(locale, "zh", 2) == 0 ? w->zh : w->en;
}
