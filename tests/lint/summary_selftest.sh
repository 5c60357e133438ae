#!/usr/bin/env bash
# The closing line of ./dev test counts what ran, and a program that died counts as failed. Usage: summary_selftest.sh ROOT
set -euo pipefail
summary="$1/tests/summary.awk"
expect() { # LINE STATUS; the report comes on standard input
    local out status=0
    out=$(awk -f "$summary") || status=$?
    if [[ $(tail -n 1 <<<"$out") != "$1" || $status != "$2" ]]; then
        printf 'expected "%s" and status %s, got status %s and:\n%s\n' "$1" "$2" "$status" "$out"
        exit 1
    fi
}
expect "0 passed, 0 failed" 1 </dev/null
expect "3 passed, 0 failed, 2 skipped" 0 <<'XML'
	<testcase name="cases" classname="cases" time="0.1" status="run">
		<system-out>[==========] Running 3 test(s).
[ RUN      ] a
[       OK ] a
[ RUN      ] b
[       OK ] b
[ RUN      ] c
[  SKIPPED ] c
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] c
</system-out>
	</testcase>
	<testcase name="plain" classname="plain" time="0.1" status="run">
		<system-out></system-out>
	</testcase>
	<testcase name="absent" classname="absent" time="0.1" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<system-out>skip: no JDK was found
</system-out>
	</testcase>
XML
expect "1 passed, 4 failed" 1 <<'XML'
	<testcase name="dies" classname="dies" time="0.1" status="fail">
		<failure message="Subprocess aborted"/>
		<system-out>[ RUN      ] a
[       OK ] a
[ RUN      ] b
[  FAILED  ] b
[ RUN      ] c
</system-out>
	</testcase>
	<testcase name="not_built" classname="not_built" time="0" status="notrun">
		<skipped message="Unable to find executable"/>
		<system-out></system-out>
	</testcase>
	<testcase name="dies_at_once" classname="dies_at_once" time="0" status="fail">
		<failure message=""/>
		<system-out></system-out>
	</testcase>
XML
