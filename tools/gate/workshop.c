/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "process.h"
#include "side.h"

/* What a signal has to clean up. */
static char guarded[PATH_MAX / 4];

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void clean_up(void)
{
	if (*guarded)
		remove_tree(guarded);
}

enum status workshop_open(struct workshop *shop)
{
	const char *tmp = getenv("TMPDIR");

	path_make(shop->dir, sizeof(shop->dir), "%s/riotlb-gate.XXXXXX",
		  tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(shop->dir)) {
		enum status status = say(STATUS_INTERNAL, "%s: %s", shop->dir,
					 strerror(errno));

		shop->dir[0] = '\0';
		return status;
	}
	path_make(shop->log, sizeof(shop->log), "%s/log", shop->dir);
	if (!shop->keep)
		memcpy(guarded, shop->dir, sizeof(guarded));
	process_guard(clean_up);
	return STATUS_PASS;
}

void workshop_close(struct workshop *shop)
{
	if (!*shop->dir)
		return;
	if (shop->keep)
		say_note("everything is left in %s", shop->dir);
	else
		remove_tree(shop->dir);
	guarded[0] = '\0';
	shop->dir[0] = '\0';
}
