#!/usr/bin/env bash
# Two devices of one account, a real backend, real TLS: what one refuses the other does not do; and a copy proved offline.
# Usage: two_devices.sh, with CONSENTD, CONSENTCTL and CONSENT_SOURCE_DIR set.
set -euo pipefail
# shellcheck source=tests/backend/serving.sh
source "$CONSENT_SOURCE_DIR/tests/backend/serving.sh"
data=$work/data
begin

on() { # DEVICE COMMAND...
    local device=$1
    shift
    consentctl "$@" --home "$work/$device" --profile demo >"$work/said" 2>&1
}
sync() { # DEVICE [OPTION...]
    local device=$1
    shift
    on "$device" sync --json --endpoint "$url" --root "$data/root.pub" --ca "$data/ca.pem" \
        --token-file "$data/offline/demo.token" "$@"
}
says() { grep -q -- "$1" "$work/said" || fail "$2: $(cat "$work/said")"; }
share=(--purpose pay.share --recipient pay-jia --data pay-order)

for device in phone tablet; do
    mkdir "$work/$device"
    consentctl policy install "$data/offline/platform.bundle" --root "$data/root.pub" --home "$work/$device" >/dev/null
done
sync phone || fail "a sync before the acceptance failed"
says '"requests":0' "something left before the acceptance"
for device in phone tablet; do
    on "$device" form first_run --answer "tick=on, accept" || fail "no acceptance: $(cat "$work/said")"
done
on phone form separate "${share[@]}" --answer accept || fail "no consent: $(cat "$work/said")"
sync phone || fail "the phone's sync failed: $(cat "$work/said")"
says '"waiting":0' "acts are left"
sync phone || fail "the phone's second sync failed"
says '"sent":0' "acts went twice"

# The tablet refuses without having seen the phone's yes.
on tablet withdraw "${share[@]}" || fail "no withdrawal"
sync tablet || fail "the tablet's sync failed: $(cat "$work/said")"
sync phone || fail "the phone's third sync failed: $(cat "$work/said")"
says '"received":[1-9]' "the tablet's acts did not come"
on phone check "${share[@]}" && fail "the phone allows what the tablet refused"
on tablet check "${share[@]}" && fail "the tablet allows what it refused"

# A certificate of an authority that nobody named, a wrong host, no TLS: not a byte of it counts.
sync phone --ca "$data/root.pub" && fail "a sync without the authority went through"
on phone sync --endpoint "http://${url#https://}" --root "$data/root.pub" && fail "a sync without TLS went through"
on phone sync --endpoint "${url/localhost/127.0.0.2}" --root "$data/root.pub" --ca "$data/ca.pem" \
    --token-file "$data/offline/demo.token" && fail "a sync with another host went through"

# Offline again: the copy proves itself.
end
on phone ledger export --output "$work/copy.json" || fail "no copy"
consentctl receipt verify "$work/copy.json" --keys "$data/offline/keys.jws" --root "$data/root.pub" >"$work/said" ||
    fail "the receipts do not prove the copy"
says "receipts cover" "nothing was proved"
sed -i 's/"bytes":"C/"bytes":"D/' "$work/copy.json"
consentctl receipt verify "$work/copy.json" --keys "$data/offline/keys.jws" --root "$data/root.pub" >/dev/null 2>&1 &&
    fail "a changed copy was proved"
sync phone && fail "a sync without a backend went through"
on phone sync status || fail "no status"
says '"failures":[1-9]' "the failure was not counted"
echo "two devices: ok"
