/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include <string.h>

#include <endian.h>

#include <riotlb/detail/publish.h>

#include "check.h"

enum { NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 1 << 7, USED = 1 << 15 };
enum { EVENT_ON = 0, EVENT_OFF = 1, EVENT_AT = 2 };

void driver_put16(void *at, uint16_t value)
{
	__atomic_store_n((uint16_t *)at, htole16(value), __ATOMIC_RELEASE);
}

uint16_t driver_get16(const void *at)
{
	return le16toh(__atomic_load_n((const uint16_t *)at, __ATOMIC_ACQUIRE));
}

static uint32_t get32(const void *at)
{
	return le32toh(__atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE));
}

void driver_put64(void *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)at, htole64(value), __ATOMIC_RELEASE);
}

void driver_put_desc(void *table, uint32_t i, bool packed, uint64_t addr,
		     uint32_t len, uint16_t flags, uint16_t next_or_id)
{
	uint8_t *at = (uint8_t *)table + 16 * (size_t)i;
	uint64_t word = (uint64_t)flags << 32 | (uint64_t)next_or_id << 48;

	if (packed)
		word = (uint64_t)next_or_id << 32 | (uint64_t)flags << 48;
	driver_put64(at, addr);
	driver_put64(at + 8, word | len);
}

void driver_init(struct driver *d, struct arena *arena,
		 const struct virtq_config *kind)
{
	uint32_t num = kind->num;

	memset(d, 0, sizeof(*d));
	d->arena = arena;
	d->config = *kind;
	/* at ends of pages, so that they cross them */
	arena_alloc(arena, 2 * ARENA_PAGE - arena->used % ARENA_PAGE - 32, 1);
	d->desc = arena_alloc(arena, 16 * (size_t)num, 16);
	d->driver =
		arena_alloc(arena, kind->packed ? 4 : 6 + 2 * (size_t)num, 4);
	d->device =
		arena_alloc(arena, kind->packed ? 4 : 6 + 8 * (size_t)num, 4);
	d->config.desc = arena_iova(arena, d->desc);
	d->config.driver = arena_iova(arena, d->driver);
	d->config.device = arena_iova(arena, d->device);
	d->nfree = num;
	for (uint32_t i = 0; i < num; i++) {
		/* odd ones first */
		d->free[i] =
			(uint16_t)(2 * i < num ? 2 * i : 2 * (i - num / 2) + 1);
		if (num % 2)
			d->free[i] = (uint16_t)i;
		if (kind->indirect)
			d->table[i] =
				arena_alloc(arena, 16 * DRIVER_MAX_BUFFERS, 16);
	}
	d->slots = num;
	d->avail_wrap = d->used_wrap = true;
}

void driver_begin_at(struct driver *d, uint16_t index)
{
	check(!d->config.packed);
	d->avail = d->used = index;
	driver_put16(d->driver + 2, index);
	driver_put16(d->device + 2, index);
}

/* ---- adding ---------------------------------------------------- */

static uint16_t flags_of(unsigned i, unsigned nout, unsigned n)
{
	return (uint16_t)((i >= nout ? WRITE : 0) | (i + 1 < n ? NEXT : 0));
}

/* A table of all buffers; in a packed ring none of its entries says "next". */
static void fill_table(struct driver *d, void *table,
		       const struct driver_buffer *b, unsigned nout, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint16_t flags = flags_of(i, nout, n);

		if (d->config.packed)
			flags &= WRITE;
		driver_put_desc(table, i, d->config.packed,
				arena_iova(d->arena, b[i].data), b[i].len,
				flags, (uint16_t)(i + 1));
	}
}

static void add_split(struct driver *d, const struct driver_buffer *b,
		      unsigned nout, unsigned n, void *token)
{
	uint16_t head = d->free[d->nfree - 1];
	uint32_t slot = d->avail % d->config.num;

	if (d->config.indirect) {
		fill_table(d, d->table[head], b, nout, n);
		driver_put_desc(d->desc, head, false,
				arena_iova(d->arena, d->table[head]), 16 * n,
				INDIRECT, 0);
		d->nfree--;
	} else {
		for (unsigned i = 0; i < n; i++) {
			uint16_t at = d->free[--d->nfree];

			driver_put_desc(d->desc, at, false,
					arena_iova(d->arena, b[i].data),
					b[i].len, flags_of(i, nout, n),
					i + 1 < n ? d->free[d->nfree - 1] : 0);
		}
	}
	d->chain[head] = (uint16_t)(d->config.indirect ? 1 : n);
	d->token[head] = token;
	driver_put16(d->driver + 4 + 2 * (size_t)slot, head);
	d->avail++;
	driver_put16(d->driver + 2, d->avail);
}

static void put_packed(struct driver *d, uint64_t addr, uint32_t len,
		       uint16_t id, uint16_t flags, uint16_t *head_flags)
{
	uint8_t *at = d->desc + 16 * (size_t)d->avail;

	flags |= d->avail_wrap ? AVAIL : USED;
	if (head_flags) { /* the head is published last */
		*head_flags = flags;
		flags = driver_get16(at + 14);
	}
	driver_put_desc(d->desc, d->avail, true, addr, len, flags, id);
	if (++d->avail == d->config.num) {
		d->avail = 0;
		d->avail_wrap = !d->avail_wrap;
	}
	d->slots--;
}

