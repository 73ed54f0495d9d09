# Binary, library, public headers, CMake package, pkg-config file, man page, systemd units and completions.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Fairlead)

install(TARGETS fairlead_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS fairlead EXPORT FairleadTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/fairlead DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT FairleadTargets NAMESPACE Fairlead:: DESTINATION ${package_dir})

configure_package_config_file(cmake/FairleadConfig.cmake.in ${PROJECT_BINARY_DIR}/FairleadConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/FairleadConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/FairleadConfig.cmake ${PROJECT_BINARY_DIR}/FairleadConfigVersion.cmake
        DESTINATION ${package_dir})

# The package file finds its prefix from where it stands, so an installed tree may be moved.
file(RELATIVE_PATH FAIRLEAD_PREFIX_FROM_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_PREFIX})
configure_file(packaging/fairlead.pc.in ${PROJECT_BINARY_DIR}/fairlead.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fairlead.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The unit names the binary by its full path, which only the installation knows (--prefix).
install(CODE "set(FAIRLEAD_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  configure_file(${PROJECT_SOURCE_DIR}/packaging/fairlead.service.in ${PROJECT_BINARY_DIR}/fairlead.service @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/fairlead.service packaging/fairlead.socket DESTINATION lib/systemd/system)

install(FILES packaging/fairlead.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# The completions are what the binary itself prints, so they cannot differ from its options.
set(completion_dir ${PROJECT_BINARY_DIR}/completions)
foreach(shell_and_file bash:fairlead zsh:_fairlead fish:fairlead.fish)
  string(REPLACE ":" ";" pair ${shell_and_file})
  list(GET pair 0 shell)
  list(GET pair 1 file)
  install(CODE "file(MAKE_DIRECTORY ${completion_dir})
    execute_process(COMMAND $<TARGET_FILE:fairlead_cli> completion ${shell}
                    OUTPUT_FILE ${completion_dir}/${file} COMMAND_ERROR_IS_FATAL ANY)")
endforeach()
install(FILES ${completion_dir}/fairlead DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completion_dir}/_fairlead DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completion_dir}/fairlead.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
