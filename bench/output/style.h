/* SPDX-License-Identifier: MIT */
/* style.css, compiled in. */
#ifndef BENCH_OUTPUT_STYLE_H
#define BENCH_OUTPUT_STYLE_H

#include <stddef.h>

extern const unsigned char html_style[];
extern const size_t html_style_size;

#endif
