#!/usr/bin/env bash
# Every C file stands in a CMakeLists.txt at or above it: none is forgotten. Usage: sources.sh ROOT
set -euo pipefail
cd "$1"
bad=0
while read -r file; do
    dir=$(dirname "$file") name=$(basename "$file") found=""
    while :; do
        if [[ -f $dir/CMakeLists.txt ]] && grep -qE "(^|[[:space:]/(\"])${name//./\\.}([[:space:])\"]|\$)" "$dir/CMakeLists.txt" &&
            grep -qF "${file#"$dir"/}" "$dir/CMakeLists.txt"; then
            found=yes
            break
        fi
        [[ $dir == . ]] && break
        dir=$(dirname "$dir")
    done
    if [[ -z $found ]]; then
        echo "$file: no CMakeLists.txt names it, so it is not built"
        bad=1
    fi
done < <(find src tests bindings examples bench -name '*.c' -not -path 'tests/package/*' 2>/dev/null | sort)
exit $bad
