#!/usr/bin/env bash
# modules.sh must see each kind of breach. Usage: modules_selftest.sh ROOT
set -euo pipefail
root=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests/lint" "$tree/src/base" "$tree/src/policy" "$tree/src/crypto"
cp "$root/tests/lint/modules.txt" "$tree/tests/lint/"
check() { bash "$root/tests/lint/modules.sh" "$tree"; }
refuses() { # FILE LINE
    printf '%s\n' "$2" >"$tree/src/$1"
    if check >/dev/null; then
        echo "not seen: $1 with $2"
        exit 1
    fi
    rm "$tree/src/$1"
}
printf '#include "policy/policy.h"\n#include "json/json.h"\n#include <stdio.h>\n' >"$tree/src/policy/fine.c"
printf '#include <psa/crypto.h>\n' >"$tree/src/crypto/crypto.c"
check
refuses base/a.c '#include "policy/policy.h"'
refuses policy/a.c '#  include "platform/platform.h"'
refuses policy/a.c '#include "../base/base.h"'
refuses policy/a.c '#include <psa/crypto.h>'
refuses policy/a.h '#include <cjson/cJSON.h>'
mkdir "$tree/src/stray"
refuses stray/a.c '#include <stdio.h>'
