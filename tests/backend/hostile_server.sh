#!/usr/bin/env bash
# A server that means ill: whatever it answers, nothing is acknowledged, nothing is followed, and the device gives up in time.
# Usage: hostile_server.sh, with CONSENTCTL and CONSENT_SOURCE_DIR set.
set -euo pipefail
command -v python3 >/dev/null || {
    echo "skip: no python3"
    exit 77
}
work=$(mktemp -d)
servers=()
cleanup() {
    [[ ${#servers[@]} == 0 ]] || kill "${servers[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
fail() {
    printf '%s\n' "$*" >&2
    cat "$work/said" >&2 2>/dev/null || true
    exit 1
}
cd "$work"
"$CONSENT_SOURCE_DIR/examples/backend/certificate" "$work" localhost 2>/dev/null
# One that ends at once, by the same authority.
openssl req -new -key server.key -subj /CN=localhost -out late.csr
openssl x509 -req -in late.csr -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days 0 -out late.pem \
    -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') 2>/dev/null

"$CONSENTCTL" key new root.key >/dev/null
"$CONSENTCTL" key new publisher.key >/dev/null
"$CONSENTCTL" key new receipts.key >/dev/null
for key in root publisher receipts; do "$CONSENTCTL" key public $key.key -o $key.pub >/dev/null; done
"$CONSENTCTL" policy build "$CONSENT_SOURCE_DIR/examples/policy/platform" -o unsigned >/dev/null
"$CONSENTCTL" policy keyset --root root.key --publisher publisher.pub --receipts receipts.pub -o keys.jws >/dev/null
"$CONSENTCTL" policy sign unsigned --key publisher.key --keys keys.jws -o bundle >/dev/null
mkdir home
on() { "$CONSENTCTL" "$@" --home home --profile demo; }
"$CONSENTCTL" policy install bundle --root root.pub --home home >/dev/null
on form first_run --answer "tick=on, accept" >/dev/null
echo token >token

serve() { # CERTIFICATE OUTPUT
    python3 "$CONSENT_SOURCE_DIR/tests/backend/hostile_server.py" "$1" server.key >"$2" 2>/dev/null &
    servers+=($!)
    for _ in $(seq 100); do
        [[ -s $2 ]] && return 0
        sleep 0.1
    done
    fail "the server did not start"
}
serve server.pem port
serve late.pem late_port
url=https://localhost:$(head -1 port)

# refused KIND URL CA TIMEOUT: fails as the network's fault, within the time and some.
refused() {
    local began=$SECONDS status=0
    on sync --json --endpoint "$2" --root root.pub --ca "$3" --token-file token --timeout "$4" >said 2>&1 || status=$?
    [[ $status == 1 ]] || fail "$1: ended with $status"
    [[ $((SECONDS - began)) -le $(($4 + 5)) ]] || fail "$1: took $((SECONDS - began)) seconds"
    grep -q '"sent":0' said || fail "$1: something was acknowledged"
}
for kind in truncated huge endless bomb redirect headers empty html gone; do
    refused "$kind" "$url/$kind" ca.pem 30
    grep -q '"status":"NETWORK"' said || fail "$kind: not told as the network's fault"
done
for kind in slow silent; do refused "$kind" "$url/$kind" ca.pem 2; done
grep -q FOLLOWED port && fail "a redirect was followed, or a cookie sent back"
refused "another authority" "$url/empty" root.pub 10
refused "another host" "https://127.0.0.2:$(head -1 port)/empty" ca.pem 10
sleep 1.2
refused "a certificate past its time" "https://localhost:$(head -1 late_port)/empty" ca.pem 10
grep -q '"clock_suspect":true' said || fail "the clock was not suspected"
on sync status >said
grep -q '"waiting":[1-9]' said || fail "acts were lost"
grep -q '"acknowledged":0' said || fail "acts were acknowledged"
echo "hostile server: ok"
