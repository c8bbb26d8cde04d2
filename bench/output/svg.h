/* SPDX-License-Identifier: MIT */
/* gnuplot as a child: a script in, SVG for the inside of HTML out. */
#ifndef BENCH_OUTPUT_SVG_H
#define BENCH_OUTPUT_SVG_H

#include <stdio.h>

/*
 * Every id in the SVG begins with `name`, so that many can be in one page. 0,
 * -ENOENT: there is no gnuplot; -EIO: it failed, `out` has nothing of it, and
 * the reason is on standard error.
 */
int svg_draw(FILE *out, const char *script, const char *name,
	     const char *css_class, const char *description);

#endif
