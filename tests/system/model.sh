#!/usr/bin/env bash
# Checks docs/model/sync.pml in every interleaving, and that the model finds each fault that can be built into it.
set -euo pipefail
command -v spin >/dev/null || { echo "skip: spin is not installed"; exit 77; }
command -v gcc >/dev/null || { echo "skip: gcc is not installed"; exit 77; }
model=${CONSENT_SOURCE_DIR:?}/docs/model/sync.pml
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# Prints the number of errors that an exhaustive search finds.
errors() { # [-DFAULT]
    rm -f pan pan.*
    spin "$@" -a "$model" >spin.log 2>&1 || { cat spin.log >&2; return 1; }
    gcc -O1 -w -DSAFETY -DCOLLAPSE -DMEMLIM=1500 -DVECTORSZ=2048 -o pan pan.c
    ./pan -m100000 >pan.log 2>&1 || { cat pan.log >&2; return 1; }
    grep -q 'max search depth too small' pan.log && { echo "the search was cut off" >&2; return 1; }
    sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log
}

found=$(errors)
[[ $found == 0 ]] || { cat pan.log; echo "model: $found errors"; exit 1; }
printf 'model: no error in %s states\n' "$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log | head -n 1)"
for fault in SEEN_BY_RECEIPT SEEN_AT_SUBMIT ACKED_WHEN_SENT STORED_AGAIN GAP_MERGED; do
    found=$(errors "-D$fault")
    [[ $found != 0 ]] || { echo "the model did not notice $fault"; exit 1; }
    echo "model: $fault is noticed"
done
