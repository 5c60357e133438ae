#!/usr/bin/env bash
# Follows a guide of docs/ by the letter, in an empty folder: saves each file where the text says, types each ```sh block, and
# expects of each ```text block behind it every line, in order, in what came out. A block whose commands end with another
# status than 0 says so: ```sh status=1. Usage: authoring_guide.sh GUIDE
set -euo pipefail
guide=$CONSENT_SOURCE_DIR/docs/$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin" "$dir/work"
ln -s "$CONSENTCTL" "$dir/bin/consentctl"
PATH=$dir/bin:$PATH HOME=$dir/work COLUMNS=100
export PATH HOME COLUMNS
unset NO_COLOR
cd "$dir/work"

fail() {
    echo "failed: $1:$2" >&2
    [[ ! -e $dir/out ]] || sed 's/^/  | /' "$dir/out" >&2
    exit 1
}

save() { # FILE LINE: what stands in $dir/block
    grep -qF "\`$1\`" <<<"$said" || fail "$guide" "$2: the text before the block does not name $1"
    mkdir -p "$(dirname "$1")"
    cp "$dir/block" "$1"
}

run() { # STATUS LINE
    local got=0
    bash -euo pipefail "$dir/block" >"$dir/out" 2>&1 </dev/null || got=$?
    [[ $got == "$1" ]] || fail "$guide" "$2: the commands ended with $got, not $1"
    ran=$((ran + 1))
}

# Every line, without its surrounding blanks, in this order; a line of "…" stands for any lines.
came_out() { # LINE
    local wanted at=0 found
    while read -r wanted; do
        [[ -n $wanted && $wanted != … ]] || continue
        found=$(tail -n +$((at + 1)) "$dir/out" | grep -nF -m 1 -- "$wanted" | cut -d : -f 1) ||
            fail "$guide" "$1: this did not come out: $wanted"
        at=$((at + found))
    done <"$dir/block"
    seen=$((seen + 1))
}

ran=0 seen=0 number=0 said='' kind='' typed=''
while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ -z $kind && $line == '```'?* ]]; then
        kind=${line#'```'} began=$number
        : >"$dir/block"
    elif [[ -n $kind && $line == '```' ]]; then
        case $kind in
        sh) run 0 "$began" ;;
        sh\ status=*) run "${kind#*=}" "$began" ;;
        text) came_out "$began" ;;
        *\ file=*) save "${kind#*file=}" "$began" ;;
        esac
        [[ $kind != sh* ]] || typed+=$(cat "$dir/block")$'\n'
        kind='' said=''
    elif [[ -n $kind ]]; then
        printf '%s\n' "$line" >>"$dir/block"
    else
        said+=$line$'\n'
    fi
done <"$guide"
[[ -z $kind ]] || fail "$guide" "$began: the block has no end"

for command in 'policy new' 'policy lint' 'policy show' 'policy build' 'policy keyset' 'policy sign' 'policy verify' \
    'policy diff' 'key new' 'key public' run; do
    grep -q "^consentctl $command" <<<"$typed" || fail "$guide" "1: the guide never types consentctl $command"
done
echo "$1: $ran blocks typed, $seen outputs as written"
