#!/usr/bin/env bash
# --explain tells the story in both languages; every decision is a line of JSON without it; --check plays nothing.
set -euo pipefail
cd "$CONSENT_SOURCE_DIR/tests/scenarios"
die() {
    printf 'scenario_story: %s\n' "$*" >&2
    exit 1
}
chinese=$("$CONSENTCTL" run --explain zh 04_recipients.jsonl)
english=$("$CONSENTCTL" run --explain en 04_recipients.jsonl)
lines=$("$CONSENTCTL" run 04_recipients.jsonl)
for wanted in '2026-03-02 09:00' '应用问：可以把“订单支付信息' '甲付支付有限公司' '先征求同意' '[C45 C55'; do
    [[ $chinese == *"$wanted"* ]] || die "the Chinese story lacks: $wanted"
done
for wanted in 'The app asks: may it use ' 'Ask first' ' checks, 0 failed'; do
    [[ $english == *"$wanted"* ]] || die "the English story lacks: $wanted"
done
chinese=$("$CONSENTCTL" run --explain zh 71_support.jsonl)
english=$("$CONSENTCTL" run --explain en 71_support.jsonl)
for wanted in '改用设备“tablet”' '客服应本人要求，代为收回同意' '同步：送出 0 条，收到 2 条，还有 0 条等待' '不起作用，并已报告' '监护人通过链接' '并入账户“lin”'; do
    [[ $chinese == *"$wanted"* ]] || die "the Chinese story of several devices lacks: $wanted"
done
for wanted in 'Now on the device “tablet”' 'Support takes a consent back' 'without effect, and reported' 'what was chosen anonymously joins “lin”'; do
    [[ $english == *"$wanted"* ]] || die "the English story of several devices lacks: $wanted"
done
english=$("$CONSENTCTL" run --explain en 70_devices.jsonl)
for wanted in 'The network is gone' 'nothing was lost' 'about to store and die'; do
    [[ $english == *"$wanted"* ]] || die "the story of a failing network lacks: $wanted"
done
[[ $lines == *'"where":"04_recipients.jsonl:'*'"decision":"ask","reason":"not_asked"'* ]] || die "no line for an answer"
[[ $("$CONSENTCTL" run --check 04_recipients.jsonl) == *'all well-formed' ]] || die "--check says something else"
