# shellcheck shell=bash
# What the sweeps of this directory share: a scratch directory that goes at the end, mounts that are undone, and one line a
# sweep: "sweep: NAME: P points, T tries, V violations". A sweep that tried less than its floor fails too.
set -uo pipefail
driver=${SYSTEM_DRIVER:?names the driver program}
scratch=$(mktemp -d)
mounts=()
sweep_status=0

cleanup() {
    local at
    for ((at = ${#mounts[@]} - 1; at >= 0; at--)); do umount -l "${mounts[at]}" 2>/dev/null; done
    rm -rf "$scratch"
}
trap cleanup EXIT

skip() { # REASON
    printf 'skip: %s\n' "$1"
    exit 77
}

sweep_line() { # NAME POINTS TRIES VIOLATIONS FLOOR
    printf 'sweep: %s: %d points, %d tries, %d violations\n' "$1" "$2" "$3" "$4"
    [[ $4 == 0 ]] || sweep_status=1
    if (($3 < $5)); then
        printf 'violation: %s tried %d cases, fewer than the %d it once did\n' "$1" "$3" "$5"
        sweep_status=1
    fi
}

# A mount that cleanup undoes; what cannot be mounted here is the caller's to skip.
mount_at() { # DIRECTORY MOUNT-ARGUMENT...
    local at=$1
    shift
    mkdir -p "$at" && mount "$@" "$at" 2>/dev/null || return 1
    mounts+=("$at")
}

unmount() { # DIRECTORY
    local at kept=()
    umount "$1" || return 1
    for at in "${mounts[@]}"; do [[ $at == "$1" ]] || kept+=("$at"); done
    mounts=("${kept[@]}")
}

# A small file system in a file, mounted.
make_disk() { # ext4|btrfs DIRECTORY IMAGE SIZE
    command -v "mkfs.$1" >/dev/null && truncate -s "$4" "$3" && "mkfs.$1" -q "$3" >/dev/null 2>&1 && mount_at "$2" -o loop "$3"
}
