#!/usr/bin/env bash
# coverage.sh must see each gap and each tag that cannot be, and pass what is complete. Usage: coverage_selftest.sh ROOT
set -euo pipefail
root=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/docs" "$tree/tests/coverage" "$tree/tests/scenarios" "$tree/tests/unit" "$tree/tests/mutations"
cp "$root/tests/coverage/items.txt" "$tree/tests/coverage/"
run() { bash "$root/tests/coverage/coverage.sh" "$tree" "$@" >"$tree/said" 2>&1; }
gives() { # STATUS SAID [ARGUMENT]: what the tree is, what must be said of it, how it is called
    local status=0
    run "${@:3}" || status=$?
    if [[ $status != "$1" ]] || ! grep -qF -- "$2" "$tree/said"; then
        echo "status $status where $1 and \"$2\" were expected:"
        cat "$tree/said"
        exit 1
    fi
}
test_file() { printf '%s\n' "$@" >"$tree/tests/unit/test_a.c"; }

# ---- complete: every item in one scenario but one in a C test; a patch for every third ----
echo 'foreach(name IN ITEMS 01_all)' >"$tree/tests/scenarios/CMakeLists.txt"
all() { # WITHOUT
    seq 170 | grep -vx "$1" | sed 's/.*/"C&"/' | paste -sd,
}
scenario() { printf '# a comment\n{"scenario": "The \\"whole\\"", "proves": [%s]}\n{"check": "a"}\n' "$1" >"$tree/tests/scenarios/01_all.jsonl"; }
scenario "$(all 45)"
test_file '/* C45: as it' ' * says */' 'static void it_holds(void **state)' '{' '}'
for number in $(seq 3 3 170); do
    printf '# removes: it\ntests: scenario_01_all test_a\n' >"$tree/tests/mutations/$(printf 'c%03d-it.patch' "$number")"
done
gives 0 "170 of 170 items proven, 0 without a proof; 0 mutations missing"
gives 0 "170 of 170" --check
grep -qF -- 'it_holds` ([test_a](../tests/unit/test_a.c))' "$tree/docs/coverage.md"
grep -qF -- 'scenario “The "whole"” ([01_all](../tests/scenarios/01_all.jsonl))' "$tree/docs/coverage.md"
sed -i 's/c045-it/c045-other/' "$tree/docs/coverage.md"
gives 1 "is not current" --check

# ---- gaps ----
test_file 'static void it_holds(void **state)' '{' '}'
gives 1 "no proof: C45"
gives 1 "no proof: C45" --complete
gives 0 "no proof: C45" --tags
scenario "$(all 109)"
gives 0 "169 of 170 items proven, 0 without a proof" # C109 may carry a reason
scenario "$(all 171)"
mv "$tree/tests/mutations/c045-it.patch" "$tree/tests/mutations/other-c045.patch"
gives 1 "divisible by 3 without a patch in tests/mutations: C45"
printf '# removes: it\ntests: test_a\n' >"$tree/tests/mutations/c045-it.patch"
gives 1 "the patch names no test that is tagged with the item: C45"
rm "$tree/tests/mutations/other-c045.patch"
printf '# removes: it\ntests: scenario_01_all\n' >"$tree/tests/mutations/c045-it.patch"
gives 0 "170 of 170"

# ---- tags that cannot be ----
scenario '"C12", "C171"'
gives 2 "01_all.jsonl:2: there is no item C171"
scenario "$(all 171)"
printf '{"scenario": "Unplayed", "proves": ["C1"]}\n' >"$tree/tests/scenarios/02_more.jsonl"
gives 2 "02_more.jsonl: not in tests/scenarios/CMakeLists.txt"
rm "$tree/tests/scenarios/02_more.jsonl"
test_file '/* C0 */' 'static void it_holds(void **state)'
gives 2 "test_a.c:1: there is no item C0"
test_file '/* C171 */' 'static void it_holds(void **state)'
gives 2 "test_a.c:1: there is no item C171" --tags
test_file '/* C1 to C9 */' 'static void it_holds(void **state)'
gives 2 "test_a.c:1: a tag is"
test_file '/* C1 */' '' 'static void it_holds(void **state)'
gives 2 "test_a.c:1: a tag above no test function"
test_file '/* C1 */' 'int a = 1;'
gives 2 "test_a.c:1: a tag above no test function"
test_file 'int a;' '/* C1 */'
gives 2 "test_a.c:2: a tag above no test function"
test_file
sed -i 's/^\(C45 .*|\).*/\1 reason: too hard/' "$tree/tests/coverage/items.txt"
gives 2 "C45 takes a proof, not a reason"
sed -i '/^C45 /d' "$tree/tests/coverage/items.txt"
gives 2 "C45 is expected here, not C46"
