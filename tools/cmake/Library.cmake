# SPDX-License-Identifier: MIT

# riotlb_library(<target> STATIC|SHARED OUTPUT_NAME <name> [MAP <file>]
#                SOURCES <file>...)
#
# What every kind of every library here has in common: C11, hidden symbols, and
# for a shared one a version script and the ABI version in its SONAME.
function(riotlb_library target kind)
	cmake_parse_arguments(PARSE_ARGV 2 arg "" "OUTPUT_NAME;MAP" "SOURCES")
	add_library(${target} ${kind} ${arg_SOURCES})
	target_compile_features(${target} PRIVATE c_std_11)
	target_include_directories(${target} PUBLIC
		$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
		$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>)
	set_target_properties(${target} PROPERTIES
		OUTPUT_NAME ${arg_OUTPUT_NAME}
		EXPORT_NAME ${arg_OUTPUT_NAME}
		C_EXTENSIONS OFF
		C_VISIBILITY_PRESET hidden
		# a static library must be linkable into a plug-in
		POSITION_INDEPENDENT_CODE ON)
	if(kind STREQUAL SHARED)
		set_target_properties(${target} PROPERTIES
			VERSION ${riotlb_ABI_VERSION}
			SOVERSION ${riotlb_ABI_VERSION}
			LINK_DEPENDS ${arg_MAP})
		target_link_options(${target} PRIVATE
			-Wl,--version-script=${arg_MAP})
		# sanitizer runtimes are left for the executable to bring
		if(NOT RIOTLB_SANITIZE)
			target_link_options(${target} PRIVATE -Wl,-z,defs)
		endif()
	endif()
endfunction()

# BUILD_SHARED_LIBS says of which kind the targets riotlb, riotlb-jemalloc and
# riotlb-vdpa are; with RIOTLB_BOTH_KINDS each has a sibling of the other kind, <target>-shared
# or <target>-static.
if(BUILD_SHARED_LIBS)
	set(riotlb_KIND SHARED)
	set(riotlb_SIBLING STATIC)
	set(riotlb_SIBLING_SUFFIX -static)
else()
	set(riotlb_KIND STATIC)
	set(riotlb_SIBLING SHARED)
	set(riotlb_SIBLING_SUFFIX -shared)
endif()
