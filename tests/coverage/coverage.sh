#!/usr/bin/env bash
# What proves each item of the source policy, C1 to C170: prints it and writes docs/coverage.md. Usage: coverage.sh ROOT [--check | --complete | --tags]
# Status 0: every item has a proof, every third a mutation; 1: some lack one; 2: a tag that cannot be. --check writes nothing
# and also fails when docs/coverage.md is not what would be written; --complete writes nothing and does not look at it. --tags is
# about the tags alone: what is lacking is fine.
set -euo pipefail
export LC_ALL=C # one order of files everywhere
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) mode=${2:-} status=0
cd "$1"
document=$(mktemp)
trap 'rm -f "$document"' EXIT
mapfile -d '' -t files < <(
    printf '%s\0' tests/coverage/items.txt tests/scenarios/CMakeLists.txt
    find tests/scenarios -name '*.jsonl' -print0 | sort -z
    find tests -name '*.c' -print0 | sort -z
    find tests/mutations -name 'c[0-9][0-9][0-9]-*.patch' -print0 | sort -z
)
awk -v document="$document" -f "$here/coverage.awk" "${files[@]}" || status=$?
[[ $status -lt 2 ]] || exit 2
case $mode in
--tags) status=0 ;;
--complete) ;;
--check)
    if ! cmp -s "$document" docs/coverage.md; then
        echo "docs/coverage.md is not current: run ./dev coverage and commit it"
        status=1
    fi
    ;;
*) cp "$document" docs/coverage.md ;;
esac
exit "$status"
