#!/usr/bin/env bash
# Real disks that are too small, full, or turn read-only under load. Needs root and mount; what this machine cannot mount is
# named and left out.
# shellcheck source=tests/system/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[[ $(id -u) == 0 ]] || skip "mounting needs root"
mount_at "$scratch/try" -t tmpfs -o size=64k tmpfs || skip "this machine does not let file systems be mounted"
unmount "$scratch/try"

complain() { # NAME FILE
    sed "s/^/$1: /" "$2" >&2
}

# The journey on a disk of every size, then what must hold once there is room.
sweep_sizes() {
    local kib tries=0 violations=0 at="$scratch/small"
    for ((kib = 4; kib <= 640; kib += 4)); do
        mount_at "$at" -t tmpfs -o "size=${kib}k" tmpfs || break
        rm -f "$scratch/acks"
        "$driver" scenario "$at/home" "$scratch/acks" >"$scratch/out" 2>&1
        mount -o remount,size=16m "$at"
        if ! "$driver" check "$at/home" "$scratch/acks" >"$scratch/check" 2>&1; then
            complain "disk of $kib KiB" "$scratch/check"
            violations=$((violations + 1))
        fi
        unmount "$at"
        tries=$((tries + 1))
    done
    sweep_line "small disks (tmpfs)" "$tries" "$tries" "$violations" 160
}

# Somebody else fills the disk to the last byte.
fill() { # KIND DIRECTORY
    local violations=0
    mkdir "$2/mine" && rm -f "$scratch/acks"
    if ! "$driver" full "$2/mine/home" "$2/filler" "$scratch/acks" >"$scratch/out" 2>&1; then
        violations=1
        complain "full $1" "$scratch/out"
    fi
    grep '^full: ' "$scratch/out"
    sweep_line "full disk ($1)" 1 1 "$violations" 1
}

# The disk refuses every write from some moment on; then it is mounted again.
read_only() { # KIND DIRECTORY IMAGE HOW
    local violations=0 load
    rm -f "$scratch/acks"
    "$driver" prepare "$2/home" "$scratch/acks" >"$scratch/out" 2>&1 || violations=1
    if [[ $4 == abort ]]; then
        "$driver" load "$2/home" "$scratch/acks" >"$scratch/load" 2>&1 &
        load=$!
        while ! grep -q . "$2/home/shared.page" 2>/dev/null; do :; done
        sleep 0.5
        mount -o remount,abort "$2" 2>"$scratch/out" || violations=1
    else
        "$driver" load "$2/home" "$scratch/acks" reopening >"$scratch/load" 2>&1 &
        load=$!
        sleep 0.5
        # Only between two openings is no file open for writing.
        until mount -o remount,ro "$2" 2>/dev/null; do kill -0 "$load" 2>/dev/null || break; done
    fi
    wait "$load" || violations=$((violations + 1))
    cat "$scratch/load"
    "$driver" refused "$2/home" "$scratch/acks" >"$scratch/out" 2>&1 || violations=$((violations + 1))
    complain "read-only $1 ($4)" "$scratch/out"
    unmount "$2" && mount_at "$2" -o loop "$3" || violations=$((violations + 1))
    if ! "$driver" checkload "$2/home" "$scratch/acks" >"$scratch/check" 2>&1; then
        complain "read-only $1 ($4)" "$scratch/check"
        violations=$((violations + 1))
    fi
    sweep_line "read-only under load ($1, $4)" 1 1 "$violations" 1
}

sweep_sizes
if mount_at "$scratch/full-tmpfs" -t tmpfs -o size=2m tmpfs; then fill tmpfs "$scratch/full-tmpfs"; fi
for kind in ext4 btrfs; do
    if ! make_disk "$kind" "$scratch/$kind" "$scratch/$kind.img" "$([[ $kind == ext4 ]] && echo 24M || echo 120M)"; then
        printf 'left out: %s cannot be made or mounted here\n' "$kind"
        continue
    fi
    if [[ $kind == btrfs && $(printf '%s\n' 6.17 "$(uname -r)" | sort -V | head -n 1) != 6.17 ]]; then
        # There a store into any mapped page may end the process once the disk is full.
        printf 'left out: full disk (btrfs): this kernel cannot change a mapped page in place on a full btrfs\n'
    else
        fill "$kind" "$scratch/$kind"
    fi
    read_only "$kind" "$scratch/$kind" "$scratch/$kind.img" remount
    [[ $kind != ext4 ]] || {
        rm -rf "${scratch:?}/$kind/home"
        read_only "$kind" "$scratch/$kind" "$scratch/$kind.img" abort
    }
done
exit "$sweep_status"
