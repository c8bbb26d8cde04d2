/* SPDX-License-Identifier: MIT */
/* What can be counted in a library without running it. */
#ifndef RIOTLB_GATE_COUNT_CODE_H
#define RIOTLB_GATE_COUNT_CODE_H

#include <stddef.h>
#include <stdio.h>

struct count_code {
	size_t text;         /* bytes in sections of code */
	size_t instructions; /* that were looked at */
	size_t fences;
};

/* The output of objdump -h -w: adds to text. */
void count_code_sections(FILE *objdump, struct count_code *code);
/* The output of objdump -d -w --no-show-raw-insn: adds to the others. */
void count_code_instructions(FILE *objdump, struct count_code *code);

/* 0; -ENOENT: there is no objdump; -EIO: it failed, or found no code. */
int count_code(const char *library, struct count_code *code);

#endif
