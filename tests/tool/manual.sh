#!/usr/bin/env bash
# The man page is the command table, names every command and option, and can be set.
set -euo pipefail
page=$CONSENT_SOURCE_DIR/docs/consentctl.1
made=$(mktemp)
trap 'rm -f "$made"' EXIT

fail() {
    echo "failed: $*" >&2
    exit 1
}
"$CONSENTCTL" help --man >"$made"
diff -u "$page" "$made" || fail "docs/consentctl.1 is not what the tool says; run consentctl help --man > docs/consentctl.1"

common=$(sed -n '/^\.Sh COMMON/,/^\.Sh COMMANDS/p' "$made")
commands=0
while read -r first rest; do
    name="$first ${rest%% *}"
    # shellcheck disable=SC2086 # two words
    if [[ ! $name =~ ^[a-z\ ]+$ ]] || ! "$CONSENTCTL" help $name 2>/dev/null | grep "^usage: consentctl $name" >/dev/null; then
        name=$first
    fi
    part=$(awk -v name="$name" '/^\.S[sh] / { inside = index($0 " ", ".Ss " name " ") == 1 } inside' "$made")
    [[ -n $part ]] || fail "there is no section for $name"
    commands=$((commands + 1))
    # shellcheck disable=SC2086 # two words
    while read -r option; do
        grep -qE "^\.It (Fl . , )?Fl $option( |\$)" <<<"$part$common" || fail "-$option is missing in the section of $name"
    done < <("$CONSENTCTL" help $name | sed -n 's/^  ..  *-\(-[a-z-]*\).*/\1/p')
done < <("$CONSENTCTL" help | sed -n 's/^  //p')
[[ $commands -ge 26 ]] || fail "help lists only $commands commands"

if command -v groff >/dev/null; then
    complaints=$(groff -mdoc -Tutf8 -ww -z "$made" 2>&1) || true
    [[ -z $complaints ]] || fail "groff says: $complaints"
fi
echo "manual: ok, $commands commands"
