/* SPDX-License-Identifier: MIT */
#include "window.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"

/* Seconds until a request that is not done is taken for lost. */
#define PATIENCE_MS 30000

/* ---- blocks ------------------------------------------------------------ */

/* Each word of the disk differs from every other. */
static uint64_t word_of(const struct windows *w, uint64_t block, size_t i)
{
	uint64_t n = (w->index * BLOCKS + block) * (BLOCK / 8) + i;

	return (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void put_block(const struct windows *w, uint8_t *page, uint64_t block)
{
	for (size_t i = 0; i < BLOCK / 8; i++) {
		uint64_t word = word_of(w, block, i);

		memcpy(page + 8 * i, &word, 8);
	}
}

static bool has_block(const struct windows *w, const uint8_t *page,
		      uint64_t block)
{
	uint8_t wanted[BLOCK];

	put_block(w, wanted, block);
	return memcmp(page, wanted, BLOCK) == 0;
}

/* ---- requests ---------------------------------------------------------- */

static uint64_t sector(const struct windows *w, uint64_t block)
{
	return (w->index * BLOCKS + block) * REQUEST_SECTORS;
}

static void submit(struct windows *w, struct window *window, uint32_t type)
{
	check(request_add(&window->request, &w->driver, type,
			  sector(w, window->block), BLOCK, BLOCK));
	window->busy = true;
}

static void kick(struct windows *w)
{
	if (driver_kick_due(&w->driver))
		check_eq(eventfd_write(w->queue.kick, 1), 0);
}

static bool any_busy(const struct windows *w)
{
	for (int i = 0; i < WINDOWS; i++)
		if (w->windows[i].busy)
			return true;
	return false;
}

static void take(struct windows *w)
{
	struct request *request;

	while ((request = request_get(&w->driver)))
		for (int i = 0; i < WINDOWS; i++)
			if (request == &w->windows[i].request)
				w->windows[i].busy = false;
}

/* Waits until all requests are done. */
static void settle(struct windows *w)
{
	struct pollfd fd = { .fd = w->queue.call, .events = POLLIN };
	eventfd_t calls;

	for (;;) {
		take(w);
		if (!any_busy(w))
			return;
		if (driver_calls_on(&w->driver))
			continue;
		if (poll(&fd, 1, PATIENCE_MS) == 0)
			check_fail("queue %u: a request is lost", w->index);
		eventfd_read(w->queue.call, &calls);
	}
}

static void check_status(const struct windows *w, const struct window *window,
			 uint8_t wanted)
{
	if (*window->request.status != wanted)
		check_fail("queue %u, block %ju: status %u, not %u", w->index,
			   (uintmax_t)window->block, *window->request.status,
			   wanted);
}

static void check_read(struct windows *w, const struct window *window)
{
	check_status(w, window, VIRTIO_BLK_S_OK);
	if (!has_block(w, window->page, window->block))
		check_fail("queue %u: block %ju is not what was written",
			   w->index, (uintmax_t)window->block);
	w->reads++;
}

/* ---- life -------------------------------------------------------------- */

void windows_init(struct windows *w, struct arena *arena, unsigned index,
		  const struct virtq_config *kind)
{
	*w = (struct windows){ .index = index, .arena = arena };
	w->rng.state = index + 1;
	driver_init(&w->driver, arena, kind);
	w->queue.config = w->driver.config;
	for (int i = 0; i < WINDOWS; i++) {
		struct request *r = &w->windows[i].request;

		r->capacity = BLOCK;
		r->header = arena_alloc(arena, sizeof(*r->header), 16);
		r->status = arena_alloc(arena, 1, 1);
	}
}

void windows_map(struct windows *w)
{
	for (int i = 0; i < WINDOWS; i++) {
		struct window *window = &w->windows[i];

		window->page = arena_alloc(w->arena, BLOCK, BLOCK);
		window->request.data = window->page;
		owner_map(arena_iova(w->arena, window->page), BLOCK,
			  window->page);
	}
	w->spare = arena_alloc(w->arena, BLOCK, BLOCK);
}

void windows_fill(struct windows *w)
{
	for (uint64_t block = 0; block < BLOCKS; block += WINDOWS) {
		for (int i = 0; i < WINDOWS; i++) {
			struct window *window = &w->windows[i];

			window->block = block + (uint64_t)i;
			put_block(w, window->page, window->block);
			submit(w, window, VIRTIO_BLK_T_OUT);
		}
		kick(w);
		settle(w);
		for (int i = 0; i < WINDOWS; i++)
			check_status(w, &w->windows[i], VIRTIO_BLK_S_OK);
	}
}

/* ---- changes ----------------------------------------------------------- */

/* Into every window, and returns before it is done. */
static void read_all(struct windows *w)
{
	for (int i = 0; i < WINDOWS; i++) {
		struct window *window = &w->windows[i];

		window->block = rng_below(&w->rng, BLOCKS);
		memset(window->page, 0xee, BLOCK);
		submit(w, window, VIRTIO_BLK_T_IN);
	}
	kick(w);
}

static void check_others(struct windows *w, const struct window *changed)
{
	for (int i = 0; i < WINDOWS; i++)
		if (&w->windows[i] != changed)
			check_read(w, &w->windows[i]);
}

/* The message has come back: whatever is in the page, it stays. */
static void take_away(struct windows *w, uint8_t *page)
{
	w->spare = page;
	memcpy(w->was, page, BLOCK);
	w->taken = true;
}

static void check_taken(struct windows *w)
{
	if (w->taken && memcmp(w->spare, w->was, BLOCK) != 0)
		check_fail("queue %u: a page was written after it was taken "
			   "away",
			   w->index);
	w->taken = false;
}

static uint64_t iova_of(const struct windows *w, const struct window *window)
{
	return arena_iova(w->arena, window->request.data);
}

void windows_remap(struct windows *w)
{
	struct window *window = &w->windows[rng_below(&w->rng, WINDOWS)];
	uint8_t *page = w->spare;

	check_taken(w); /* of the last time, all of whose requests are done */
	memset(page, 0xee, BLOCK);
	read_all(w);
	owner_remap(iova_of(w, window), BLOCK, page);
	take_away(w, window->page);
	window->page = page;
	w->remaps++;
	settle(w);
	check_others(w, window);
	check_status(w, window, VIRTIO_BLK_S_OK);
	if (has_block(w, window->page, window->block))
		w->into_new++;
	else if (has_block(w, w->was, window->block))
		w->into_old++;
	else
		check_fail("queue %u: block %ju is neither in the old page nor "
			   "in the new one",
			   w->index, (uintmax_t)window->block);
}

void windows_unmap(struct windows *w)
{
	struct window *window = &w->windows[rng_below(&w->rng, WINDOWS)];
	uint8_t *page = w->spare;

	check_taken(w);
	memset(page, 0xee, BLOCK);
	read_all(w);
	owner_unmap(iova_of(w, window), BLOCK);
	take_away(w, window->page);
	settle(w);
	check_others(w, window);
	if (*window->request.status == VIRTIO_BLK_S_OK) {
		check(has_block(w, w->was, window->block));
	} else {
		check_status(w, window, VIRTIO_BLK_S_IOERR);
		w->refused++;
	}
	/* and now there certainly is none */
	submit(w, window, VIRTIO_BLK_T_IN);
	kick(w);
	settle(w);
	check_status(w, window, VIRTIO_BLK_S_IOERR);
	w->refused++;
	check_taken(w);
	owner_map(iova_of(w, window), BLOCK, page);
	window->page = page;
	submit(w, window, VIRTIO_BLK_T_IN);
	kick(w);
	settle(w);
	check_read(w, window);
}