static void add_packed(struct driver *d, const struct driver_buffer *b,
		       unsigned nout, unsigned n, void *token)
{
	uint16_t id = d->free[--d->nfree], head = d->avail, flags;

	if (d->config.indirect) {
		fill_table(d, d->table[id], b, nout, n);
		put_packed(d, arena_iova(d->arena, d->table[id]), 16 * n, id,
			   INDIRECT, &flags);
		n = 1;
	} else {
		for (unsigned i = 0; i < n; i++)
			put_packed(d, arena_iova(d->arena, b[i].data), b[i].len,
				   id, flags_of(i, nout, n),
				   i == 0 ? &flags : NULL);
	}
	d->chain[id] = (uint16_t)n;
	d->token[id] = token;
	driver_put16(d->desc + 16 * (size_t)head + 14, flags);
}

bool driver_add(struct driver *d, const struct driver_buffer *buffers,
		unsigned nout, unsigned nin, void *token)
{
	unsigned n = nout + nin, slots = d->config.indirect ? 1 : n;

	check(n > 0 && n <= DRIVER_MAX_BUFFERS);
	if (d->config.packed) {
		if (d->slots < slots || d->nfree == 0)
			return false;
		add_packed(d, buffers, nout, n, token);
		d->unkicked += slots;
	} else {
		if (d->nfree < slots)
			return false;
		add_split(d, buffers, nout, n, token);
		d->unkicked++;
	}
	return true;
}

bool driver_kick_due(struct driver *d)
{
	uint32_t added = d->unkicked;
	uint16_t flags, at;
	int32_t event;

	riotlb_fence_seq();
	d->unkicked = 0;
	if (!d->config.packed) {
		if (!d->config.event_idx)
			return !(driver_get16(d->device) & 1);
		at = driver_get16(d->device + 4 + 8 * (size_t)d->config.num);
		return (uint16_t)(d->avail - 1 - at) < added;
	}
	flags = driver_get16(d->device + 2);
	if (flags != EVENT_AT)
		return flags == EVENT_ON;
	at = driver_get16(d->device);
	event = at & 0x7fff;
	if (!!(at & 0x8000) != d->avail_wrap)
		event -= (int32_t)d->config.num;
	return event < d->avail && event >= d->avail - (int32_t)added;
}

/* ---- getting --------------------------------------------------- */

static void *get_split(struct driver *d, uint32_t *written)
{
	const uint8_t *at =
		d->device + 4 + 8 * (size_t)(d->used % d->config.num);
	uint16_t i;
	void *token;
	uint32_t id;

	if (driver_get16(d->device + 2) == d->used)
		return NULL;
	id = get32(at);
	*written = get32(at + 4);
	check(id < d->config.num && d->token[id]);
	token = d->token[id];
	d->token[id] = NULL;
	i = (uint16_t)id;
	for (unsigned n = d->chain[id]; n > 0; n--) {
		d->free[d->nfree++] = i;
		i = driver_get16(d->desc + 16 * (size_t)i + 14);
	}
	d->used++;
	return token;
}

static void *get_packed(struct driver *d, uint32_t *written)
{
	const uint8_t *at = d->desc + 16 * (size_t)d->used;
	uint16_t flags = driver_get16(at + 14), id;
	void *token;

	if (!!(flags & AVAIL) != d->used_wrap ||
	    !!(flags & USED) != d->used_wrap)
		return NULL;
	id = driver_get16(at + 12);
	*written = get32(at + 8);
	check(id < d->config.num && d->token[id]);
	check(!*written == !(flags & WRITE));
	token = d->token[id];
	d->token[id] = NULL;
	d->free[d->nfree++] = id;
	d->slots += d->chain[id];
	d->used = (uint16_t)(d->used + d->chain[id]);
	if (d->used >= d->config.num) {
		d->used = (uint16_t)(d->used - d->config.num);
		d->used_wrap = !d->used_wrap;
	}
	return token;
}

void *driver_get(struct driver *d, uint32_t *written)
{
	return d->config.packed ? get_packed(d, written)
				: get_split(d, written);
}

static bool is_pending(const struct driver *d)
{
	uint16_t flags;

	if (!d->config.packed)
		return driver_get16(d->device + 2) != d->used;
	flags = driver_get16(d->desc + 16 * (size_t)d->used + 14);
	return !!(flags & AVAIL) == d->used_wrap &&
	       !!(flags & USED) == d->used_wrap;
}

bool driver_calls_on(struct driver *d)
{
	size_t used_event = 4 + 2 * (size_t)d->config.num;

	if (!d->config.packed && d->config.event_idx)
		driver_put16(d->driver + used_event, d->used);
	if (!d->config.packed)
		driver_put16(d->driver, 0);
	if (d->config.packed && d->config.event_idx)
		driver_put16(d->driver,
			     (uint16_t)(d->used | (d->used_wrap ? 0x8000 : 0)));
	if (d->config.packed)
		driver_put16(d->driver + 2,
			     d->config.event_idx ? EVENT_AT : EVENT_ON);
	riotlb_fence_seq();
	return is_pending(d);
}

void driver_calls_off(struct driver *d)
{
	if (d->config.packed)
		driver_put16(d->driver + 2, EVENT_OFF);
	else if (!d->config.event_idx)
		driver_put16(d->driver, 1);
}
