/* SPDX-License-Identifier: MIT */
/*
 * Answers a line of standard input each: "rank CENTRE V...", "centre LEVEL
 * V...", "rate HITS N LEVEL", "normal P", "holm P...".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

static size_t numbers(char *at, double *values, size_t max)
{
	size_t n = 0;
	char *past;

	for (; n < max; n++) {
		values[n] = strtod(at, &past);
		if (past == at)
			break;
		at = past;
	}
	return n;
}

static void answer(const char *what, const double *v, size_t n)
{
	struct stats_centre c;
	double out[STATS_MAX_PAIRS];

	if (strcmp(what, "rank") == 0)
		printf("%.17g\n", stats_signed_rank(v + 1, n - 1, v[0]));
	else if (strcmp(what, "centre") == 0 &&
		 !stats_centre(v + 1, n - 1, v[0], &c))
		printf("%.17g %.17g %.17g\n", c.estimate, c.low, c.high);
	else if (strcmp(what, "rate") == 0)
		printf("%.17g %.17g\n",
		       stats_rate_low((size_t)v[0], (size_t)v[1], v[2]),
		       stats_rate_high((size_t)v[0], (size_t)v[1], v[2]));
	else if (strcmp(what, "normal") == 0)
		printf("%.17g\n", stats_normal_quantile(v[0]));
	else if (strcmp(what, "holm") == 0 && !stats_holm(v, n, out))
		for (size_t i = 0; i < n; i++)
			printf("%.17g%c", out[i], i + 1 < n ? ' ' : '\n');
	else
		exit(1);
}

int main(void)
{
	static char line[1 << 16];
	double values[STATS_MAX_PAIRS];

	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line + strcspn(line, " ");

		if (*rest)
			*rest++ = '\0';
		answer(line, values, numbers(rest, values, STATS_MAX_PAIRS));
	}
	return 0;
}
