# consent_build: what every target of this project is compiled with, and nothing that a consumer sees.
add_library(consent_build INTERFACE)
target_include_directories(consent_build INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_features(consent_build INTERFACE c_std_11)
target_compile_options(consent_build INTERFACE -std=c11 -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes
                                               -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    # Counts an enumeration's constant as unsigned, whatever its type; gcc tells the real cases apart.
    target_compile_options(consent_build INTERFACE -Wno-sign-conversion)
endif()
if(CONSENT_WERROR)
    target_compile_options(consent_build INTERFACE -Werror)
endif()
if(CONSENT_SANITIZE)
    list(JOIN CONSENT_SANITIZE "," sanitizers)
    target_compile_options(consent_build INTERFACE -fsanitize=${sanitizers} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
    target_link_options(consent_build INTERFACE -fsanitize=${sanitizers})
endif()
