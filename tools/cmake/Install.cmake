# SPDX-License-Identifier: MIT
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(riotlb_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/riotlb)

# riotlb_install(<target>...): into one export set per library and kind, so that
# the package's config file can load only what its user asked for.
function(riotlb_install)
	foreach(target IN LISTS ARGN)
		get_target_property(kind ${target} TYPE)
		string(REGEX REPLACE "_LIBRARY" "" kind ${kind})
		string(TOLOWER ${kind} kind)
		get_target_property(name ${target} OUTPUT_NAME)
		install(TARGETS ${target} EXPORT ${name}-${kind}
			INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
			LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
			ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
		install(EXPORT ${name}-${kind} NAMESPACE riotlb::
			DESTINATION ${riotlb_CMAKE_DIR})
	endforeach()
endfunction()

# riotlb_install_pc(<name>): makes <name>.pc from tools/cmake/<name>.pc.in. Paths
# relative to the .pc file's own place let an installed tree be moved.
function(riotlb_install_pc name)
	set(pc_prefix ${CMAKE_INSTALL_PREFIX})
	if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
		file(RELATIVE_PATH up
			/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
		string(REGEX REPLACE "/$" "" up ${up})
		set(pc_prefix "\${pcfiledir}/${up}")
	endif()
	foreach(dir libdir includedir)
		string(TOUPPER ${dir} variable)
		set(pc_${dir} "${CMAKE_INSTALL_${variable}}")
		if(NOT IS_ABSOLUTE "${pc_${dir}}")
			set(pc_${dir} "\${prefix}/${pc_${dir}}")
		endif()
	endforeach()
	configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/${name}.pc.in
		${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/${name}.pc
		DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

foreach(header IN LISTS riotlb_HEADERS)
	get_filename_component(dir ${header} DIRECTORY)
	install(FILES include/${header}
		DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${dir})
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/include/riotlb/version.h
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/riotlb)
riotlb_install(riotlb)
riotlb_install_pc(riotlb)
if(RIOTLB_BOTH_KINDS)
	riotlb_install(riotlb${riotlb_SIBLING_SUFFIX})
endif()

set(more "")
if(RIOTLB_JEMALLOC)
	list(APPEND more riotlb-jemalloc)
endif()
if(RIOTLB_VDPA)
	list(APPEND more riotlb-vdpa)
endif()
foreach(library IN LISTS more)
	riotlb_install(${library})
	riotlb_install_pc(${library})
	if(RIOTLB_BOTH_KINDS)
		riotlb_install(${library}${riotlb_SIBLING_SUFFIX})
	endif()
endforeach()

configure_package_config_file(tools/cmake/riotlb-config.cmake.in
	riotlb-config.cmake INSTALL_DESTINATION ${riotlb_CMAKE_DIR})
# before 1.0 a minor release may change the API
write_basic_package_version_file(riotlb-config-version.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES
	${PROJECT_BINARY_DIR}/riotlb-config.cmake
	${PROJECT_BINARY_DIR}/riotlb-config-version.cmake
	DESTINATION ${riotlb_CMAKE_DIR})
