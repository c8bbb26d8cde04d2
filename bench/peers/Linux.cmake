# SPDX-License-Identifier: MIT
#
# vhost_iotlb and the maple tree, from the package that has the kernel's
# sources: nine files are unpacked when the build is configured (some ten seconds,
# once; the presets share them), and compiled as the kernel is, at -O2. What else they include is
# kernel/shim.h, under the names that they know.
set(RIOTLB_LINUX_DIR ${CMAKE_CURRENT_BINARY_DIR}/linux CACHE PATH
	"Where they are unpacked")
set(linux_TOP ${RIOTLB_LINUX_DIR}/linux-source-6.12)
set(linux_SHIM ${CMAKE_CURRENT_BINARY_DIR}/shim)

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
	file(CONFIGURE OUTPUT ${linux_SHIM}/${name}.h
		CONTENT "#include \"shim.h\"\n")
endforeach()

list(TRANSFORM linux_SOURCES PREPEND linux-source-6.12/
	OUTPUT_VARIABLE linux_members)
list(TRANSFORM linux_HEADERS PREPEND linux-source-6.12/
	OUTPUT_VARIABLE linux_header_members)
list(APPEND linux_members ${linux_header_members})
list(TRANSFORM linux_members PREPEND ${RIOTLB_LINUX_DIR}/
	OUTPUT_VARIABLE linux_outputs)
list(TRANSFORM linux_SOURCES PREPEND ${linux_TOP}/
	OUTPUT_VARIABLE linux_compiled)
list(TRANSFORM linux_HEADERS PREPEND ${linux_TOP}/
	OUTPUT_VARIABLE linux_included)

# The last is there when all are. Touched, for what was packed years ago to be
# newer than the package.
list(GET linux_outputs -1 last)
if(${RIOTLB_LINUX_SOURCE} IS_NEWER_THAN ${last})
	message(STATUS "Unpacking vhost_iotlb and the maple tree")
	file(MAKE_DIRECTORY ${RIOTLB_LINUX_DIR})
	execute_process(
		COMMAND ${CMAKE_COMMAND} -E tar xf ${RIOTLB_LINUX_SOURCE}
			-- ${linux_members}
		WORKING_DIRECTORY ${RIOTLB_LINUX_DIR}
		COMMAND_ERROR_IS_FATAL ANY)
	file(TOUCH ${linux_outputs})
endif()

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
	PRIVATE ${linux_TOP}/include ${linux_SHIM})
target_compile_definitions(riotlb-peers-linux PRIVATE _GNU_SOURCE)
target_link_libraries(riotlb-peers-linux PRIVATE riotlb::riotlb)
set_target_properties(riotlb-peers-linux PROPERTIES C_EXTENSIONS ON)
# Their warnings are the kernel's affair, and so is what sanitizers would say.
set_source_files_properties(${linux_compiled} PROPERTIES
	COMPILE_OPTIONS "-w;-O2;-fno-strict-aliasing;-fno-sanitize=all")
