# SPDX-License-Identifier: MIT
#
# Flags for everything in this tree, used only where riotlb is the top-level
# project: inside another one that project's flags are the law.

option(RIOTLB_WERROR "Treat compiler warnings as errors" OFF)
option(RIOTLB_COVERAGE "Instrument for gcov" OFF)
option(RIOTLB_FUZZ "Build the harnesses of tests/fuzz as fuzzers" OFF)
set(RIOTLB_SANITIZE "" CACHE STRING "Argument for -fsanitize, empty for none")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The header compile tests use the same list.
set(riotlb_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
add_compile_options(${riotlb_WARNINGS})
if(RIOTLB_WERROR)
	add_compile_options(-Werror)
endif()

if(RIOTLB_SANITIZE)
	# Without -fno-sanitize-recover a UBSan report would leave a test green.
	add_compile_options(-fsanitize=${RIOTLB_SANITIZE}
		-fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${RIOTLB_SANITIZE})
endif()

# AFL++'s compiler instruments by itself; both know the driver by this name.
if(RIOTLB_FUZZ AND NOT CMAKE_C_COMPILER MATCHES "afl-")
	add_compile_options(-fsanitize=fuzzer-no-link)
	add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(RIOTLB_COVERAGE)
	# atomic: most of what threads do is counted by several at once
	add_compile_options(--coverage -fprofile-update=atomic)
	add_link_options(--coverage)
endif()
