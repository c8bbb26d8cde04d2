/* SPDX-License-Identifier: MIT */
/*
 * The memory that owners of a device map: a hole without memory, two files of
 * 16 pages, shared, side by side, and then anonymous pages. An address in it is
 * known by its place, which is what both sides' tables are compared by.
 */
#ifndef TESTS_VM_MEMORY_H
#define TESTS_VM_MEMORY_H

#include <stdint.h>

#define PAGE UINT64_C(4096)
#define FILE_PAGES UINT64_C(16)

enum area {
	HOLE,      /* of FILE_PAGES, below FILE_A */
	FILE_A,    /* the offset is that in the file, which may lie outside */
	FILE_B,    /* directly above FILE_A */
	ANONYMOUS, /* FILE_PAGES, directly above FILE_B */
	ABOVE,     /* where no process has memory; also any other address */
};

struct place {
	enum area area;
	uint64_t offset; /* modulo 2^64 */
};

/* Ends the process if there is no memory. */
void memory_create(void);

uint64_t memory_address(struct place place);
struct place memory_place(uint64_t address);

/* What is at `offset` of an open file, if that is one of the two. */
struct place memory_of_file(int fd, uint64_t offset);

#endif
