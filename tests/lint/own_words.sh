#!/usr/bin/env bash
# No run of 16 Chinese characters is copied from the source policy, where its text is at hand. Usage: own_words.sh ROOT
set -euo pipefail
cd "$1"
source=$(find ../shared/seed -name '*.txt' 2>/dev/null | head -n 1 || true)
if [[ -z $source ]]; then
    echo "skip: the source policy is not beside the project"
    exit 77
fi
# Every run of 16 in the files named on standard input, however it is aligned; such a character has 3 bytes.
runs_of_16() {
    { xargs -0 -r env LC_ALL=C.UTF-8 grep -IohP '[\x{4e00}-\x{9fff}]{16,}' || true; } |
        LC_ALL=C awk '{ for (at = 1; at + 47 <= length($0); at += 3) print substr($0, at, 48) }' | LC_ALL=C sort -u
}
project_files() { find . \( -path ./.git -o -path ./build \) -prune -o -type f -print0; }
copied=$(LC_ALL=C comm -12 <(printf '%s\0' "$source" | runs_of_16) <(project_files | runs_of_16))
[[ -n $copied ]] || exit 0
echo "words of the source policy stand in the project (say it in other words):"
head -n 10 <<<"$copied" | while read -r run; do grep -rnIF --exclude-dir=.git --exclude-dir=build -m 1 -e "$run" . | cut -c1-200; done
exit 1
