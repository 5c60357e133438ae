#!/usr/bin/env bash
# One step of the package tests. Usage: package.sh STEP SOURCE BUILD WORK CC CMAKE
set -euo pipefail
step=$1 source=$2 build=$3 work=$4 cc=$5 cmake=$6
kind=${step##*_} # shared or static
prefix="$work/$kind"
here="$source/tests/package"

configure() { # NAME SOURCE ARGUMENT...
    local dir="$work/$1" from=$2
    shift 2
    "$cmake" -S "$from" -B "$dir" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_BUILD_TYPE=Debug "$@"
}
runs() { # PROGRAM: prints the version that it was built with and the one it runs with
    "$1" | tee "$work/$step.out"
    grep -qxE 'libconsent ([0-9]+\.[0-9]+\.[0-9]+), headers \1' "$work/$step.out"
}

case $step in
install_shared)
    rm -rf "$prefix"
    "$cmake" --install "$build" --prefix "$prefix"
    if [[ -x $build/bin/consentctl ]]; then
        for file in bin/consentctl share/man/man1/consentctl.1 share/bash-completion/completions/consentctl \
            share/zsh/site-functions/_consentctl; do
            [[ -s $prefix/$file ]] || { echo "$file was not installed" && exit 1; }
        done
    fi
    ;;
install_static)
    rm -rf "$prefix"
    configure build_static "$source" -DBUILD_SHARED_LIBS=OFF -DCONSENT_WERROR=ON -DCONSENT_BUILD_TESTS=OFF \
        -DCONSENT_BUILD_TOOL=OFF -DCONSENT_BUILD_EXAMPLES=OFF -DCONSENT_BUILD_JNI=OFF
    "$cmake" --build "$work/build_static"
    "$cmake" --install "$work/build_static" --prefix "$prefix"
    ;;
find_package_*)
    rm -rf "${work:?}/$step"
    configure "$step" "$here/find_package" -DCMAKE_PREFIX_PATH="$prefix"
    grep -q "^consent_DIR:PATH=$prefix/" "$work/$step/CMakeCache.txt" # not one that the system has
    "$cmake" --build "$work/$step"
    runs "$work/$step/consumer"
    runs "$work/$step/consumer_all"
    ;;
pkg_config_*)
    pc=$(find "$prefix" -name consent.pc)
    PKG_CONFIG_PATH=$(dirname "$pc")
    export PKG_CONFIG_PATH
    static=""
    [[ $kind == shared ]] || static=--static
    libdir=$(pkg-config --variable=libdir consent)
    # shellcheck disable=SC2046 # flags are words
    "$cc" -std=c99 -o "$work/$step" "$here/consumer.c" $(pkg-config --cflags --libs $static consent)
    LD_LIBRARY_PATH=$libdir runs "$work/$step"
    # shellcheck disable=SC2046
    "$cc" -std=c99 -o "$work/$step.all" "$here/consumer_all.c" \
        $(pkg-config --cflags --libs $static consent-rights consent-sync)
    LD_LIBRARY_PATH=$libdir runs "$work/$step.all"
    ;;
quickstart_*)
    # The README's first program, built against what is installed, with a policy that the installed tool signs.
    ctl=$build/bin/consentctl
    [[ -x $ctl ]] || {
        echo "skip: consentctl was not built"
        exit 77
    }
    rm -rf "${work:?}/$step" "$work/$step.data"
    configure "$step" "$source/examples/quickstart" -DCMAKE_PREFIX_PATH="$prefix"
    grep -q "^consent_DIR:PATH=$prefix/" "$work/$step/CMakeCache.txt"
    "$cmake" --build "$work/$step"
    mkdir "$work/$step.data"
    cd "$work/$step.data"
    "$ctl" key new root.key
    "$ctl" key new publisher.key
    "$ctl" key public publisher.key --output publisher.pub
    "$ctl" policy build "$source/examples/policy/platform" --output policy.unsigned
    "$ctl" policy keyset --root root.key --publisher publisher.pub --output keys.jws
    "$ctl" policy sign policy.unsigned --key publisher.key --keys keys.jws --output policy.bundle
    "$work/$step/quickstart" home policy.bundle "$("$ctl" key public root.key --hex)" | tee out
    grep -qx "before: notice_required" out
    grep -qx "after: consented" out
    ;;
libraries_shared)
    # The core needs no network library and opens no socket; what it shows beside the public functions is what the others call.
    libdir=$(dirname "$(find "$prefix" -name libconsent.so)")
    needed=$(readelf -d "$libdir/libconsent.so" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p')
    grep -qE '^lib(curl|z|consent-)' <<<"$needed" && printf 'libconsent.so needs:\n%s\n' "$needed" && exit 1
    nm -D --undefined-only "$libdir/libconsent.so" | grep -wE 'socket|connect|getaddrinfo' && exit 1
    for library in rights sync; do
        nm -D --undefined-only "$libdir/libconsent-$library.so" | sed -n 's/.* \(cs_[a-z0-9_]*\).*/\1/p'
    done | sort -u >"$work/called"
    grep '^cs_' "$source/src/private.symbols" | sort | diff - "$work/called" || {
        echo "src/private.symbols (<) is not what libconsent-rights and libconsent-sync call (>)"
        exit 1
    }
    # A library of another release is refused when it is loaded, not met by surprise.
    readelf -V "$libdir/libconsent-sync.so" | grep -q "Name: CONSENT_PRIVATE_[0-9.]*  Flags"
    ;;
static_symbols)
    # A static archive lives in the host's name space: it defines nothing but our two prefixes.
    prefix="$work/static"
    strange=$(nm -g --defined-only "$(find "$prefix" -name libconsent.a)" 2>/dev/null |
        awk 'NF == 3 && $3 !~ /^(consent_|cs_)/ { print $3 }')
    [[ -z $strange ]] || {
        printf 'libconsent.a defines names of others:\n%s\n' "$strange"
        exit 1
    }
    ;;
add_subdirectory)
    configure add_subdirectory "$here/add_subdirectory" -DCONSENT_SOURCE="$source"
    "$cmake" --build "$work/add_subdirectory" --target consumer consumer_all
    runs "$work/add_subdirectory/consumer"
    runs "$work/add_subdirectory/consumer_all"
    ;;
*)
    echo "package.sh: there is no step $step" >&2
    exit 1
    ;;
esac
