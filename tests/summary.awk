# Reads the JUnit file that ctest writes; names what failed and what was skipped and ends with one line
# "N passed, N failed[, N skipped]". A CMocka program counts as its test cases, any other test as one.
# Exit status 1 when something failed or nothing ran.
function attribute(line, name,    rest) {
    if (!match(line, " " name "=\"[^\"]*\"")) return ""
    rest = substr(line, RSTART + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}
function finish(    why) {
    if (test == "") return
    if (skip_message ~ /^SKIP_/) {
        skipped++
        print "skipped: " test (reason == "" ? "" : " (" reason ")")
    } else if (status != "run") {
        # A program that died reports fewer endings than beginnings; what it had begun has failed.
        failed_here = begun - ok - skipped_here
        if (failed_here < 1) failed_here = 1
        failed += failed_here; passed += ok; skipped += skipped_here
        if (last != "") failures = failures " " last
        print "failed: " test (failures == "" ? "" : ":" failures) (skip_message == "" ? "" : " (" skip_message ")")
    } else if (begun > 0) {
        passed += ok; skipped += skipped_here; failed += begun - ok - skipped_here
    } else {
        passed++
    }
    test = ""
}
/<testcase / {
    finish()
    test = attribute($0, "name"); status = attribute($0, "status")
    begun = ok = skipped_here = 0; reason = failures = skip_message = last = ""
}
/<skipped / { skip_message = attribute($0, "message") }
{ sub(/^.*<system-out>/, "") }
/^\[ RUN      \] / { begun++; last = substr($0, 14) }
/\[       OK \] / { ok++; last = "" }
/^\[  SKIPPED \] / {
    # CMocka names a skipped case where it happens and once more in its closing list.
    name = substr($0, 14)
    if (name == last) { skipped_here++; print "skipped: " test ": " name; last = "" }
}
/^\[  FAILED  \] / {
    name = substr($0, 14)
    if (name == last) { failures = failures " " name; last = "" }
}
/^skip: / { reason = substr($0, 7); sub(/<\/system-out>.*$/, "", reason) }
END {
    finish()
    printf "%d passed, %d failed", passed, failed
    if (skipped) printf ", %d skipped", skipped
    print ""
    exit failed > 0 || passed == 0
}
