/* SPDX-License-Identifier: MIT */
#ifndef BENCH_OUTPUT_HTML_H
#define BENCH_OUTPUT_HTML_H

#include <stdio.h>

#include "output.h"
#include "pivot.h"

/* With what means something in HTML escaped, in text and in attributes. */
void html_text(FILE *out, const char *text);

/* A writer of output.c. */
int html_report(const struct output_run *run, FILE *file);

/* ---- the parts of the page; 0 or -errno --------------------------------- */

void html_bars(FILE *out, const struct bar *bars);
int html_figures(FILE *out, const struct results *results);
int html_tables(FILE *out, const struct results *results);

#endif
