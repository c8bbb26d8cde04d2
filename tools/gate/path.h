/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_GATE_PATH_H
#define RIOTLB_GATE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* False, and an empty text, where it does not fit. */
bool path_make(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
