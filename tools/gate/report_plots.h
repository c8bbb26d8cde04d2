/* SPDX-License-Identifier: MIT */
/* Drawings for the page, as SVG; they take its colours. */
#ifndef RIOTLB_GATE_REPORT_PLOTS_H
#define RIOTLB_GATE_REPORT_PLOTS_H

#include <stdio.h>

#include "model.h"

/* The effect with its interval, over the band that does not matter. */
void plot_effect(FILE *out, const struct gate *gate,
		 const struct gate_row *row);

/* Every pair's effect over the time at which it was measured. */
void plot_pairs(FILE *out, const struct gate *gate, const struct gate_row *row);

#endif
