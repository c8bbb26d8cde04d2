/* SPDX-License-Identifier: MIT */
#ifndef TORTURE_OPTIONS_H
#define TORTURE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct options {
	uint64_t seconds;
	uint64_t round; /* seconds at most */
	uint64_t seed;
	const char *json; /* NULL: none; "-": standard output */
	bool memb;
	bool qsbr;
	bool capped;
	bool plain;
	unsigned int readers;
	unsigned int updaters;
	unsigned int mortal; /* one block in so many is unmapped */
	uint64_t cap;        /* backlog_cap */
};

/* Ends the program: with status 2 on bad usage, 0 after --help. */
struct options options_parse(int argc, char **argv);

#endif
