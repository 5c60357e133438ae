/* Words for an answer: the rule and its source for the record, one sentence for the person. */
#include "decide/decide.h"

#include <string.h>

const char *cs_decision_rule_name(int32_t rule)
{
    static const char names[] = "none\0"
                                "rule 1: the record must be readable\0"
                                "rule 2: only what the policy declares\0"
                                "rule 3: the service has not ended\0"
                                "rule 4: grounds of the law itself\0"
                                "rule 5: minors and their guardians\0"
                                "rule 6: the policy must be accepted\0"
                                "rule 7: a new controller needs a new yes\0"
                                "rule 8: exempt under accepted terms\0"
                                "rule 9: wider terms need a new yes\0"
                                "rule 10: the person's choice\0"
                                "rule 11: the system permission\0"
                                "rule 12: consented\0"
                                "rule 13: a function as a whole\0";
    return rule > 0 && rule <= 13 ? cs_nth_text(names, (size_t)rule) : names;
}

/* A reason, the source of its rule, and what it says to the person in Chinese and in English; in the reasons' order. */
/* clang-format off */
#define REASONS(R) \
    R(CONSENT_REASON_STORE_UNAVAILABLE, "PIPL 9, 51", "暂时读不到您的同意记录，因此不会处理您的信息。", \
      "Your consent record cannot be read right now, so nothing is processed.") \
    R(CONSENT_REASON_UNDECLARED, "PIPL 6, 17; C65, C108", "隐私政策里没有写明这项处理，因此不能进行。", \
      "The privacy policy does not declare this, so it is not done.") \
    R(CONSENT_REASON_SERVICE_ENDED, "PIPL 47(1); C16", "这项服务已经停止运营，不再收集您的信息。", \
      "This service has ended and collects nothing more about you.") \
    R(CONSENT_REASON_EXEMPT, "PIPL 13(2) to (7), 18; C86, C113", "依照法律规定，这项处理不以您的同意为前提。", \
      "The law allows this without asking for your consent.") \
    R(CONSENT_REASON_AGE_UNKNOWN, "PIPL 28, 31; C129, C136", "使用这项功能前，需要先知道您的年龄段。", \
      "This function needs to know your age group first.") \
    R(CONSENT_REASON_MINOR_MARKETING, "PIPL 24, 31; C129", "我们不会向未成年人自动推送营销信息。", \
      "Nothing is marketed automatically to a minor.") \
    R(CONSENT_REASON_GUARDIAN_REQUIRED, "PIPL 31; C129 to C134", "这需要先由您的监护人同意。", \
      "Your guardian has to agree to this first.") \
    R(CONSENT_REASON_CAME_OF_AGE, "PIPL 14, 31; C129", "您已进入新的年龄段，需要由您本人重新作出选择。", \
      "You have reached a new age group, so the choice is yours to make again.") \
    R(CONSENT_REASON_NOTICE_REQUIRED, "PIPL 14, 17; C1 to C5", "请先阅读隐私政策，再决定是否同意。", \
      "Please read the privacy policy first and decide.") \
    R(CONSENT_REASON_REFUSED_BEFORE, "PIPL 14 to 16; C67, C143", "您此前没有同意或已撤回，需要您重新决定。", \
      "You said no or withdrew before; it takes a new yes from you.") \
    R(CONSENT_REASON_POLICY_DECLINED, "PIPL 15, 16; C3, C67", "您没有同意隐私政策，近期不会再次询问。", \
      "You declined the privacy policy and will not be asked again for now.") \
    R(CONSENT_REASON_CONTROLLER_CHANGED, "PIPL 22, 23; C112", "处理您信息的主体变更了，需要您重新同意。", \
      "Someone else now controls your information, which needs your consent.") \
    R(CONSENT_REASON_TERMS_WIDENED, "PIPL 14(2); C154 to C166", "这超出了您当初同意的范围，需要您另行同意。", \
      "This goes beyond what you agreed to and needs your consent.") \
    R(CONSENT_REASON_NOT_ASKED, "PIPL 14, 23, 25, 29; C45, C55", "这项内容还没有征求过您的同意。", \
      "You have not been asked about this yet.") \
    R(CONSENT_REASON_EXPIRED, "PIPL 14, 19, 47; C133", "您之前给出的同意已到期。", \
      "The consent you gave has run out.") \
    R(CONSENT_REASON_REFUSED_RECENTLY, "PIPL 15, 16; C67, C68, C143", "您刚拒绝或撤回了这一项，近期不会再次询问。", \
      "You said no to this recently and will not be asked again for now.") \
    R(CONSENT_REASON_PERMISSION_NEEDED, "PIPL 14; C66 to C71", "需要您在系统弹窗中打开相应权限。", \
      "The system permission for this is off and has to be turned on.") \
    R(CONSENT_REASON_PERMISSION_REFUSED, "PIPL 16; C67 to C73", "系统权限处于关闭状态，如需使用请到系统设置中打开。", \
      "The system permission is off; you can turn it on in the system settings.") \
    R(CONSENT_REASON_CONFIRM, "PIPL 14; C143", "请在这台设备上再确认一次您的同意。", \
      "Please confirm on this device that you agreed.") \
    R(CONSENT_REASON_CONSENTED, "PIPL 13(1), 14; C1 to C5", "您已同意这项处理，可随时撤回。", \
      "You agreed to this and can withdraw at any time.") \
    R(CONSENT_REASON_LOGIN_NEEDED, "C26", "请先登录，再使用这项功能。", \
      "Log in first to use this function.") \
    R(CONSENT_REASON_FIELD_NOTICE, "PIPL 17; App rules 2.3; C29, C54", "填写之前，请先看这一项信息用来做什么。", \
      "Before you enter this, see what it is for.")
/* clang-format on */

#define SOURCE(reason, source, zh, en) source "\0"
#define ZH(reason, source, zh, en) zh "\0"
#define EN(reason, source, zh, en) en "\0"

enum {
#define ROW(reason, source, zh, en) ROW_OF_##reason,
    REASONS(ROW) REASON_COUNT
};
#define IN_ORDER(reason, source, zh, en)                                                                               \
    _Static_assert((int)ROW_OF_##reason == (int)(reason), "rows in the reasons' order");
REASONS(IN_ORDER)

const char *cs_decision_rule_source(int32_t rule, int32_t reason)
{
    if (rule < 1 || rule > 13 || reason < 0 || reason >= REASON_COUNT)
        return "";
    return cs_nth_text(REASONS(SOURCE), (size_t)reason);
}

const char *cs_decision_text(const cs_decision *decision, const char *locale)
{
    if (decision->reason < 0 || decision->reason >= REASON_COUNT)
        return "";
    return cs_nth_text(locale != NULL && strncmp(locale, "zh", 2) == 0 ? REASONS(ZH) : REASONS(EN),
                       (size_t)decision->reason);
}
