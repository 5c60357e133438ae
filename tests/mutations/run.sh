#!/usr/bin/env bash
# Breaks the engine on purpose, one patch at a time, and demands that a test goes red each time: tests/mutations/*.patch.
# A patch begins with two lines, "# removes: the behaviour" and "tests: the ctest names that must notice". One that does
# not apply, does not build, or that no test notices is a failure. Of the patches named for an item of the source policy
# (c045-….patch) every test that is named must notice. Usage: run.sh ROOT [NAME ...]
# Works in build/mutate: a copy of the tree and one build of it, reused from patch to patch.
set -euo pipefail
root=$1
shift
here="$root/tests/mutations" scratch="$root/build/mutate"
tree="$scratch/tree" build="$scratch/build" original="$scratch/original"
export GIT_CEILING_DIRECTORIES="$scratch" LC_ALL=C.UTF-8 # the copy is no repository: git apply takes it as it is
cores=$(nproc 2>/dev/null || echo 2)

patches=()
if [[ $# -gt 0 ]]; then
    for name in "$@"; do patches+=("$here/${name%.patch}.patch"); done
else
    patches=("$here"/*.patch)
fi

tests_of() { sed -n 's/^tests: *//p' "$1" | head -n 1; }
files_of() { sed -n 's|^+++ b/||p' "$1"; }
fail() {
    printf '%s\n' "$*"
    exit 1
}

# ---- the copy ----
rm -rf "$tree" "$original"
mkdir -p "$tree" "$build"
tar -C "$root" --exclude=./build --exclude=./.git --exclude=./tests/mutations -cf - . | tar -C "$tree" -xf -
declare -A named=()
for patch in "${patches[@]}"; do
    [[ -f $patch ]] || fail "there is no $patch"
    grep -q '^# removes: ' <(head -n 1 "$patch") || fail "$patch: the first line does not say what it removes"
    [[ -n $(tests_of "$patch") ]] || fail "$patch: no line \"tests: name ...\""
    for test in $(tests_of "$patch"); do named[$test]=1; done
    # An object left by an interrupted run may be a mutant's.
    files_of "$patch" | while read -r file; do touch -c "$tree/$file"; done
done

# ---- the build, and the tests that must be green before anything is broken ----
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O1 -DBUILD_SHARED_LIBS=OFF \
    -DCONSENT_BUILD_JNI=OFF -DCONSENT_INSTALL=OFF \
    >"$scratch/configure.log" 2>&1 || fail "$(cat "$scratch/configure.log")"
make_tests() { # NAME ...; a scenario is played by the tool, every other test is a program of its own name
    local name targets=()
    for name in "$@"; do
        case $name in
        scenario_*) targets+=(consentctl) ;;
        *) targets+=("$name") ;;
        esac
    done
    cmake --build "$build" --parallel "$cores" --target "${targets[@]}"
}
run_tests() { # a ctest regular expression of alternatives
    ctest --test-dir "$build" --no-tests=error --parallel "$cores" --timeout 60 -R "^($1)\$"
}
alternatives() { printf '%s' "$*" | tr ' ' '|'; }
printf 'building %d tests\n' "${#named[@]}"
make_tests "${!named[@]}" >"$scratch/build.log" 2>&1 || fail "$(tail -n 40 "$scratch/build.log")"
run_tests "$(alternatives "${!named[@]}")" >"$scratch/green.log" 2>&1 ||
    fail "$(tail -n 40 "$scratch/green.log")" "the tests are not green before anything is broken"
known=$(ctest --test-dir "$build" -N | sed -n 's/^ *Test *#[0-9]*: //p')
for test in "${!named[@]}"; do grep -qxF "$test" <<<"$known" || fail "there is no test $test"; done

# ---- the mutants ----
passed=0 failed=0
try() { # PATCH; what came of it in $verdict
    local patch=$1 log="$scratch/try.log" status=0 green
    local -a tests
    read -r -a tests <<<"$(tests_of "$patch")"
    files_of "$patch" | while read -r file; do
        mkdir -p "$(dirname "$original/$file")"
        cp "$tree/$file" "$original/$file"
    done
    if ! (cd "$tree" && git apply -C1 "$patch") >"$log" 2>&1; then
        verdict="DOES NOT APPLY: make it anew from the code as it is"
        return 1
    fi
    verdict="" # an empty patch would apply, too
    files_of "$patch" | while read -r file; do
        cmp -s "$original/$file" "$tree/$file" && echo "$file was not changed"
        touch "$tree/$file"
    done >"$log.same"
    if [[ -s $log.same ]]; then
        verdict="$(cat "$log.same")"
    elif ! make_tests "${tests[@]}" >"$log" 2>&1; then
        verdict="DOES NOT BUILD: $(grep -m 1 'error' "$log" || true)"
    elif run_tests "$(alternatives "${tests[@]}")" >"$log" 2>&1; then
        verdict="SURVIVED: ${tests[*]} stayed green"
    elif [[ $(basename "$patch") == c[0-9][0-9][0-9]-* ]]; then # proofs of one item: each must prove it
        green=$(sed -n 's/^.*Test *#[0-9]*: \([A-Za-z0-9_]*\) .* Passed .*$/\1/p' "$log" | tr '\n' ' ')
        [[ -z $green ]] || verdict="SURVIVED in ${green% }"
    fi
    [[ -z $verdict ]] || status=1
    [[ $status != 0 ]] ||
        verdict="killed by $(sed -n 's/^.*Test *#[0-9]*: \([A-Za-z0-9_]*\) .*\*\*\*.*$/\1/p' "$log" | sort -u | tr '\n' ' ')"
    # The original, newer than the mutant's object.
    files_of "$patch" | while read -r file; do
        cp "$original/$file" "$tree/$file"
        touch "$tree/$file"
    done
    return "$status"
}

for patch in "${patches[@]}"; do
    name=$(basename "$patch" .patch)
    if try "$patch"; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    printf '%s: %s\n    %s\n' "$name" "${verdict% }" "$(sed -n '1s/^# removes: //p' "$patch")"
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed == 0 ]]
