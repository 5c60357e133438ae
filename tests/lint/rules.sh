#!/usr/bin/env bash
# Sizes, and no way to the world but src/platform. Usage: rules.sh ROOT
set -euo pipefail
cd "$1"
# shellcheck disable=SC2016 # the program is awk's
{ find src include bindings examples bench tests -name '*.[ch]' 2>/dev/null || true; } | sort | xargs -r awk '
    function complain(text) { print FILENAME ":" FNR ": " text; bad++ }
    # Comments and string literals say things that code may not do.
    function strip(line,    out, at) {
        out = ""
        while (line != "") {
            if (in_comment) {
                at = index(line, "*/")
                if (!at) return out
                line = substr(line, at + 2); in_comment = 0
            } else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"/)) {
                out = out substr(line, 1, RSTART - 1)
                if (substr(line, RSTART, 2) == "//") return out
                in_comment = substr(line, RSTART, 2) == "/*"
                line = substr(line, RSTART + (in_comment ? 2 : RLENGTH))
            } else { return out line }
        }
        return out
    }
    FNR == 1 {
        in_comment = 0; start = 0
        production = FILENAME ~ /^src\//
        sealed = production && FILENAME !~ /^src\/(platform|consentctl)\//
    }
    FNR == 601 { complain("a file has at most 600 lines: which concept is missing?") }
    { code = strip($0) }
    production && /^[^ \t#}\/*].*\{$/ && !/^(typedef|struct|union|enum|extern|static const|const)[ \t{]/ && !/=[ \t]*\{$/ {
        start = FNR
    }
    production && /^\{/ { start = FNR }
    production && /^\}/ {
        if (start && FNR - start - 1 > 60) complain("a function has at most 60 lines: this one has " FNR - start - 1)
        start = 0
    }
    sealed && match(code, forbidden) {
        complain("only src/platform reaches the world: " substr(code, RSTART, RLENGTH))
    }
    production && code ~ /#[ \t]*if.*(UNIT_?TEST|TESTING)/ { complain("no test code in src/: the world is injected") }
    END { exit bad > 0 }
' forbidden='(^|[^A-Za-z0-9_.>])(time|clock|clock_gettime|gettimeofday|localtime|gmtime|mktime|fopen|open|openat|remove|rename|unlink|getenv|setenv|rand|srand|random|getrandom|arc4random|malloc|calloc|realloc|free|strdup|strndup|asprintf|sleep|usleep|nanosleep|printf|puts|fork|system|abort|exit|_exit|raise|signal|sigaction|getpid|pthread_create)[ \t]*[(]'
