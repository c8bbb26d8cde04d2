/* SPDX-License-Identifier: MIT */
/* Assertions of invariants: on in builds with RIOTLB_DEBUG, free elsewhere. */
#ifndef RIOTLB_CORE_CHECK_H
#define RIOTLB_CORE_CHECK_H

#ifdef RIOTLB_DEBUG
/* Reports and stops; supplied by the platform file. */
_Noreturn void riotlb_check_failed(const char *what, const char *file,
				   int line);
#define RIOTLB_ASSERT(x) \
	((x) ? (void)0 : riotlb_check_failed(#x, __FILE__, __LINE__))
#else
#define RIOTLB_ASSERT(x) ((void)sizeof(!(x)))
#endif

#endif
