/* words: the form's own words, where the policy has none: labels of fields, and the default buttons. Each once, with what
 * it says in Chinese and in English. */
#ifndef CS_FORM_WORDS_H
#define CS_FORM_WORDS_H

/* One word, one row. */
/* clang-format off */
#define CS_FORM_WORDS(W) \
    W(CS_WORD_ACCEPT, "同意", "Agree") \
    W(CS_WORD_REFUSE, "不同意", "Decline") \
    W(CS_WORD_SAVE, "保存", "Save") \
    W(CS_WORD_TICK, "我已阅读并同意上述内容", "I have read the above and agree to it") \
    W(CS_WORD_CONTROLLER, "个人信息处理者", "Controller") \
    W(CS_WORD_HOTLINE, "客服热线", "Hotline") \
    W(CS_WORD_EMAIL, "电子邮箱", "E-mail") \
    W(CS_WORD_POST, "通信地址", "Postal address") \
    W(CS_WORD_CHAT, "在线客服", "Chat") \
    W(CS_WORD_CONTACT, "联系方式", "Contact") \
    W(CS_WORD_RECIPIENT, "接收方", "Recipient") \
    W(CS_WORD_RECIPIENT_CONTACT, "接收方联系方式", "Recipient's contact") \
    W(CS_WORD_DEVELOPER, "开发者", "Developer") \
    W(CS_WORD_COUNTRY, "接收方所在国家或地区", "Recipient's country") \
    W(CS_WORD_CHINA, "中国", "China") \
    W(CS_WORD_RECIPIENT_POLICY, "接收方隐私政策", "Recipient's privacy policy") \
    W(CS_WORD_RECIPIENT_RULES, "适用的规则", "Whose rules") \
    W(CS_WORD_RECIPIENT_RULES_TEXT, "接收方自己如何处理，适用其自己的政策，不适用本政策", \
      "What the recipient does on its own account is under its own policy, not this one") \
    W(CS_WORD_DATA, "个人信息种类", "Personal information") \
    W(CS_WORD_CONDITIONAL, "视情况需要", "needed in some cases") \
    W(CS_WORD_OPTIONAL, "可以不提供", "may be left out") \
    W(CS_WORD_DATA_OBTAINED, "从对方取得的个人信息", "Personal information obtained from it") \
    W(CS_WORD_PURPOSE, "处理目的", "Purpose") \
    W(CS_WORD_METHOD, "处理方式", "Method") \
    W(CS_WORD_NECESSITY, "处理的必要性", "Why it is necessary") \
    W(CS_WORD_IMPACT, "对您权益的影响", "Effect on your rights and interests") \
    W(CS_WORD_RETENTION, "保存期限", "Kept for") \
    W(CS_WORD_DAYS, "天", " days") \
    W(CS_WORD_HOURS, "小时", " hours") \
    W(CS_WORD_MINUTES, "分钟", " minutes") \
    W(CS_WORD_THEN_DELETED, "，期满后删除", ", then deleted") \
    W(CS_WORD_THEN_ANONYMISED, "，期满后匿名化", ", then anonymised") \
    W(CS_WORD_CONSEQUENCE, "不同意的后果", "If you decline") \
    W(CS_WORD_WITHDRAWAL, "撤回方式", "How to withdraw") \
    W(CS_WORD_WITHDRAWAL_TEXT, "您随时可以在隐私设置里关闭，或通过上面的联系方式撤回；撤回之前已完成的处理仍然有效", \
      "At any time in the privacy settings, or through the contacts above; what was done before stays " \
      "valid") \
    W(CS_WORD_ONCE_TEXT, "仅对本次有效，下次会再次询问", "This time only: you will be asked again next time") \
    W(CS_WORD_PERMISSION, "系统权限", "System permission") \
    W(CS_WORD_SETTINGS, "如何更改", "How to change it") \
    W(CS_WORD_ALTERNATIVE, "不开启时可以这样做", "Without it") \
    W(CS_WORD_VISITOR, "访客方式", "As a visitor") \
    W(CS_WORD_CAUTION, "请留意", "Take care") \
    W(CS_WORD_CAUTION_TEXT, "发布后他人可以看到、保存和转发，内容可能透露您或他人的敏感信息。", \
      "Others can see, keep and pass on what you publish; it may tell sensitive things about you or " \
      "others.") \
    W(CS_WORD_MANAGE, "隐私设置", "Privacy settings") \
    W(CS_WORD_STORE_NOTHING, "本机存储：全部不允许", "Storing on this device: nothing") \
    W(CS_WORD_STORE_ESSENTIAL, "本机存储：仅限必要", "Storing on this device: only what is essential") \
    W(CS_WORD_STORE_ALL, "本机存储：全部允许", "Storing on this device: everything") \
    W(CS_WORD_ACCEPTANCE, "对隐私政策的同意", "Acceptance of the privacy policy") \
    W(CS_WORD_ACCEPTANCE_CONSEQUENCE, "撤回后，下列全部选择一并撤回，需要个人信息的功能将停止", \
      "Withdrawing it withdraws every choice below, and what needs personal information stops") \
    W(CS_WORD_CHANGED, "变更内容", "What changed") \
    W(CS_WORD_CHANGE_EDITORIAL, "文字表述", "Wording") /* seven, in the order of the bits of cs_change_kind */ \
    W(CS_WORD_CHANGE_MODE, "处理目的、方式或个人信息种类", "Purposes, methods or kinds of personal information") \
    W(CS_WORD_CHANGE_CONTROL, "控制权或运营者", "Control or operator") \
    W(CS_WORD_CHANGE_RECIPIENTS, "接收个人信息的第三方", "Third parties that receive personal information") \
    W(CS_WORD_CHANGE_RIGHTS, "您的权利及行使方式", "Your rights and how to use them") \
    W(CS_WORD_CHANGE_CONTACT, "联系与投诉渠道", "Contacts and complaints") \
    W(CS_WORD_CHANGE_IMPACT, "影响评估显示的高风险", "High risk found by an impact assessment") \
    W(CS_WORD_AGE, "请告诉我们您的年龄段", "Your age group") \
    W(CS_WORD_AGE_TEXT, "法律对未成年人有特别保护。年龄只用来决定适用哪些规则，不作他用；填写出生日期或选择年龄段即可。", \
      "The law protects minors specially. Your age only decides which rules apply, nothing else; a birth " \
      "date or an age group is enough.") \
    W(CS_WORD_BIRTH, "出生日期", "Date of birth") \
    W(CS_WORD_SUBMIT, "提交", "Submit") \
    W(CS_WORD_GUARDIAN, "请监护人阅读并决定", "For the guardian to read and decide") \
    W(CS_WORD_GUARDIAN_TEXT, "使用者是未成年人。您是其监护人时，请阅读以下内容再决定；您可以不同意，也可以随时撤回。", \
      "The person is a minor. If you are the guardian, please read this and decide; you may decline, and " \
      "withdraw at any time.") \
    W(CS_WORD_CHILD_RULES, "儿童个人信息处理规则", "Rules for children's personal information") \
    W(CS_WORD_REFERENCE, "监护人身份核验编号", "Reference of the guardian's verification") \
    W(CS_WORD_SIGNATURE, "签名凭据编号", "Where the signature is kept") \
    W(CS_WORD_GUARDIAN_TICK, "我是监护人，已阅读并同意上述内容", \
      "I am the guardian, have read the above and agree to it") \
    W(CS_WORD_FACT_SCOPE, "处理的目的、方式与范围", "Why, how and what") /* six, in the order of cs_child_fact */ \
    W(CS_WORD_FACT_STORAGE, "存放地点、期限与到期后的处理", "Where and how long it is kept, and what then") \
    W(CS_WORD_FACT_SECURITY, "安全保障措施", "How it is kept safe") \
    W(CS_WORD_FACT_CONSEQUENCE, "拒绝的后果", "If you decline") \
    W(CS_WORD_FACT_COMPLAINT, "投诉、举报的渠道", "Where to complain") \
    W(CS_WORD_FACT_CORRECTION, "更正、删除的途径", "How to correct and delete") \
    W(CS_WORD_CONFIRM, "请在这台设备上确认", "Please confirm on this device") \
    W(CS_WORD_CONFIRM_TEXT, "下列同意不是在这台设备上给出的，或需要您再次确认。是您本人给出的，请确认；不是，请拒绝。", \
      "The consents below were not given on this device, or wait for you to confirm them. Confirm them if " \
      "they are yours; if not, decline.") \
    W(CS_WORD_CONFIRM_CONSEQUENCE, "不确认，则这些同意在这台设备上不生效", \
      "Without it they do not count on this device") \
    W(CS_WORD_THIS_DEVICE, "这台设备", "This device") \
    W(CS_WORD_OTHER_DEVICE, "另一台设备", "Another device") \
    W(CS_WORD_DEVICE_COUNTS, "其中的同意在本设备有效", "What was agreed to there counts here") \
    W(CS_WORD_DEVICE_WAITS, "其中的同意待您确认", "What was agreed to there waits to be confirmed") \
    W(CS_WORD_CONTINUE, "继续", "Continue") \
    W(CS_WORD_CANCEL, "取消", "Cancel") \
    W(CS_WORD_EXTERNAL, "您即将前往第三方", "You are about to leave for a third party") \
    W(CS_WORD_EXTERNAL_TEXT, "接下来的服务由下列第三方提供，适用其自己的隐私政策，建议先阅读再决定。", \
      "What follows is offered by the third party below under its own privacy policy; please read that " \
      "first.") \
    W(CS_WORD_ACKNOWLEDGE, "知道了", "Understood") \
    W(CS_WORD_CLOSING, "停止运营通知", "The service closes") \
    W(CS_WORD_CLOSING_TEXT, "服务将停止运营。到期后不再收集您的个人信息，已有的将删除或匿名化。", \
      "The service will end. From then on nothing more is collected; what is there is deleted or " \
      "anonymised.") \
    W(CS_WORD_CLOSING_END, "停止时间", "It ends on") \
    W(CS_WORD_INCIDENT_SITUATION, "事件的基本情况", \
      "What happened") /* six, in the order of the incident's members */ \
    W(CS_WORD_INCIDENT_IMPACT, "可能的影响", "What it may mean") \
    W(CS_WORD_INCIDENT_MEASURES, "已采取或将采取的措施", "What we did and will do") \
    W(CS_WORD_INCIDENT_ADVICE, "您可以这样防范", "What you can do") \
    W(CS_WORD_INCIDENT_REMEDY, "对您的补救", "How it is made good") \
    W(CS_WORD_INCIDENT_CONTACT, "联系方式", "Contact")
/* clang-format on */

typedef enum cs_word {
#define CS_WORD_ROW(word, zh, en) word,
    CS_FORM_WORDS(CS_WORD_ROW)
#undef CS_WORD_ROW
    CS_WORD_COUNT
} cs_word;

#endif
