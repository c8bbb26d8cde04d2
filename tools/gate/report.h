/* SPDX-License-Identifier: MIT */
/* What a comparison looks like, for people and for programs. */
#ifndef RIOTLB_GATE_REPORT_H
#define RIOTLB_GATE_REPORT_H

#include <stdio.h>

#include "model.h"

/* Under 100 columns; colours only on a terminal, unless NO_COLOR is set. */
void report_terminal(const struct gate *gate, FILE *out);

/* All files, into a directory that is made if it is not there. */
enum status report_write(const struct gate *gate, const char *dir);

/* ---- the files: 0 or -errno --------------------------------------------- */

int report_markdown(const struct gate *gate, FILE *file);
int report_junit(const struct gate *gate, FILE *file);
int report_gbench(const struct gate *gate, FILE *file);
int report_html(const struct gate *gate, FILE *file);

#endif
