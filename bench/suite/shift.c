/* SPDX-License-Identifier: MIT */
#include "shift.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *suite_need(void *memory)
{
	if (!memory) {
		fputs("riotlb-bench: out of memory\n", stderr);
		exit(EXIT_CANNOT);
	}
	return memory;
}

void shift_refuse(struct suite *suite, struct shift *shift,
		  enum row_state state, const char *why)
{
	for (size_t i = 0; i < shift->outputs; i++) {
		if (shift->out[i].row)
			results_refuse(suite->results, shift->out[i].row, state,
				       why);
	}
	shift->failed = true;
}

void shift_wrong(struct suite *suite, struct shift *shift, const char *why)
{
	for (size_t i = 0; i < shift->outputs; i++) {
		if (shift->out[i].row)
			suite_wrong(suite, shift->out[i].row, why);
	}
	shift->failed = true;
}

static void play(struct suite *suite, struct shift *shift, size_t round,
		 double seconds)
{
	int err = crew_run(shift->workers, shift->n, seconds);

	if (err) {
		shift_wrong(suite, shift,
			    err == -EIO ? "an update failed" : strerror(-err));
		return;
	}
	for (size_t i = 0; i < shift->outputs; i++) {
		struct shift_output *out = &shift->out[i];
		double rate = 0;

		for (size_t w = out->first; w < out->first + out->count; w++)
			rate += shift->workers[w].rate;
		out->samples[round] = rate / shift->unit;
	}
}

static void finish(struct suite *suite, struct shift *shift)
{
	for (size_t i = 0; i < shift->outputs; i++) {
		struct shift_output *out = &shift->out[i];

		if (out->row && !shift->failed)
			results_fill(suite->results, out->row, out->samples,
				     shift->rounds);
		free(out->samples);
		out->samples = NULL;
	}
}

void shifts_run(struct suite *suite, struct shift *shifts, size_t n,
		size_t rounds, double seconds)
{
	uint32_t *order = suite_need(calloc(n + 1, sizeof(*order)));

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < shifts[i].outputs; k++)
			shifts[i].out[k].samples =
				suite_need(calloc(rounds, sizeof(double)));
	}
	for (size_t round = 0; round < rounds; round++) {
		rng_permutation(&suite->rng, order, n);
		for (size_t i = 0; i < n; i++) {
			struct shift *shift = &shifts[order[i]];

			if (!shift->failed && round < shift->rounds)
				play(suite, shift, round, seconds);
		}
	}
	for (size_t i = 0; i < n; i++)
		finish(suite, &shifts[i]);
	free(order);
}
