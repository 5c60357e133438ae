#!/usr/bin/env bash
# Requests and the two lists from the shell: words, exit statuses, and a page that is well-formed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
unset NO_COLOR COLUMNS

fail() {
    echo "failed: $*" >&2
    exit 1
}
consent() { "$CONSENTCTL" "$@" --home home --now 2026-09-28T10:00:00+08:00; }
# refused STATUS PATTERN COMMAND...: the exit status and one line on stderr that matches.
refused() {
    local status=$1 pattern=$2 got=0
    shift 2
    consent "$@" >out 2>err </dev/null || got=$?
    [[ $got == "$status" ]] || fail "$* ended with $got, not $status: $(cat err)"
    [[ $(wc -l <err) == 1 ]] || fail "$* did not say one line: $(cat err)"
    grep -qF -- "$pattern" err || fail "$* said: $(cat err)"
}

"$CONSENTCTL" key new root.key >/dev/null
"$CONSENTCTL" key new publisher.key >/dev/null
"$CONSENTCTL" key public root.key -o root.pub >/dev/null
"$CONSENTCTL" key public publisher.key -o publisher.pub >/dev/null
"$CONSENTCTL" policy build "$CONSENT_SOURCE_DIR/examples/policy/platform" -o unsigned >/dev/null
"$CONSENTCTL" policy keyset --root root.key --publisher publisher.pub --not-before 2026-01-01T00:00:00+08:00 -o keys.jws >/dev/null
"$CONSENTCTL" policy sign unsigned --key publisher.key --keys keys.jws -o bundle >/dev/null
mkdir home
consent policy install bundle --root root.pub >/dev/null
consent form first_run --answer "tick=on, accept" >/dev/null
consent form separate --purpose pay.share --recipient pay-jia --data pay-order,device-risk --answer accept >/dev/null
consent use --purpose pay.share --recipient pay-jia --data pay-order >/dev/null

# ---- requests ----
refused 1 "five grounds" request open delete
refused 2 "the right was" request open forget
refused 2 "--by was" request open access --by nobody
refused 2 "the state was" request update req-1 gone
refused 2 "--fee-fen was" request update req-1 fee_quoted --fee-fen 1.5
refused 1 "no request of this id" request update req-1 'done'
id=$(consent request open delete --ground no_longer_used --text "please" --independent pay-yi)
[[ $id =~ ^req-[0-9a-f]{16}$ ]] || fail "request open printed: $id"
consent request list --locale en >out
grep -q "$id  delete  opened  due 2026-10-23" out || fail "request list: $(cat out)"
grep -q "tell: Jiafu Payment\|tell: .*privacy@jiapay.example.com" out || fail "request list tells nobody: $(cat out)"
grep -q "hotline: 400-000-0000 daily" out || fail "request list names no channel: $(cat out)"
refused 1 "PIPL 50" request update "$id" refused
consent request update "$id" refused --refusal law_forbids --text "kept for the tax office" >out
grep -q "$id: refused" out || fail "request update: $(cat out)"
consent request list --json | grep -q '"remedies":\["appeal","complaint","lawsuit"\]' || fail "no remedies"

# ---- the two lists ----
refused 2 "collected or shared" list everything
consent list shared --locale en >out
grep -q "1 ×, Last 2026-09-28 10:00" out || fail "list shared: $(cat out)"
consent list collected >out
grep -q "已收集个人信息清单" out || fail "list collected: $(cat out)"
for list in collected shared; do
    consent list $list --html page.html >/dev/null
    [[ $(stat -c %a page.html) == 600 ]] || fail "the page's mode is $(stat -c %a page.html)"
    grep -q '<html lang="zh-CN">' page.html || fail "the page has no language"
    ! grep -qE '(src|href)=' page.html || fail "the page loads something"
    if command -v xmllint >/dev/null; then
        xmllint --noout --nonet page.html || fail "the page of $list is not well-formed"
    fi
done
refused 1 "nowhere" list shared --html nowhere/page.html
echo "requests and lists: ok"
