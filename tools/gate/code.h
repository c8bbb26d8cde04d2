/* SPDX-License-Identifier: MIT */
/* What is in object files: is it the same code, and how was it compiled? */
#ifndef RIOTLB_GATE_CODE_H
#define RIOTLB_GATE_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct code {
	uint64_t hash[2];
	char compiler[256]; /* of .comment; several are joined by ", " */
	bool assertions;    /* __assert_fail or riotlb's own is called */
};

/*
 * Adds an ELF file, of this machine's class and byte order, to what is known.
 * The hash is over everything that is loaded with it (code, constants, data)
 * and over its relocations with the names that they are about, and does not
 * depend on paths, dates, debugging information, or the order of the files.
 * 0, -errno, or -ENOEXEC.
 */
int code_add(struct code *code, const char *path);

/* As 32 digits and a zero. */
void code_text(const struct code *code, char text[33]);

#endif
