/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define BAR_WIDTH 30
#define REDRAW_NS 100000000u

static struct {
	const char *what;
	const char *file;
	uint64_t total;
	uint64_t drawn_at; /* 0: not yet */
	bool shown;        /* the bar is on the screen */
} bar;

static bool on_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_begin(const char *what, const char *file, uint64_t total)
{
	if (!on_terminal())
		return;
	bar.what = what;
	bar.file = file;
	bar.total = total;
	bar.drawn_at = 0;
}

static void draw(uint64_t done)
{
	char blocks[BAR_WIDTH + 1];
	size_t length = strlen(bar.file);
	unsigned int percent = 0; /* also where the total is not known */
	unsigned int full;

	if (bar.total)
		percent =
			(unsigned int)((double)done / (double)bar.total * 100);
	if (percent > 100)
		percent = 100;
	full = percent * BAR_WIDTH / 100;
	memset(blocks, '.', BAR_WIDTH);
	memset(blocks, '#', full);
	blocks[BAR_WIDTH] = '\0';
	/* the end of a path says more than its start */
	fprintf(stderr, "\r%-9s [%s] %3u%% %.30s\033[K", bar.what, blocks,
		percent, length > 30 ? bar.file + length - 30 : bar.file);
	fflush(stderr);
	bar.shown = true;
}

void progress_at(uint64_t done)
{
	uint64_t now;

	if (!bar.what)
		return;
	now = clock_ns();
	if (bar.drawn_at && now - bar.drawn_at < REDRAW_NS)
		return;
	bar.drawn_at = now;
	draw(done);
}

void progress_clear(void)
{
	if (!bar.shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	bar.shown = false;
	bar.drawn_at = 0;
}

void progress_end(void)
{
	progress_clear();
	bar.what = NULL;
}
