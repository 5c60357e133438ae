#!/usr/bin/env bash
# Sourced by scripts that want a backend set up from nothing: begin sets $url and $server, end stops it, fail says why and stops all. Their
# files lie in $work, the backend's folder is $work/data. CONSENTD, CONSENTCTL and CONSENT_SOURCE_DIR are set by the caller.
work=$(mktemp -d)
server="" url=""
cleanup() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() {
    printf '%s\n' "$*" >&2
    tail -n 40 "$work/out" "$work/said" "$work/data/log" "$work/data/setup.log" >&2 2>/dev/null || true
    exit 1
}
PATH="$(dirname "$CONSENTD"):$(dirname "$CONSENTCTL"):$PATH"

begin() {
    : >"$work/out" # there before it is looked at
    "$CONSENT_SOURCE_DIR/examples/backend/run" --port 0 --data "$work/data" >"$work/out" 2>&1 &
    server=$!
    for _ in $(seq 600); do
        url=$(sed -n 's#.*serving on https://[^:]*#https://localhost#p' "$work/out")
        [[ -z $url ]] || return 0
        kill -0 "$server" 2>/dev/null || fail "the backend ended before it served"
        sleep 0.1
    done
    fail "the backend did not serve within a minute"
}
end() {
    kill -TERM "$server"
    wait "$server" || fail "the backend did not end in order"
    server=""
}
