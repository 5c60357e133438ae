#!/usr/bin/env bash
# Runs a command beside a backend that was set up for it: its address and folder come behind the command's own arguments.
# Usage: with_backend.sh COMMAND..., with CONSENTD, CONSENTCTL and CONSENT_SOURCE_DIR set.
set -euo pipefail
work=$(mktemp -d)
server=""
cleanup() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() {
    printf '%s\n' "$*" >&2
    cat "$work/out" "$work/data/log" "$work/data/setup.log" >&2 2>/dev/null || true
    exit 1
}
PATH="$(dirname "$CONSENTD"):$(dirname "$CONSENTCTL"):$PATH"

: >"$work/out" # there before it is looked at
"$CONSENT_SOURCE_DIR/examples/backend/run" --port 0 --data "$work/data" >"$work/out" 2>&1 &
server=$!
url=""
for _ in $(seq 600); do
    url=$(sed -n 's#.*serving on https://[^:]*#https://localhost#p' "$work/out")
    [[ -z $url ]] || break
    kill -0 "$server" 2>/dev/null || fail "the backend ended before it served"
    sleep 0.1
done
[[ -n $url ]] || fail "the backend did not serve within a minute"
"$@" "$url" "$work/data" || fail "$1 failed beside the backend"
