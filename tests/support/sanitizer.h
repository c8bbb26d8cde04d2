/* SPDX-License-Identifier: MIT */
/*
 * Which instrument the program was built with; clang has __has_feature, gcc a
 * macro. TESTS_TSAN says what RIOTLB_TSAN does (riotlb/rcu.h).
 */
#ifndef TESTS_SANITIZER_H
#define TESTS_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define TESTS_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define TESTS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TESTS_ASAN 1
#elif __has_feature(thread_sanitizer)
#define TESTS_TSAN 1
#endif
#endif

#endif
