#!/usr/bin/env bash
# The versions of the example policy through the tool: compared, published under a rotated key, announced by head statements, saved.
set -euo pipefail
cd "$CONSENT_SOURCE_DIR/examples/policy"
work=$(mktemp -d "${TMPDIR:-/tmp}/consent-policies.XXXXXX")
trap 'rm -rf "$work"' EXIT
ctl=$CONSENTCTL home=$work/home
die() {
    printf 'policies: %s\n' "$*" >&2
    exit 1
}
holds() { # TEXT PIECE...
    local text=$1 piece
    shift
    for piece in "$@"; do [[ $text == *"$piece"* ]] || die "this lacks \"$piece\": $text"; done
}
refused() { # PIECE COMMAND...: status 1 and a message that holds the piece
    local piece=$1 message status=0
    shift
    message=$("$@" 2>&1 >/dev/null) || status=$?
    [[ $status == 1 && $message == *"$piece"* ]] || die "status $status instead of 1 with \"$piece\": $message"
}

# ---- diff ----
holds "$("$ctl" policy diff platform platform-1.1 --locale en)" 'platform 1.0 -> platform 1.1' 'not material: wording'
holds "$("$ctl" policy diff platform platform-2 --locale en)" 'material change: what is processed, and how; who receives it' \
    '. Declared: '
holds "$("$ctl" policy diff platform platform-2)" '重大变更：处理方式、接收方' '新增  接收方  pay-bing（丙付支付有限公司），属于 pay.share'
holds "$("$ctl" policy diff platform platform-2 --json)" '"material":true,"kinds":["mode","recipients"]' \
    '{"part":"data","change":"added","id":"room-dwell","of":"recommend.behaviour"'
holds "$("$ctl" policy diff platform-2 platform-3 --locale en)" 'who controls it' 'widened  controller  xincheng-membership'
refused 'was not newer' "$ctl" policy diff platform-2 platform
refused 'two policies' "$ctl" policy diff platform hotel
mkdir "$work/wide"
cat >"$work/wide/policy.json" <<EOF
{"base": "$(realpath --relative-to="$work/wide" platform)", "revision": 1, "published": "2026-01-01T00:00:00Z",
 "effective": "2026-02-01T00:00:00Z", "purposes": [{"id": "browse.search", "retention": {"period": "400d"}}]}
EOF
refused 'give it a new version' "$ctl" policy diff platform "$work/wide"
holds "$("$ctl" policy diff platform "$work/wide" --locale en 2>/dev/null || true)" 'widened  purpose  browse.search' 'kept longer'

# ---- keys that follow each other ----
for name in root first second; do
    "$ctl" key new "$work/$name.key" >/dev/null
    "$ctl" key public "$work/$name.key" --output "$work/$name.pub" >/dev/null
done
"$ctl" policy keyset --root "$work/root.key" --publisher "$work/first.pub" --output "$work/keys-1" >/dev/null
"$ctl" policy keyset --root "$work/root.key" --publisher "$work/second.pub" --version 2 --output "$work/keys-2" >/dev/null
publish() { # FOLDER KEY KEYS
    "$ctl" policy build "$1" --output "$work/unsigned" >/dev/null
    "$ctl" policy sign "$work/unsigned" --key "$work/$2.key" --keys "$work/$3" --output "$work/$1-$2" >/dev/null
}
install() { "$ctl" policy install "$1" --root "$work/root.pub" --home "$home" >/dev/null; }
publish platform first keys-1
publish platform-1.1 first keys-1
publish platform-2 second keys-2
install "$work/platform-first"
[[ $("$ctl" policy list --home "$home") != *outdated* ]] || die "outdated without a head statement"

# ---- head ----
"$ctl" policy head "$work/platform-2-second" --key "$work/second.key" --keys "$work/keys-2" --output "$work/head" >/dev/null
install "$work/head"
holds "$("$ctl" policy list --home "$home")" 'version 1.0' ', outdated'
holds "$("$ctl" policy list --home "$home" --json)" '"outdated":true' '"heads":[{"id":"platform","version":2' '"fresh":true'
refused 'key set 1 is older than key set 2' install "$work/platform-1.1-first"
install "$work/platform-2-second"
refused 'fresh until' "$ctl" policy install "$work/head" --root "$work/root.pub" --home "$home" --now 2027-12-01T00:00:00Z

# ---- texts ----
"$ctl" policy text platform --version 1 --home "$home" --output "$work/text" >/dev/null
holds "$(cat "$work/text")" '示例会员平台隐私权政策' '**_支付方式与资金账号_**'
"$ctl" policy text platform --version 2 --locale en --home "$home" --json --output "$work/text" >/dev/null
holds "$(cat "$work/text")" '"locale":"en"' 'Jia, Yi or Bing Pay'
refused 'no such policy or version' "$ctl" policy text platform --version 7 --home "$home" --output "$work/none"
[[ ! -e $work/none ]] || die "a file for a text that is not there"
