/* The form's own words in Chinese and English: labels of fields, and buttons where a policy names none. */
#include "form/parts.h"

#include <string.h>

typedef struct word {
    const char *zh;
    const char *en;
} word;

static const word words[CS_WORD_COUNT] = {
    [CS_WORD_ACCEPT] = {"同意", "Agree"},
    [CS_WORD_REFUSE] = {"不同意", "Decline"},
    [CS_WORD_SAVE] = {"保存", "Save"},
    [CS_WORD_TICK] = {"我已阅读并同意上述内容", "I have read the above and agree to it"},
    [CS_WORD_CONTROLLER] = {"个人信息处理者", "Controller"},
    [CS_WORD_HOTLINE] = {"客服热线", "Hotline"},
    [CS_WORD_EMAIL] = {"电子邮箱", "E-mail"},
    [CS_WORD_POST] = {"通信地址", "Postal address"},
    [CS_WORD_CHAT] = {"在线客服", "Chat"},
    [CS_WORD_CONTACT] = {"联系方式", "Contact"},
    [CS_WORD_RECIPIENT] = {"接收方", "Recipient"},
    [CS_WORD_RECIPIENT_CONTACT] = {"接收方联系方式", "Recipient's contact"},
    [CS_WORD_DEVELOPER] = {"开发者", "Developer"},
    [CS_WORD_COUNTRY] = {"接收方所在国家或地区", "Recipient's country"},
    [CS_WORD_CHINA] = {"中国", "China"},
    [CS_WORD_RECIPIENT_POLICY] = {"接收方隐私政策", "Recipient's privacy policy"},
    [CS_WORD_DATA] = {"个人信息种类", "Personal information"},
    [CS_WORD_PURPOSE] = {"处理目的", "Purpose"},
    [CS_WORD_METHOD] = {"处理方式", "Method"},
    [CS_WORD_NECESSITY] = {"处理的必要性", "Why it is necessary"},
    [CS_WORD_IMPACT] = {"对您权益的影响", "Effect on your rights and interests"},
    [CS_WORD_RETENTION] = {"保存期限", "Kept for"},
    [CS_WORD_DAYS] = {"天", " days"},
    [CS_WORD_HOURS] = {"小时", " hours"},
    [CS_WORD_MINUTES] = {"分钟", " minutes"},
    [CS_WORD_THEN_DELETED] = {"，期满后删除", ", then deleted"},
    [CS_WORD_THEN_ANONYMISED] = {"，期满后匿名化", ", then anonymised"},
    [CS_WORD_CONSEQUENCE] = {"不同意的后果", "If you decline"},
    [CS_WORD_WITHDRAWAL] = {"撤回方式", "How to withdraw"},
    [CS_WORD_WITHDRAWAL_TEXT] =
        {"您随时可以在隐私设置里关闭，或通过上面的联系方式撤回；撤回之前已完成的处理仍然有效",
         "At any time in the privacy settings, or through the contacts above; what was done before stays valid"},
    [CS_WORD_ONCE_TEXT] = {"仅对本次有效，下次会再次询问", "This time only: you will be asked again next time"},
    [CS_WORD_PERMISSION] = {"系统权限", "System permission"},
    [CS_WORD_SETTINGS] = {"如何更改", "How to change it"},
    [CS_WORD_MANAGE] = {"隐私设置", "Privacy settings"},
    [CS_WORD_ACCEPTANCE] = {"对隐私政策的同意", "Acceptance of the privacy policy"},
    [CS_WORD_ACCEPTANCE_CONSEQUENCE] = {"撤回后，下列全部选择一并撤回，需要个人信息的功能将停止",
                                        "Withdrawing it withdraws every choice below, and what needs personal "
                                        "information stops"},
    [CS_WORD_CHANGED] = {"变更内容", "What changed"},
    [CS_WORD_CHANGE_MODE] = {"处理目的、方式或个人信息种类", "Purposes, methods or kinds of personal information"},
    [CS_WORD_CHANGE_CONTROL] = {"控制权或运营者", "Control or operator"},
    [CS_WORD_CHANGE_RECIPIENTS] = {"接收个人信息的第三方", "Third parties that receive personal information"},
    [CS_WORD_CHANGE_RIGHTS] = {"您的权利及行使方式", "Your rights and how to use them"},
    [CS_WORD_CHANGE_CONTACT] = {"联系与投诉渠道", "Contacts and complaints"},
    [CS_WORD_CHANGE_IMPACT] = {"影响评估显示的高风险", "High risk found by an impact assessment"},
    [CS_WORD_CHANGE_EDITORIAL] = {"文字表述", "Wording"},
};

const char *cs_form_word(const char *locale, cs_word which)
{
    return strncmp(locale, "zh", 2) == 0 ? words[which].zh : words[which].en;
}
