#!/usr/bin/env bash
# The demo plays itself to its end, and shows the form in Chinese with its emphasis.
set -euo pipefail
out=$("$CONSENT_SOURCE_DIR/examples/demo/run" --yes --color=always </dev/null)
[[ $(tail -n 1 <<<"$out") == "demo: ok" ]]
grep -q $'\033\[1;4m敏感个人信息' <<<"$out"
# A child waits for the guardian, who sees the child rules' facts; what was used is listed; a request has its due date.
grep -q 'ask guardian_required' <<<"$out"
grep -q '更正、删除的途径' <<<"$out"
grep -q '搜索词: 1 次, 最近一次 2026-05-04 10:00' <<<"$out"
grep -q 'Order payment details: 1 ×, Last 2026-03-10 10:00' <<<"$out"
grep -q 'delete  opened  due 2026-10-23' <<<"$out"
# With the backend: an act is durable without it, stored once in spite of kill -9, a no wins over a yes that had not seen it, support and
# a kiosk's visitor are heard, and the record is proven without anybody. Where something is missing, that part says what.
if grep '^left out: ' <<<"$out"; then
    [[ -z ${CONSENTD:-} ]] || grep -qE '^left out: .*(python3|curl|openssl)' <<<"$out"
    exit 0
fi
grep -q "The operator's record holds it once" <<<"$out"
grep -q 'support  withdrawn  *pay.share pay-yi' <<<"$out"
grep -q '"event":"notice_shown"' <<<"$out"
grep -q 'copy.json: [0-9]* receipts cover [0-9]* events' <<<"$out"
grep -q 'refused.*: event [0-9]* of stream .* reads otherwise' <<<"$out"
