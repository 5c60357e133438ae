#!/usr/bin/env bash
# The README's first program is examples/quickstart/quickstart.c to the letter. Usage: readme.sh ROOT
set -euo pipefail
cd "$1"
if [[ ! -f examples/quickstart/quickstart.c ]]; then
    echo "skip: examples/quickstart/quickstart.c is not there"
    exit 77
fi
diff -u examples/quickstart/quickstart.c <(awk '/^```c$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md)
