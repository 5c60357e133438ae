# Installs the libraries, the public headers, and the two ways to find them: CMake package and pkg-config.
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/consent")

install(TARGETS consent consent_rights consent_sync EXPORT consentTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/consent" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(EXPORT consentTargets NAMESPACE consent:: DESTINATION "${package_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/consentConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/consentConfig.cmake" INSTALL_DESTINATION "${package_dir}")
# Before 1.0 a minor release may break.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/consentConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/consentConfig.cmake" "${PROJECT_BINARY_DIR}/consentConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindMbedTLS.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindcJSON.cmake"
        DESTINATION "${package_dir}")

# The prefix is relative to the .pc file, so that an installed tree can be moved.
file(RELATIVE_PATH PC_PREFIX "/x/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/x")
string(REGEX REPLACE "/$" "" PC_PREFIX "\${pcfiledir}/${PC_PREFIX}")
get_filename_component(crypto_dir "${MbedTLS_CRYPTO_LIBRARY}" DIRECTORY)
get_filename_component(crypto_name "${MbedTLS_CRYPTO_LIBRARY}" NAME_WE)
get_filename_component(json_dir "${cJSON_LIBRARY}" DIRECTORY)
string(REGEX REPLACE "^lib" "-l" crypto_name "${crypto_name}")
set(PC_LIBS_PRIVATE "")
foreach(dir IN ITEMS "${crypto_dir}" "${json_dir}")
    if(NOT dir IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
        string(APPEND PC_LIBS_PRIVATE "-L${dir} ")
    endif()
endforeach()
string(APPEND PC_LIBS_PRIVATE "${crypto_name} -lcjson ${CMAKE_THREAD_LIBS_INIT}")
set(sync_libs "")
if(CONSENT_WITH_CURL)
    string(APPEND sync_libs " -lcurl")
endif()
if(CONSENT_WITH_ZLIB)
    string(APPEND sync_libs " -lz")
endif()

# One file for each library; where they are one, the two others only ask for it.
function(consent_pc name description requires libs libs_private)
    string(STRIP "${libs_private}" libs_private)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/consent.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()
if(CONSENT_SPLIT)
    consent_pc(consent "${PROJECT_DESCRIPTION}" "" "-lconsent" "${PC_LIBS_PRIVATE}")
    consent_pc(consent-rights "Requests, lists, notices and switches of libconsent" consent "-lconsent-rights" "")
    consent_pc(consent-sync "Sync of libconsent" consent "-lconsent-sync" "${sync_libs}")
else()
    consent_pc(consent "${PROJECT_DESCRIPTION}" "" "-lconsent" "${PC_LIBS_PRIVATE}${sync_libs}")
    consent_pc(consent-rights "Requests, lists, notices and switches of libconsent" consent "" "")
    consent_pc(consent-sync "Sync of libconsent" consent "" "")
endif()

if(TARGET consentctl)
    install(TARGETS consentctl)
    install(FILES "${PROJECT_SOURCE_DIR}/docs/consentctl.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()
# The tool writes its own completions, which needs a tool that runs here.
if(TARGET consentctl AND NOT CMAKE_CROSSCOMPILING)
    set(completions "${PROJECT_BINARY_DIR}/completions")
    file(MAKE_DIRECTORY "${completions}")
    add_custom_command(OUTPUT "${completions}/consentctl" "${completions}/_consentctl"
                       COMMAND consentctl completion bash > "${completions}/consentctl"
                       COMMAND consentctl completion zsh > "${completions}/_consentctl"
                       DEPENDS consentctl VERBATIM)
    add_custom_target(consentctl_completions ALL DEPENDS "${completions}/consentctl" "${completions}/_consentctl")
    install(FILES "${completions}/consentctl" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
    install(FILES "${completions}/_consentctl" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
endif()
