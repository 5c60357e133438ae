#!/usr/bin/env bash
# Each public header compiles alone, without a warning, as C99, C11 and C++11. Usage: headers.sh ROOT CC
set -euo pipefail
root=$1 cc=$2
cxx=$(command -v g++ || command -v c++ || true)
bad=0
compile() { # COMPILER LANGUAGE STANDARD HEADER; twice, which also proves the include guard
    printf '#include <%s>\n#include <%s>\nextern int not_empty;\n' "$4" "$4" |
        "$1" -x "$2" -std="$3" -pedantic -Wall -Wextra -Wconversion -Wshadow -Werror -fsyntax-only \
            -I"$root/include" - || {
        echo "<$4> does not stand alone as $3"
        bad=1
    }
}
while read -r header; do
    compile "$cc" c c99 "$header"
    compile "$cc" c c11 "$header"
    [[ -z $cxx ]] || compile "$cxx" c++ c++11 "$header"
done < <(cd "$root/include" && find . -name '*.h' -printf '%P\n' | sort)
if [[ $bad == 0 && -z $cxx ]]; then
    echo "skip: no C++ compiler; C99 and C11 are fine"
    exit 77
fi
exit $bad
