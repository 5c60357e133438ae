#!/usr/bin/env bash
# Runs the Swift smoke program on a policy made for it. Usage: smoke.sh SAMPLE_BUNDLE SMOKE
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" "$dir"
"$2" "$dir"
