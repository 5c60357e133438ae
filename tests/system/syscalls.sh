#!/usr/bin/env bash
# shellcheck disable=SC2317 # xargs calls the functions
# Fails, shortens, or ends the process at, every single system call of the journey that reaches the disk, one after the other,
# until the journey runs clean; after each a new process checks what must hold. Needs strace.
# shellcheck source=tests/system/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
command -v strace >/dev/null || skip "strace is not installed"
strace -o /dev/null -e trace=none true 2>/dev/null || skip "this machine does not let processes be traced"

# Calls whose number the kind of machine decides are left out where the driver never makes them.
readonly calls=(write pwrite64 pread64 fdatasync fsync rename renameat renameat2 ftruncate openat unlinkat fallocate flock)
readonly kinds=(EIO EIO+ kill)
readonly taking_space=(pwrite64 fdatasync fsync openat fallocate)

injection() { # KIND N
    case $1 in
    kill) echo "signal=SIGKILL:when=$2" ;;
    short0) echo "retval=0:when=$2" ;;
    lying) echo "retval=1:when=$2" ;;
    *+) echo "error=${1%+}:when=$2+" ;;
    *) echo "error=$1:when=$2" ;;
    esac
}

# One call and kind, n from the first call behind the loader's. Prints "CALL KIND points violations".
sweep_one() { # CALL KIND
    local call=$1 kind=$2 dir n first violations=0 mode=""
    dir=$(mktemp -d "$scratch/run.XXXXXX")
    first=$(strace -e trace="$call" -o /dev/stdout "$driver" nothing | grep -c "^$call(")
    [[ $kind != lying ]] || mode=lying
    for ((n = first + 1; ; n++)); do
        rm -rf "${dir:?}/home" "$dir/acks"
        { strace -o "$dir/log" -e trace="$call" -e inject="$call:$(injection "$kind" "$n")" \
            "$driver" scenario "$dir/home" "$dir/acks" >"$dir/out" 2>&1; } 2>/dev/null # "Killed" is no news
        if grep -q "terminated by\|killed by SIG[^K]" "$dir/log"; then
            printf 'violation: %s %s at call %d: the process crashed\n' "$call" "$kind" "$n" >&2
            violations=$((violations + 1))
        fi
        grep -q 'INJECTED\|killed by SIGKILL' "$dir/log" || break
        # shellcheck disable=SC2086 # empty or one word
        if ! timeout 60 "$driver" check "$dir/home" "$dir/acks" $mode >"$dir/check" 2>&1; then
            sed "s/^/$call $kind at call $n: /" "$dir/check" "$dir/out" >&2
            violations=$((violations + 1))
        fi
    done
    rm -rf "$dir"
    echo "$call $kind $((n - first - 1)) $violations"
}
export -f sweep_one injection
export driver scratch

jobs_of() {
    local call kind
    for call in "${calls[@]}"; do
        for kind in "${kinds[@]}"; do echo "$call $kind"; done
    done
    for call in "${taking_space[@]}"; do printf '%s ENOSPC\n%s ENOSPC+\n' "$call" "$call"; done
    printf 'pwrite64 short0\npwrite64 lying\npread64 short0\n'
}

jobs_of | xargs -P "$(nproc)" -L 1 bash -c 'sweep_one "$@"' sweep >"$scratch/results"

tries=0 violations=0 points=0
while read -r call kind count bad; do
    ((count == 0)) || printf 'strace %-10s %-8s %4d calls, %d violations\n' "$call" "$kind" "$count" "$bad"
    tries=$((tries + count)) violations=$((violations + bad))
    [[ $kind != kill ]] || points=$((points + count))
done < <(sort "$scratch/results")
sweep_line "system calls (strace)" "$points" "$tries" "$violations" "${FLOOR:-1000}"
exit "$sweep_status"
