#!/usr/bin/env bash
# The authoring commands as a person uses them: exit statuses, one line per failure, nothing half-written.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
example=$CONSENT_SOURCE_DIR/examples/policy/platform
unset NO_COLOR COLUMNS

fail() {
    echo "failed: $*" >&2
    exit 1
}

# expect STATUS PATTERN COMMAND...: the exit status, exactly one line on stderr that matches, nothing on stdout.
expect() {
    local status=$1 pattern=$2 got=0
    shift 2
    "$CONSENTCTL" "$@" >out 2>err </dev/null || got=$?
    [[ $got == "$status" ]] || fail "$* ended with $got, not $status: $(cat err)"
    [[ $(wc -l <err) == 1 ]] || fail "$* did not say one line: $(cat err)"
    grep -qF -- "$pattern" err || fail "$* said: $(cat err)"
    [[ ! -s out ]] || fail "$* printed: $(cat out)"
}

# ---- the way from a folder to a bundle ----
"$CONSENTCTL" policy new fresh >out
grep -q "10 sections" out || fail "policy new: $(cat out)"
[[ -f fresh/policy.json && -f fresh/document.zh-CN.md && -f fresh/README.md ]] || fail "policy new left files out"
"$CONSENTCTL" policy lint fresh --strict >out || fail "the new policy does not lint: $(cat out)"
"$CONSENTCTL" key new root.key >out
"$CONSENTCTL" key new publisher.key >out
[[ $(stat -c %a root.key) == 600 ]] || fail "the private key's mode is $(stat -c %a root.key)"
"$CONSENTCTL" key public root.key -o root.pub
"$CONSENTCTL" key public publisher.key >publisher.pub
! grep -q private root.pub publisher.pub || fail "a public key file holds the private key"
[[ $("$CONSENTCTL" key public root.key --hex | wc -c) == 131 ]] || fail "key public --hex"
"$CONSENTCTL" policy keyset --root root.key --publisher publisher.pub -o keys.jws >out
for folder in fresh "$example"; do
    "$CONSENTCTL" policy build "$folder" -o unsigned >out
    "$CONSENTCTL" policy build "$folder" -o again >out
    cmp unsigned again || fail "two builds of $folder differ"
    "$CONSENTCTL" policy sign unsigned --key publisher.key --keys keys.jws -o bundle >out
    "$CONSENTCTL" policy verify bundle --root root.pub >out || fail "verify $folder"
    "$CONSENTCTL" policy verify bundle --root root.pub --json | grep -q '"policy":"platform"' || fail "verify --json"
done

# ---- a person reads it ----
"$CONSENTCTL" policy show "$example" --color always --section contact >out
grep -q $'\033\\[1m' out || fail "no bold in the rendered text"
"$CONSENTCTL" policy show bundle --color always --section collect-pay 2>err >out
grep -q $'\033\\[1;4m' out || fail "no bold and underlined text"
grep -q "without verifying" err || fail "show did not say that it verifies nothing"
NO_COLOR=1 "$CONSENTCTL" policy show "$example" --section collect-pay >out
! grep -q $'\033' out || fail "NO_COLOR is not honoured"
grep -qF '**_支付方式与资金账号_**' out || fail "without colour the emphasis is lost"
[[ $("$CONSENTCTL" policy show "$example" --sections | grep -c '^[^ ]') == 10 ]] || fail "not ten sections"
"$CONSENTCTL" policy show "$example" --locale en --json | grep -q '"locale":"en"' || fail "show --json"
! COLUMNS=40 "$CONSENTCTL" policy show "$example" | grep -E '^[，。、；：！？）】》”]' || fail "a line begins with punctuation"

# ---- misuse: status 2 ----
expect 2 'no command "policy sing"' policy sing
expect 2 'no option --outptu' policy build fresh --outptu x
expect 2 'write consentctl policy build DIR' policy build -o x
expect 2 'one argument too many' policy build fresh fresh -o x
expect 2 '--output was missing' policy build fresh
expect 2 '--color was' policy show fresh --color sometimes
expect 2 '--version was' policy keyset --root root.key --publisher publisher.pub -o k --version 0
expect 2 '--at was' policy verify bundle --root root.pub --at yesterday
expect 2 '--id was' policy new other --id 'A B'

# ---- failures: status 1, nothing written ----
expect 1 'was there already' key new root.key
expect 1 'was not empty' policy new fresh
expect 1 'No such file' policy build nowhere -o made
expect 1 'No such file' policy new made --from nowhere.txt
expect 1 'no document for fr' policy show fresh --locale fr
expect 1 'no section nope' policy show fresh --section nope
expect 1 'trusted' policy verify bundle --root publisher.pub
expect 1 'held no private key' policy sign unsigned --key root.pub --keys keys.jws -o made
expect 1 'did not name the publisher key' policy sign unsigned --key root.key --keys keys.jws -o made
expect 1 'was no key set' policy sign unsigned --key publisher.key --keys root.pub -o made
expect 1 'could not be written' policy build fresh -o nowhere/made
printf '{"schema":1,' >broken.key
expect 1 'broken.key' key public broken.key
printf '第一段。\n' >plain.txt
expect 1 'held no section' policy new made --from plain.txt
cp -r fresh wrong
printf '# 题\n\n甲**乙\n' >wrong/document.zh-CN.md
expect 1 'document.zh-CN.md:3: a bold mark' policy build wrong -o made
rm wrong/document.zh-CN.md
expect 1 'document.zh-CN.md could not be opened' policy build wrong -o made
printf '{"locales":["../../etc"]}' >wrong/policy.json
expect 1 'was not a locale' policy build wrong -o made
size=$(wc -c <bundle)
for at in 10 $((size / 4)) $((size / 2)) $((size - 10)); do
    cp bundle flipped
    printf '~' | dd of=flipped bs=1 seek="$at" conv=notrunc status=none
    "$CONSENTCTL" policy verify flipped --root root.pub >out 2>err && fail "a changed byte at $at was not noticed"
    grep -q '^consentctl: flipped: ' err || fail "a changed byte at $at: $(cat err)"
done
[[ ! -e made ]] || fail "a failed command left a file"
! ls ./*.tmp 2>/dev/null || fail "a temporary file was left"

# ---- lint's exit status follows the severity ----
fixtures=$CONSENT_SOURCE_DIR/tests/fixtures/lint
"$CONSENTCTL" policy lint "$fixtures/retention" >out && fail "an error did not fail"
grep -q '^error: purposes\[0\] (search): .*\[retention; ' out || fail "lint said: $(cat out)"
"$CONSENTCTL" policy lint "$fixtures/unused-data" >out || fail "a warning failed"
"$CONSENTCTL" policy lint "$fixtures/unused-data" --strict >out && fail "--strict let a warning pass"
"$CONSENTCTL" policy lint "$fixtures/retention" --json >out || true
grep -q '"rule":"retention","severity":"error"' out || fail "lint --json"
"$CONSENTCTL" policy lint --rules >out
[[ $(wc -l <out) -ge 40 ]] || fail "lint --rules"
if [[ -e /dev/full ]]; then
    "$CONSENTCTL" policy show "$example" >/dev/full 2>err && fail "a full disk was not noticed"
    grep -q 'could not be written' err || fail "a full disk: $(cat err)"
fi
echo "authoring: ok"
