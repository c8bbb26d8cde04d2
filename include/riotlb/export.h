/* SPDX-License-Identifier: MIT */
/*
 * Compiler annotations of the public headers. Nothing here is needed to read
 * the API: RIOTLB_API marks an exported symbol, the rest are checks.
 */
#ifndef RIOTLB_EXPORT_H
#define RIOTLB_EXPORT_H

#define RIOTLB_API __attribute__((visibility("default")))
#define RIOTLB_MUST_CHECK __attribute__((warn_unused_result))

/* Is ThreadSanitizer at work? clang has __has_feature, gcc a macro. */
#if defined(__SANITIZE_THREAD__)
#define RIOTLB_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RIOTLB_TSAN 1
#endif
#endif

#ifdef __cplusplus
#define RIOTLB_BEGIN_DECLS extern "C" {
#define RIOTLB_END_DECLS }
#else
#define RIOTLB_BEGIN_DECLS
#define RIOTLB_END_DECLS
#endif

#endif
