#!/usr/bin/env bash
# The demo plays itself to its end, and shows the form in Chinese with its emphasis.
set -euo pipefail
out=$("$CONSENT_SOURCE_DIR/examples/demo/run" --yes --color=always </dev/null)
[[ $(tail -n 1 <<<"$out") == "demo: ok" ]]
grep -q $'\033\[1;4m敏感个人信息' <<<"$out"
