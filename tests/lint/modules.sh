#!/usr/bin/env bash
# Every #include under src/ obeys modules.txt. Usage: modules.sh ROOT
set -euo pipefail
root=$1
rules="$root/tests/lint/modules.txt"
cd "$root/src"
find . -mindepth 2 -name '*.[ch]' -printf '%P\n' | sort | xargs -r grep -HnE '^[[:space:]]*#[[:space:]]*include' /dev/null |
    awk -v rules="$rules" '
    function complain(text) { print where ": " text; bad++ }
    BEGIN {
        while ((getline line < rules) > 0) {
            sub(/#.*/, "", line)
            if (split(line, part, / *= */) == 2) { home[part[1]] = part[2]; continue }
            if (line !~ /:/) continue
            name = line; sub(/:.*/, "", name); sub(/^[^:]*:/, "", line)
            module[name] = 1
            count = split(line, allowed)
            for (i = 1; i <= count; i++) may[name, allowed[i]] = 1
        }
    }
    {
        split($0, field, ":")
        file = field[1]; where = "src/" file ":" field[2]
        own = file; sub(/\/.*/, "", own)
        files[file] = 1
        if (!(own in module)) { complain("modules.txt does not name the module " own); next }
        if (match($0, /"[^"]*"/)) {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            if (target ~ /\.\./) { complain("an include goes up with ..: name it from src/"); next }
            if (target !~ /\//) next # a file beside it
            sub(/\/.*/, "", target)
            if (target != own && !((own, target) in may)) complain("module " own " may not include " target)
        } else if (match($0, /<[^>]*>/)) {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            for (prefix in home)
                if (index(target, prefix) == 1 && index(file, home[prefix]) != 1)
                    complain("<" target "> has one home: src/" home[prefix])
        }
    }
    END { exit bad > 0 }'
