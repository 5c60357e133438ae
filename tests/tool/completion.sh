#!/usr/bin/env bash
# What bash offers behind each beginning of a line; with the argument zsh, that zsh takes its script. Both scripts come from
# the command table.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir folder
touch file.jsonl

fail() {
    echo "failed: $*" >&2
    exit 1
}

if [[ ${1:-bash} == zsh ]]; then
    command -v zsh >/dev/null || { echo "skip: zsh is not installed" && exit 77; }
    "$CONSENTCTL" completion zsh >_consentctl
    zsh -n _consentctl || fail "zsh cannot read its script"
    # shellcheck disable=SC2016 # zsh's own
    zsh -fc 'compdef() { bound="$1 $2" }; source ./_consentctl; [[ $bound == "_consentctl consentctl" ]]' ||
        fail "zsh binds nothing to consentctl"
    echo "completion: ok for zsh"
    exit 0
fi
"$CONSENTCTL" completion bash >consentctl.bash
# shellcheck disable=SC1091 # made above
source ./consentctl.bash
complete -p consentctl | grep -q -- '-F _consentctl consentctl' || fail "nothing is bound to consentctl"
compopt() { :; } # outside a real completion it only complains

# offers WANTED WORD...: what is offered for the last word, in any order.
offers() {
    local wanted=$1 got
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _consentctl
    got=$(printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' ' ')
    wanted=$(tr ' ' '\n' <<<"$wanted" | LC_ALL=C sort | tr '\n' ' ')
    [[ $got == "$wanted" ]] || fail "behind \"$*\" came: $got; not: $wanted"
}
offers 'policy permission' consentctl p
offers 'new public' consentctl key ''
offers 'sign show' consentctl policy s
offers 'key' consentctl help k
offers 'new' consentctl help key n
offers '--explain' consentctl run --e
offers 'zh en' consentctl run --explain ''
offers 'always auto' consentctl check --color a
offers 'never' consentctl check --color = n
offers 'zh en' consentctl run --explain =
offers 'folder' consentctl policy build f
offers 'file.jsonl folder' consentctl run f
offers 'folder' consentctl health --home f
offers 'file.jsonl folder' consentctl policy build folder -o f
offers '' consentctl policy new --id ''
offers 'first_run' consentctl form first
offers 'bash zsh' consentctl completion ''
offers 'guardian' consentctl request open access --by g
offers 'delete' consentctl request open d
offers 'done done_backup done_live' consentctl request update 7 d
offers '' consentctl nothing ''

# Every command and every option that help tells of is offered.
while read -r first rest; do
    COMP_WORDS=(consentctl "$first") COMP_CWORD=1 COMPREPLY=()
    _consentctl
    [[ " ${COMPREPLY[*]} " == *" $first "* ]] || fail "$first is not offered"
    words=(consentctl "$first")
    "$CONSENTCTL" help "$first" "${rest%% *}" >one 2>/dev/null || "$CONSENTCTL" help "$first" >one
    [[ ! $rest =~ ^[a-z] ]] || ! grep -q "^usage: consentctl $first ${rest%% *}" one || words+=("${rest%% *}")
    grep -q -- --help one || fail "$first $rest has no help"
    COMP_WORDS=("${words[@]}" --) COMP_CWORD=${#words[@]} COMPREPLY=()
    _consentctl
    while read -r option; do
        [[ " ${COMPREPLY[*]} " == *" $option "* ]] || fail "$option is not offered behind ${words[*]}"
    done < <(sed -n 's/^  ..  *\(--[a-z-]*\).*/\1/p' one)
done < <("$CONSENTCTL" help | sed -n 's/^  //p')

echo "completion: ok"
