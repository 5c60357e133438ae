#!/usr/bin/env bash
# Malformed arguments, policies and ledgers: one clear line, status 2 for what was typed and 1 for what went wrong, nothing
# half-written.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() {
    printf 'consentctl_bad_input: %s\n' "$*" >&2
    exit 1
}
refused() { # STATUS PIECE ARGUMENT...
    local wanted=$1 piece=$2 status=0
    shift 2
    "$CONSENTCTL" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    [[ $status == "$wanted" ]] || die "$* gave status $status, not $wanted: $(cat "$work/err")"
    [[ $(wc -l <"$work/err") == 1 && $(cat "$work/err") == *"$piece"* ]] || die "$*: expected \"$piece\": $(cat "$work/err")"
}
home=$work/home
refused 2 "--home was missing" check --purpose p
refused 2 "--purpose was missing" check --home "$home"
refused 2 "no identifier" check --home "$home" --purpose p --data "A B"
refused 2 "no instant" check --home "$home" --purpose p --now yesterday
refused 2 "no instant" check --home "$home" --purpose p --at yesterday
refused 2 "--hindsight was given without --at" check --home "$home" --purpose p --hindsight
refused 2 "no occasion" form second_run --home "$home"
refused 2 "presses no button" form first_run --home "$home" --answer "tick=on"
refused 2 "--permission was missing" permission ask --home "$home" --purpose p
refused 2 "granted, denied, blocked" permission observe location perhaps --home "$home"
refused 2 "--all and --purpose" withdraw --home "$home" --all --purpose p
refused 2 "deny, ask or allow" watch --home "$home" --purpose p --until never
refused 2 "zh or en" run --explain fr "$work/x.jsonl"
refused 2 "--root" policy install "$work/x" --home "$home"
[[ ! -e $home ]] || die "a refused command made the home"

"$CONSENTCTL" key new "$work/root.key" >/dev/null
"$CONSENTCTL" key public "$work/root.key" --output "$work/root.pub" >/dev/null
refused 1 "could not be opened" policy install "$work/nowhere" --home "$home" --root "$work/root.pub"
printf 'not a bundle\n' >"$work/bundle"
refused 1 "" policy install "$work/bundle" --home "$home" --root "$work/root.pub"
refused 1 "" form first_run --home "$home"
refused 1 "" policy text platform --home "$home"
[[ $("$CONSENTCTL" policy list --json --home "$home") == *'[]'* ]] || die "a refused policy was kept"
[[ $("$CONSENTCTL" health --home "$home") == OK ]] || die "the home is not healthy"
