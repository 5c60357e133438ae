#!/usr/bin/env bash
# rules.sh must see each kind of breach and no other. Usage: rules_selftest.sh ROOT
set -euo pipefail
root=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/src/base" "$tree/src/platform" "$tree/include" "$tree/tests"
check() { bash "$root/tests/lint/rules.sh" "$tree"; }
refuses() { # WHAT; the file is src/base/a.c
    if check >/dev/null; then
        echo "not seen: $1"
        exit 1
    fi
    rm "$tree/src/base/a.c"
}
lines() { yes "$2" 2>/dev/null | head -n "$1" || true; }
cat >"$tree/src/base/fine.c" <<'C'
/* malloc( in a comment, also over
 * lines: fopen( */
void fine(struct env *env)
{
    env->open(env); /* the injected world */
    env.free(env);
    say("call malloc(1)"); // and time(
    cs_free(0, 0, 0);
}
C
printf 'void *f(void)\n{\n    return malloc(1);\n}\n' >"$tree/src/platform/fine.c"
check
lines 601 '' >"$tree/src/base/a.c"
refuses "601 lines"
{ printf 'void f(void)\n{\n' && lines 61 '    g();' && printf '}\n'; } >"$tree/src/base/a.c"
refuses "a function of 61 lines"
{ printf 'void f(void) {\n' && lines 61 '    g();' && printf '}\n'; } >"$tree/src/base/a.c"
refuses "a function of 61 lines, brace on its first line"
for call in 'time(0)' 'fopen("a", "r")' 'getenv("A")' 'rand()' 'malloc(1)' 'sleep(1)' 'abort()'; do
    printf 'void f(void)\n{\n    /* a */ %s; /* b */\n}\n' "$call" >"$tree/src/base/a.c"
    refuses "$call"
done
printf '#ifdef CONSENT_UNIT_TEST\n#endif\n' >"$tree/src/base/a.c"
refuses "test code in src"
