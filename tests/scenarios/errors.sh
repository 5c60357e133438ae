#!/usr/bin/env bash
# A failed expectation is one line with file, line, expected and got, and status 1; a malformed line is status 2, and nothing is
# played; no temporary folder stays behind.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
die() {
    printf 'scenario_errors: %s\n' "$*" >&2
    exit 1
}
run() { # STATUS FILE
    local status=0
    "$CONSENTCTL" run "$2" >"$work/out" 2>"$work/err" || status=$?
    [[ $status == "$1" ]] || die "$2 gave status $status, not $1: $(cat "$work/err")"
}
policy=$CONSENT_SOURCE_DIR/examples/policy/platform

cat >"$work/wrong.jsonl" <<LINES
{"scenario": "Two wrong expectations, and a story that goes on"}
{"install": "$policy"}
{"check": {"purpose": "browse.search", "data": ["search-words"]}, "expect": "allow"}
{"form": "first_run", "answer": "tick=on, accept", "expect": "REJECTED"}
{"check": {"purpose": "browse.search", "data": ["search-words"]}, "expect": "allow consented"}
LINES
run 1 "$work/wrong.jsonl"
[[ $(wc -l <"$work/err") == 2 ]] || die "expected two lines: $(cat "$work/err")"
grep -q "^$work/wrong.jsonl:3: expected allow, got ask notice_required" "$work/err" || die "$(cat "$work/err")"
grep -q "^$work/wrong.jsonl:4: expected REJECTED, got OK" "$work/err" || die "$(cat "$work/err")"
grep -q '"scenarios":1,"checks":4,"failed":2' "$work/out" || die "$(cat "$work/out")"

cat >"$work/stuck.jsonl" <<LINES
{"scenario": "A step that cannot be carried out ends its scenario"}
{"check": "nobody-named-this", "expect": "allow"}
{"check": "never-reached", "expect": "allow"}
{"scenario": "The next one is played all the same"}
{"install": "$policy"}
{"at": "-1h", "health": "OK"}
LINES
run 1 "$work/stuck.jsonl"
grep -q "^$work/stuck.jsonl:2: no question \"nobody-named-this\"" "$work/err" || die "$(cat "$work/err")"
grep -q "^$work/stuck.jsonl:6: time only goes forward" "$work/err" || die "$(cat "$work/err")"
[[ $(wc -l <"$work/err") == 2 ]] || die "expected two lines: $(cat "$work/err")"

printf '%s\n' '{"scenario": "One typing error"}' "{\"install\": \"$policy\"}" '{"chek": "search"}' >"$work/malformed.jsonl"
run 2 "$work/malformed.jsonl"
[[ ! -s $work/out && $(wc -l <"$work/err") == 1 ]] || die "something was played: $(cat "$work/out")"
grep -q "malformed.jsonl:3: a line says what to do with one of: scenario" "$work/err" || die "$(cat "$work/err")"

run 1 "$work/no-such-file.jsonl"
grep -q "no-such-file.jsonl could not be opened" "$work/err" || die "$(cat "$work/err")"
[[ -z $(ls "$TMPDIR") ]] || die "a temporary folder stayed behind"
