/* What the closed lists are called on the page. */
#include "page.h"

#include <string.h>

static const struct {
    const char *name, *zh, *en;
} words[] = {
    /* events */
    {"notice_shown", "展示告知", "notice shown"},
    {"policy_accepted", "同意政策", "policy accepted"},
    {"policy_declined", "不同意政策", "policy declined"},
    {"granted", "同意", "granted"},
    {"denied", "拒绝", "denied"},
    {"withdrawn", "撤回", "withdrawn"},
    {"used_once", "单次使用", "used once"},
    {"permission_prompted", "系统权限弹窗", "permission prompted"},
    {"permission_result", "系统权限结果", "permission result"},
    {"permission_revoked", "系统权限关闭", "permission revoked"},
    {"account_bound", "登录账号", "account bound"},
    {"account_unbound", "退出账号", "account unbound"},
    {"age_declared", "填报年龄", "age declared"},
    {"age_signalled", "年龄线索", "age signalled"},
    {"guardian_verified", "监护人同意", "guardian verified"},
    {"guardian_revoked", "监护人撤回", "guardian revoked"},
    {"key_confirmed", "确认设备", "key confirmed"},
    {"ground_relied_on", "依其他合法事由", "ground relied on"},
    {"usage", "使用次数", "usage"},
    {"request_opened", "提出请求", "request opened"},
    {"request_updated", "请求进展", "request updated"},
    {"notice_received", "收到通知", "notice received"},
    {"notice_acknowledged", "已阅通知", "notice acknowledged"},
    {"imported", "导入的同意", "imported"},
    {"erased", "清除记录", "erased"},
    {"recovered", "恢复记录", "recovered"},
    {"sync_acknowledged", "同步回执", "sync acknowledged"},
    {"purged", "已删除数据", "purged"},
    /* actors */
    {"self", "本人", "self"},
    {"guardian", "监护人", "guardian"},
    {"support", "客服", "support"},
    {"system", "系统", "system"},
    /* rights */
    {"access", "查阅", "access"},
    {"copy", "复制", "copy"},
    {"port", "转移", "transfer"},
    {"correct", "更正、补充", "correct"},
    {"delete", "删除", "delete"},
    {"restrict", "限制处理", "restrict"},
    {"withdraw", "撤回同意", "withdraw"},
    {"cancel_account", "注销账号", "cancel account"},
    {"explain", "解释说明", "explain"},
    {"appeal", "申诉", "appeal"},
    {"unsubscribe", "退订", "unsubscribe"},
    {"leak_report", "泄露举报", "leak report"},
    {"complaint", "投诉", "complaint"},
    /* states */
    {"opened", "待处理", "opened"},
    {"needs_verification", "待核验身份", "needs verification"},
    {"fee_quoted", "待确认费用", "fee quoted"},
    {"in_progress", "处理中", "in progress"},
    {"done", "已完成", "done"},
    {"done_live", "已删除（备份待清）", "deleted but for backups"},
    {"done_backup", "备份已清", "deleted from backups"},
    {"refused", "已拒绝", "refused"},
    {"cancelled", "已取消", "cancelled"},
    /* refusals */
    {"unrelated", "与身份无关", "not tied to the person"},
    {"repeated", "无端反复", "repeated without reason"},
    {"disproportionate", "技术手段过多", "disproportionate means"},
    {"risk_to_others", "影响他人权益", "risk to others"},
    {"impractical", "不切实际", "impractical"},
    {"unverified", "无法核验身份", "identity not established"},
    {"law_forbids", "法律要求", "the law forbids it"},
    /* notices */
    {"change", "变更", "change"},
    {"incident", "安全事件", "incident"},
    {"closing", "停止运营", "closing"},
    /* what operators did */
    {"refuse", "代为拒绝", "refuse"},
    {"say_given", "说明已同意", "say given"},
    {"correct_age", "更正年龄", "correct age"},
    {"move_request", "处理请求", "move request"},
    {"notify", "发通知", "notify"},
    {"notify_all", "发通知给所有人", "notify everybody"},
    {"read", "查看记录", "read the record"},
    {"forget", "删除记录", "forget"},
    {"publish_policy", "发布政策", "publish policy"},
    {"publish_head", "发布版本声明", "publish head"},
    {"publish_keys", "发布密钥集", "publish key set"},
    {"publish_notice", "发布通知", "publish notice"},
    /* roles */
    {"reader", "查看", "reader"},
    {"publisher", "发布", "publisher"},
};

const char *cd_word(cd_lang lang, const char *name)
{
    for (size_t i = 0; i < CS_COUNT_OF(words); i++)
        if (strcmp(words[i].name, name) == 0)
            return cd_say(lang, words[i].zh, words[i].en);
    return name;
}
