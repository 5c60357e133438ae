#!/usr/bin/env bash
# The Java binding's library exports JNI_OnLoad and nothing else. Usage: symbols.sh NM LIBRARY
set -euo pipefail
exported=$("$1" -D --defined-only "$2" | awk '$2 ~ /[TDBRWV]/ { print $3 }' | grep -vx _init | grep -vx _fini || true)
[[ $exported == JNI_OnLoad ]] && exit 0
printf 'exported besides, or instead of, JNI_OnLoad:\n%s\n' "$exported"
exit 1
