# SPDX-License-Identifier: MIT
# riotlb-cbench: Google Benchmark for C, see cbench.h
enable_language(CXX)
find_package(benchmark REQUIRED)

add_library(riotlb-cbench STATIC
	${CMAKE_CURRENT_LIST_DIR}/cbench.cc
	${CMAKE_CURRENT_LIST_DIR}/cbench_flags.c
	${CMAKE_CURRENT_LIST_DIR}/cbench_run.c
	${CMAKE_CURRENT_LIST_DIR}/cbench_settings.c
	${CMAKE_CURRENT_LIST_DIR}/cbench_state.c
	${CMAKE_CURRENT_LIST_DIR}/cbench_stats.c)
target_include_directories(riotlb-cbench PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_compile_features(riotlb-cbench PRIVATE cxx_std_17)
target_compile_definitions(riotlb-cbench PRIVATE
	_GNU_SOURCE "CB_LIBRARY_VERSION=\"${benchmark_VERSION}\"")
target_link_libraries(riotlb-cbench PRIVATE benchmark::benchmark m)
