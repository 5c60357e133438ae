#!/usr/bin/env bash
# A thousand rounds of kill -9, on the file system of the temporary directory.
# shellcheck source=tests/system/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
timeout 240 "${SYSTEM_KILLS:?names the program}" "$scratch" 1000
