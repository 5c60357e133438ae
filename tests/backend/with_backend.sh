#!/usr/bin/env bash
# Runs a command beside a backend that was set up for it: its address and folder come behind the command's own arguments.
# Usage: with_backend.sh COMMAND..., with CONSENTD, CONSENTCTL and CONSENT_SOURCE_DIR set.
set -euo pipefail
# shellcheck source=tests/backend/serving.sh
source "$CONSENT_SOURCE_DIR/tests/backend/serving.sh"
begin
"$@" "$url" "$work/data" || fail "$1 failed beside the backend"
