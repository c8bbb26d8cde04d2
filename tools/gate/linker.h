/* SPDX-License-Identifier: MIT */
/*
 * The programs that are measured. Where the code of a function lies decides as
 * much about its speed as a small change does, so a side is linked many times,
 * each time with its object files in another order and with other gaps.
 */
#ifndef RIOTLB_GATE_LINKER_H
#define RIOTLB_GATE_LINKER_H

#include <stdint.h>

#include "side.h"
#include "sources.h"

struct linker {
	struct library *library;
	enum program program;
	char *callers[OBJECTS_MAX]; /* the compiled sources of the program */
	size_t caller_count;
	char urcu_libs[128];
	uint64_t seed;
};

/* Compiles a program's sources against the library's headers. */
enum status linker_open(struct linker *linker, enum program program,
			struct library *library, const char *cc,
			const char *flags, uint64_t seed);
void linker_close(struct linker *linker);

/*
 * Links the layout of a number, unless that is done; 0 is the order in which
 * the files come. `path` gets the program's name, which has the same length for
 * all of them.
 */
enum status linker_link(struct linker *linker, unsigned layout,
			char path[PATH_MAX]);

#endif
