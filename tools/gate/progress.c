/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define WIDTH 30

static bool shown;

void gate_progress(const char *what, double done, double seconds_left)
{
	char bar[WIDTH + 1];
	int full = (int)(done * WIDTH);

	if (!isatty(STDERR_FILENO))
		return;
	for (int i = 0; i < WIDTH; i++)
		bar[i] = i < full ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%-12s [%s] %3.0f %%, %.0f s left\033[K", what, bar,
		done * 100, seconds_left > 0 ? seconds_left : 0);
	fflush(stderr);
	shown = true;
}

void gate_progress_end(void)
{
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	shown = false;
}
