/* SPDX-License-Identifier: MIT */
#include <stdint.h>

static inline uint32_t bad_low_half(uint64_t word)
{
	return word;
}
