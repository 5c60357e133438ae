# Finds the crypto part of mbedTLS: 2.28 as distributions ship it (neither .pc nor CMake package), 3.6, and 4.x, where
# it is a project of its own named TF-PSA-Crypto. Defines MbedTLS::mbedcrypto, MbedTLS_VERSION, MbedTLS_CRYPTO_LIBRARY.
find_path(MbedTLS_INCLUDE_DIR psa/crypto.h)
find_library(MbedTLS_CRYPTO_LIBRARY NAMES tfpsacrypto mbedcrypto)
mark_as_advanced(MbedTLS_INCLUDE_DIR MbedTLS_CRYPTO_LIBRARY)

# The newest layout that is there names the version; 4.x keeps no crypto version under mbedtls/.
set(MbedTLS_VERSION "")
foreach(header tf-psa-crypto/build_info.h mbedtls/build_info.h mbedtls/version.h)
    if(NOT MbedTLS_VERSION AND EXISTS "${MbedTLS_INCLUDE_DIR}/${header}")
        file(STRINGS "${MbedTLS_INCLUDE_DIR}/${header}" version_line
             REGEX "define +(MBEDTLS|TF_PSA_CRYPTO)_VERSION_STRING +\"")
        string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" MbedTLS_VERSION "${version_line}")
    endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MbedTLS REQUIRED_VARS MbedTLS_CRYPTO_LIBRARY MbedTLS_INCLUDE_DIR
                                  VERSION_VAR MbedTLS_VERSION)
if(MbedTLS_FOUND AND NOT TARGET MbedTLS::mbedcrypto)
    add_library(MbedTLS::mbedcrypto UNKNOWN IMPORTED)
    set_target_properties(MbedTLS::mbedcrypto PROPERTIES
        IMPORTED_LOCATION "${MbedTLS_CRYPTO_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${MbedTLS_INCLUDE_DIR}")
endif()
