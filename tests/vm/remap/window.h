/* SPDX-License-Identifier: MIT */
/*
 * One queue of an owner that changes its memory under the device. Its requests
 * read blocks into windows: addresses of a page each, behind which the owner
 * puts another page whenever it likes. A page that was taken away is looked at
 * later: since the message came back nobody may have written to it.
 */
#ifndef TESTS_VM_WINDOW_H
#define TESTS_VM_WINDOW_H

#include "driver.h"
#include "owner.h"
#include "requests.h"
#include "rng.h"

enum {
	WINDOWS = 8,
	BLOCK = ARENA_PAGE,
	BLOCKS = 256, /* of the disk, for each queue */
	REQUEST_SECTORS = BLOCK / 512,
};

struct window {
	struct request request; /* its data is an address, and not the page */
	uint8_t *page;
	uint64_t block;
	bool busy;
};

struct windows {
	unsigned index;
	struct arena *arena;
	struct driver driver;
	struct owner_queue queue;
	struct window windows[WINDOWS];
	uint8_t *spare;     /* a page that is mapped nowhere */
	uint8_t was[BLOCK]; /* what was in it when it was taken away */
	bool taken;
	struct rng rng;
	/* what has happened */
	uint64_t reads;
	uint64_t remaps;
	uint64_t into_old; /* remapped in flight, done in the old page */
	uint64_t into_new;
	uint64_t refused; /* as there was no page, and one was awaited */
};

/* Before the device is started. */
void windows_init(struct windows *w, struct arena *arena, unsigned index,
		  const struct virtq_config *kind);
void windows_map(struct windows *w);
/* Writes all blocks. */
void windows_fill(struct windows *w);
/* Reads into all windows, while one of them gets another page. */
void windows_remap(struct windows *w);
/* The same, but it gets none for a while. */
void windows_unmap(struct windows *w);

#endif
