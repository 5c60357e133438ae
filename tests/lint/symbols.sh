#!/usr/bin/env bash
# The shared library exports exactly the functions that the public headers declare. Usage: symbols.sh ROOT NM LIBRARY
set -euo pipefail
root=$1 nm=$2 library=$3
declared=$(cat "$root"/include/consent/*.h | tr '\n' ' ' | sed 's|/\*|\n/*|g; s|\*/|*/\n|g' | grep -v '^/\*' | tr '\n' ' ' |
    tr ';{}' '\n' | grep -w CONSENT_API | grep -v '#define' | grep -oE 'consent_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u)
exported=$("$nm" -D --defined-only "$library" | awk '$2 ~ /[TDBRWV]/ { sub(/@.*/, "", $3); print $3 }' | sort -u)
if [[ $declared == "$exported" ]]; then
    exit 0
fi
echo "declared (-) and exported (+) differ:"
diff <(echo "$declared") <(echo "$exported") | sed -n 's/^</-/p; s/^>/+/p'
exit 1
