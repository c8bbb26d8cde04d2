/* SPDX-License-Identifier: MIT */
/*
 * Is AddressSanitizer at work? As RIOTLB_TSAN in riotlb/export.h.
 */
#ifndef TESTS_SANITIZER_H
#define TESTS_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define TESTS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TESTS_ASAN 1
#endif
#endif

#endif
