#!/usr/bin/env bash
# What a newcomer mistypes: one line on standard error that says what to do, the right status, nothing made by the way.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/work"
cd "$dir/work"
"$CONSENTCTL" policy new shop --id shop >/dev/null
printf '{"scenario": "one"}\n{"say": "two"}\n' >lines.jsonl

fail() {
    echo "failed: $*" >&2
    exit 1
}
# expect STATUS PATTERN COMMAND...: that exit status, one line on standard error that holds PATTERN, nothing on standard output.
expect() {
    local status=$1 pattern=$2 got=0
    shift 2
    "$CONSENTCTL" "$@" >"$dir/out" 2>"$dir/err" </dev/null || got=$?
    [[ $got == "$status" ]] || fail "$* ended with $got, not $status: $(cat "$dir/err")"
    [[ $(wc -l <"$dir/err") == 1 ]] || fail "$* did not say one line: $(cat "$dir/err")"
    grep -qF -- "$pattern" "$dir/err" || fail "$* said: $(cat "$dir/err")"
    [[ ! -s $dir/out ]] || fail "$* printed: $(cat "$dir/out")"
}

# ---- help is where one looks for it ----
for words in 'help policy' 'policy --help' 'policy -h'; do
    # shellcheck disable=SC2086 # words
    "$CONSENTCTL" $words >"$dir/out" || fail "$words ended with $?"
    grep -q '^  policy sign ' "$dir/out" || fail "$words does not list the commands"
    ! grep -q '^  ledger ' "$dir/out" || fail "$words lists other commands too"
done
"$CONSENTCTL" help form | grep -q 'OCCASION: .*first_run' || fail "help form does not list the occasions"
"$CONSENTCTL" help help | grep -q '^usage: consentctl COMMAND' || fail "help help"
while read -r first rest; do
    "$CONSENTCTL" help "$first" "${rest%% *}" >/dev/null 2>&1 || "$CONSENTCTL" "$first" --help >/dev/null ||
        fail "there is no help for $first $rest"
done < <("$CONSENTCTL" help | sed -n 's/^  //p')

# ---- misuse ----
expect 2 'there is no command "nope"; consentctl help' nope
expect 2 'consentctl help policy lists them' policy
expect 2 'there is no command "policy nope"' policy nope
expect 2 'there is no command "nope"' help nope
expect 2 'no folder was named' policy lint
expect 2 'write consentctl form OCCASION' form
expect 2 'there is no option --colour' check --colour x
expect 2 'write --id ID' policy new z --id
expect 2 'bash or zsh' completion fish
expect 2 'no occasion "foo"; consentctl help form' form foo --home shop

# ---- the wrong thing in the right place ----
expect 1 'shop/policy.json was no folder' policy lint shop/policy.json
expect 1 'shop/policy.json was no folder' policy build shop/policy.json -o made
expect 1 'was no bundle and no policy folder' policy show shop/policy.json
expect 1 'was no bundle and no policy folder' policy show lines.jsonl
expect 1 'that is no key file' key public lines.jsonl
expect 1 'that is no key file' policy verify lines.jsonl --root lines.jsonl
expect 1 'Is a directory' key public shop
expect 1 'Is a directory' run shop
expect 2 'policy.json:1' run shop/policy.json

# ---- a store that is not there: said, not made ----
for words in 'check --purpose x' 'withdraw --purpose x' 'policy list' 'policy text shop' 'health' 'ledger show' 'form first_run' \
    'permission observe x granted'; do
    # shellcheck disable=SC2086 # words
    expect 1 'there was no consent store nowhere' $words --home nowhere
done
[[ $(ls) == $'lines.jsonl\nshop' ]] || fail "something was made: $(ls)"
mkdir empty
[[ $("$CONSENTCTL" policy list --home empty) == 'no policy is installed' ]] || fail "an empty store lists nothing"
echo "first steps: ok"
