/* SPDX-License-Identifier: MIT */
/* Words and numbers that several reports share. */
#ifndef RIOTLB_GATE_REPORT_TEXT_H
#define RIOTLB_GATE_REPORT_TEXT_H

#include "model.h"

#define CELL 48

/* Worst first; controls last. To be freed; NULL: no memory. */
const struct gate_row **report_order(const struct gate *gate);

/* "+5.1 %" of an effect; "" if there is none. */
void report_effect(const struct gate_row *row, double effect, char cell[CELL]);
/* "[+4.8, +5.4]" */
void report_interval(const struct gate_row *row, char cell[CELL]);
/* "2.3 %", "-" where nothing would have been seen. */
void report_visible(const struct gate_row *row, char cell[CELL]);
/* A value of the row, with the unit that fits. */
void report_value(const struct gate_row *row, double value, char cell[CELL]);

/* What was found of a row, as all reports write it. */
struct report_cells {
	char base[CELL];
	char head[CELL];
	char effect[CELL];
	char interval[CELL];
	char visible[CELL];
};

void report_cells(const struct gate_row *row, struct report_cells *cells);

/* The sign of a verdict, in ASCII: "ok", "!!", "??", "++" for faster. */
const char *report_sign(const struct gate_row *row);
/* The verdict, or what stands for it: "control", "new", "removed", "faster". */
const char *report_word(const struct gate_row *row);

/* One line that says it all. */
void report_headline(const struct gate *gate, char *text, size_t size);

#endif
