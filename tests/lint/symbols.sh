#!/usr/bin/env bash
# The shared libraries together export exactly the functions that the public headers declare; under the private version, what
# src/private.symbols names. Usage: symbols.sh ROOT NM LIBRARY...
set -euo pipefail
root=$1 nm=$2
shift 2
declared=$(cat "$root"/include/consent/*.h | tr '\n' ' ' | sed 's|/\*|\n/*|g; s|\*/|*/\n|g' | grep -v '^/\*' | tr '\n' ' ' |
    tr ';{}' '\n' | grep -w CONSENT_API | grep -v '#define' | grep -oE 'consent_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u)
all=$("$nm" -D --defined-only "$@" | awk '$2 ~ /[TDBRWV]/ { print $3 }')
exported=$(grep -v '@@CONSENT_PRIVATE_' <<<"$all" | sed 's/@.*//' | sort)
private=$(sed -n 's/@@CONSENT_PRIVATE_.*//p' <<<"$all" | sort)
if [[ $declared == "$exported" && $private == "$(grep '^cs_' "$root/src/private.symbols" | sort)" ]]; then
    exit 0
fi
echo "declared (-) and exported (+) differ:"
diff <(echo "$declared") <(echo "$exported") | sed -n 's/^</-/p; s/^>/+/p'
echo "named in src/private.symbols (-) and exported for the other libraries (+) differ:"
diff <(grep '^cs_' "$root/src/private.symbols" | sort) <(echo "$private") | sed -n 's/^</-/p; s/^>/+/p'
exit 1
