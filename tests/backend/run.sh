#!/usr/bin/env bash
# What `./dev backend` runs: from nothing to a backend that is ready, without anything by hand and without a network.
# Usage: run.sh, with CONSENTD, CONSENTCTL and CONSENT_SOURCE_DIR set.
set -euo pipefail
# shellcheck source=tests/backend/serving.sh
source "$CONSENT_SOURCE_DIR/tests/backend/serving.sh"

ask() { curl -sS --fail --noproxy '*' --cacert "$work/data/ca.pem" "$@"; }

begin
ask "$url/readyz" | grep -q '"ready":true' || fail "it is not ready"
ask "$url/v1/policies/head?id=platform" >"$work/head"
ask "$url/v1/keys" >"$work/keys"
[[ -s $work/head && -s $work/keys ]] || fail "head statement or key set is missing"
for name in platform hotel dining tickets coupons goods; do
    ask -H "Authorization: Bearer $(cat "$work/data/offline/reader.token")" "$url/v1/admin/policies" |
        grep -q "\"id\":\"$name\"" || fail "the policy $name was not published"
done
grep -q "$(cat "$work/data/offline/support.token")" "$work/out" || fail "the token was not told"
[[ $(stat -c %a "$work/data/secret") == 600 ]] || fail "the secret is open to others"
profile=$("$CONSENTD" profile --account demo)
token=$(cat "$work/data/offline/demo.token")
status=$(curl -sS --noproxy '*' --cacert "$work/data/ca.pem" -o "$work/answer" -w '%{http_code}' \
    -H "Authorization: Bearer $token" "$url/v1/profiles/$profile/events")
[[ $status == 404 ]] || fail "the account's token does not open its profile: $status"
end
begin # once more, over the same folder
ask "$url/readyz" | grep -q '"ready":true' || fail "it is not ready the second time"
end
