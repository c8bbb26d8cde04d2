/* SPDX-License-Identifier: MIT */
/*
 * What a trace may ask of the program at most, so that no file, however it was
 * made, takes unbounded memory or time. A test build lowers them.
 */
#ifndef RIOTLB_CLI_LIMITS_H
#define RIOTLB_CLI_LIMITS_H

/* Bytes of one line, without its newline. */
#define LIMIT_LINE 4096u

/* Domains of one trace; each gets an address space. */
#define LIMIT_DOMAINS 4096

/* Endpoints of one trace; each gets a group, of which an engine has 2^16. */
#define LIMIT_ENDPOINTS 65536

/* Events of one trace; 32 bytes each. */
#ifndef LIMIT_EVENTS
#define LIMIT_EVENTS ((size_t)1 << 24)
#endif

/*
 * Bytes of one trace after decompression. Also the most that an xz dictionary
 * can fill of what it claims, which libarchive does not limit; and what keeps
 * line numbers below 2^32.
 */
#ifndef LIMIT_TEXT
#define LIMIT_TEXT ((uint64_t)2 << 30)
#endif

/* Lookups that the maps of one ftrace ask for, one per page (4 TiB). */
#ifndef LIMIT_PAGES
#define LIMIT_PAGES ((uint64_t)1 << 30)
#endif

/* Memory of the engine, in bytes. */
#ifndef LIMIT_TABLE
#define LIMIT_TABLE ((uint64_t)4 << 30)
#endif

#endif
