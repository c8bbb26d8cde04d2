/* SPDX-License-Identifier: MIT */
/* Reading an input of a fuzzer; past its end everything is 0. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t bytes_u8(struct bytes *b)
{
	if (!b->left)
		return 0;
	b->left--;
	return *b->at++;
}

/* Least significant byte first, so that inputs mean the same everywhere. */
static inline uint64_t bytes_word(struct bytes *b, unsigned int size)
{
	uint64_t word = 0;

	for (unsigned int i = 0; i < size; i++)
		word |= (uint64_t)bytes_u8(b) << (8 * i);
	return word;
}

#endif
