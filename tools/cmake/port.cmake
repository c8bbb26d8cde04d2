# SPDX-License-Identifier: MIT
#
# Toolchain of the presets that build for another machine: RIOTLB_PORT is
# Debian's name for it. Libraries are those of the sysroot that tools/sysroot
# makes; programs run under qemu-user.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RIOTLB_PORT)

if(RIOTLB_PORT STREQUAL "arm64")
	set(CMAKE_SYSTEM_PROCESSOR aarch64)
elseif(RIOTLB_PORT STREQUAL "s390x")
	set(CMAKE_SYSTEM_PROCESSOR s390x)
else()
	message(FATAL_ERROR "RIOTLB_PORT is neither arm64 nor s390x")
endif()
set(riotlb_TRIPLET ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)
get_filename_component(riotlb_SYSROOT
	${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/${RIOTLB_PORT} ABSOLUTE)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${riotlb_TRIPLET}-gcc)
set(CMAKE_SYSROOT ${riotlb_SYSROOT})
set(CMAKE_CROSSCOMPILING_EMULATOR
	qemu-${CMAKE_SYSTEM_PROCESSOR}-static -L ${riotlb_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${riotlb_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
	${riotlb_SYSROOT}/usr/lib/${riotlb_TRIPLET}/pkgconfig)
