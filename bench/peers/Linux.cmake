# SPDX-License-Identifier: MIT
#
# vhost_iotlb and the maple tree, from the package that has the kernel's
# sources: nine files are unpacked into the build directory (some ten seconds,
# once), and compiled as the kernel is, at -O2. What else they include is
# kernel/shim.h, under the names that they know.
set(linux_DIR ${CMAKE_CURRENT_BINARY_DIR}/linux)
set(linux_TOP ${linux_DIR}/linux-source-6.12)

set(linux_SOURCES
	drivers/vhost/iotlb.c
	lib/maple_tree.c
	lib/rbtree.c)
set(linux_HEADERS
	include/linux/interval_tree_generic.h
	include/linux/maple_tree.h
	include/linux/rbtree.h
	include/linux/rbtree_augmented.h
	include/linux/rbtree_types.h
	include/linux/vhost_iotlb.h)
foreach(name
		asm/barrier
		linux/compiler
		linux/container_of
		linux/export
		linux/kernel
		linux/module
		linux/rcupdate
		linux/slab
		linux/spinlock
		linux/xarray
		trace/events/maple_tree)
	file(CONFIGURE OUTPUT ${linux_DIR}/shim/${name}.h
		CONTENT "#include \"shim.h\"\n")
endforeach()

list(TRANSFORM linux_SOURCES PREPEND linux-source-6.12/
	OUTPUT_VARIABLE linux_members)
list(TRANSFORM linux_HEADERS PREPEND linux-source-6.12/
	OUTPUT_VARIABLE linux_header_members)
list(APPEND linux_members ${linux_header_members})
list(TRANSFORM linux_members PREPEND ${linux_DIR}/
	OUTPUT_VARIABLE linux_outputs)
list(TRANSFORM linux_SOURCES PREPEND ${linux_TOP}/
	OUTPUT_VARIABLE linux_compiled)
list(TRANSFORM linux_HEADERS PREPEND ${linux_TOP}/
	OUTPUT_VARIABLE linux_included)

# Touched, for what was packed years ago to be newer than the package.
add_custom_command(OUTPUT ${linux_outputs}
	COMMAND ${CMAKE_COMMAND} -E tar xf ${RIOTLB_LINUX_SOURCE}
		-- ${linux_members}
	COMMAND ${CMAKE_COMMAND} -E touch ${linux_outputs}
	DEPENDS ${RIOTLB_LINUX_SOURCE}
	WORKING_DIRECTORY ${linux_DIR}
	COMMENT "Unpacking vhost_iotlb and the maple tree"
	VERBATIM)

add_library(riotlb-peers-linux OBJECT
	kernel/slab.c
	maple.c
	vhost.c
	${linux_compiled}
	${linux_included})
target_include_directories(riotlb-peers-linux
	PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/kernel
		$<TARGET_PROPERTY:riotlb-bench,INTERFACE_INCLUDE_DIRECTORIES>)
target_include_directories(riotlb-peers-linux SYSTEM
	PRIVATE ${linux_TOP}/include ${linux_DIR}/shim)
target_compile_definitions(riotlb-peers-linux PRIVATE _GNU_SOURCE)
target_link_libraries(riotlb-peers-linux PRIVATE riotlb::riotlb)
set_target_properties(riotlb-peers-linux PROPERTIES C_EXTENSIONS ON)
# Their warnings are the kernel's affair, and so is what sanitizers would say.
set_source_files_properties(${linux_compiled} PROPERTIES
	COMPILE_OPTIONS "-w;-O2;-fno-strict-aliasing;-fno-sanitize=all")
