/* SPDX-License-Identifier: MIT */
/*
 * The translation structure as lookups see it. core/README.md draws it.
 *
 * A table is a trie over the IOVA. Every slot is one 64-bit word and covers a
 * naturally aligned span of 2^shift bytes:
 *
 *   EMPTY   0: nothing is mapped
 *   PAGE    the whole span is mapped; delta, permission and marks are inline
 *   NODE    64-aligned pointer | width << 2: a child of 2^width slots that
 *           covers exactly this span
 *   WINDOW  64-aligned pointer | 4: a child that covers some of the span and
 *           says where; outside of it nothing is mapped (path compression)
 *   PACK    64-aligned pointer: up to RIOTLB_PACK_MAX entries, sorted, disjoint
 *
 * delta is host - iova modulo 2^64. In a PAGE, and in the word of a pack's
 * entry, its upper 52 bits stand where they belong; PAGE requires the lower 12
 * to be 0, a pack's entry has them beside it. So all parts of one mapping carry
 * the same bits, and "does the host address continue" is one comparison.
 *
 * The marks START and LAST say that the part begins or ends its mapping.
 * Lookups ignore them; they are what tells two adjacent mappings with equal
 * delta and permission apart.
 *
 * ABI: this header and walk.h are compiled into callers that use inline.h; such
 * callers are recompiled with every minor version. Others see no more of it
 * than that an engine begins with the pointer to its flavour (rcu.h).
 */
#ifndef RIOTLB_DETAIL_LAYOUT_H
#define RIOTLB_DETAIL_LAYOUT_H

#include <stdint.h>

#include <riotlb/detail/publish.h>

#define RIOTLB_TAG_MASK UINT64_C(3)
#define RIOTLB_TAG_PAGE UINT64_C(1)
#define RIOTLB_TAG_NODE UINT64_C(2)
#define RIOTLB_TAG_PACK UINT64_C(3)   /* with bit 2 clear */
#define RIOTLB_TAG_WINDOW UINT64_C(7) /* tag 3 with bit 2 set */
#define RIOTLB_TAG3_MASK UINT64_C(7)

#define RIOTLB_PTR_MASK (~UINT64_C(63))
#define RIOTLB_WIDTH_SHIFT 2
#define RIOTLB_WIDTH_MASK UINT64_C(15)

/* Widest node: its slots take 4 KiB. */
#if defined(RIOTLB_TINY)
#define RIOTLB_FULL_WIDTH 2
#elif !defined(RIOTLB_FULL_WIDTH) /* bench/widths tries others */
#define RIOTLB_FULL_WIDTH 9
#endif
#define RIOTLB_FULL_NODE \
	((uint64_t)RIOTLB_FULL_WIDTH << RIOTLB_WIDTH_SHIFT | RIOTLB_TAG_NODE)

#define RIOTLB_PERM_SHIFT 2
#define RIOTLB_MARK_START UINT64_C(0x10)
#define RIOTLB_MARK_LAST UINT64_C(0x20)
#define RIOTLB_MARKS (RIOTLB_MARK_START | RIOTLB_MARK_LAST)
#define RIOTLB_DELTA_MASK (~UINT64_C(0xfff))
/* what decides whether a translation continues into the next part */
#define RIOTLB_PERM_MASK UINT64_C(0xc)

/* Most entries of a pack. */
#if defined(RIOTLB_TINY)
#define RIOTLB_PACK_MAX 2
#elif !defined(RIOTLB_PACK_MAX) /* bench/widths tries others */
#define RIOTLB_PACK_MAX 8
#endif

enum riotlb_kind {
	RIOTLB_KIND_NODE,
	RIOTLB_KIND_WINDOW,
	RIOTLB_KIND_PACK,
	RIOTLB_KIND_TABLE,
	RIOTLB_KIND_SIDE,   /* the side array of a node, window or table */
	RIOTLB_KIND_RECORD, /* a mapping's ticket for the retire callback */
	RIOTLB_KIND_CHUNK,  /* an edit's own bookkeeping, never published */
};

/*
 * Head of everything that is allocated for a table. `next` links private or
 * retired objects. Lookups read only `width` and `count`, written before
 * publication.
 */
struct riotlb_object {
	struct riotlb_object *next;
	uint32_t bytes;
	uint8_t kind;
	uint8_t width; /* NODE; PACK: is there a low? */
	/* PACK: entries, dead ones included; RECORD: 1 if not to be reported */
	uint16_t count;
} __attribute__((aligned(8))); /* words follow, also on 32-bit machines */

/* side: pointer (as a word) to one word per slot, for updaters only */
struct riotlb_node {
	struct riotlb_object obj;
	uint64_t side;
	uint64_t pad;
	/* slots follow */
};

struct riotlb_window {
	struct riotlb_object obj;
	uint64_t side;
	uint64_t base; /* multiple of the slot span */
	uint64_t nslots;
	uint32_t shift; /* lg2 of the slot span */
	/*
	 * Of a table's root only, for the straight path of lookups: lg2 of the
	 * slot span of a full node that is one level down, the last offset in a
	 * root slot, and nslots again. All three are 0 if a root slot is too
	 * small to have such a node: that takes every lookup off the path.
	 */
	uint32_t fine;
	uint64_t reach;
	uint64_t quick;
	/* slots follow */
};

/*
 * Root of a table. All fields but the slots are immutable to readers; the
 * totals are written by updaters that hold the AS exclusively.
 */
struct riotlb_table {
	uint64_t id;       /* unique in its AS: tags the stripes' counters */
	uint64_t mappings; /* of the table, without the stripes' share */
	uint64_t bytes_lo;
	uint64_t bytes_hi;
	uint64_t table_bytes;   /* of every object below, and of this one */
	uint64_t retired_as;    /* bytes it was accounted with when retired */
	uint64_t retired_whole; /* retired with all that hangs below it */
	uint64_t retired_shell; /* but its mappings live on in another table */
	struct riotlb_window root;
};

#ifndef __cplusplus
_Static_assert(sizeof(struct riotlb_object) == 16 || sizeof(void *) != 8,
	       "object head");
_Static_assert(sizeof(struct riotlb_window) == 64 || sizeof(void *) != 8,
	       "window head fills a cache line");
#endif

static inline uint64_t *riotlb_node_slots(const struct riotlb_node *node)
{
	return (uint64_t *)(uintptr_t)(node + 1);
}

static inline uint64_t *riotlb_window_slots(const struct riotlb_window *window)
{
	return (uint64_t *)(uintptr_t)(window + 1);
}

/*
 * Pack of n entries. Behind the head stand start[n], n pairs of last and word,
 * side[n] and low[n], so that a lookup goes through the starts and then to one
 * pair. start, last and low never change; word is 0 when the entry is dead,
 * else a PAGE word; side is for updaters only. The head's width is 0 if no
 * entry has a low other than 0: then nobody need look.
 */
struct riotlb_pack {
	struct riotlb_object obj;
};

static inline uint64_t *riotlb_pack_starts(const struct riotlb_pack *pack)
{
	return (uint64_t *)(uintptr_t)(pack + 1);
}

static inline uint64_t *riotlb_pack_last_at(const struct riotlb_pack *pack,
					    unsigned int i)
{
	return riotlb_pack_starts(pack) + pack->obj.count + 2u * i;
}

static inline uint64_t *riotlb_pack_word_at(const struct riotlb_pack *pack,
					    unsigned int i)
{
	return riotlb_pack_last_at(pack, i) + 1;
}

static inline uint64_t *riotlb_pack_side_at(const struct riotlb_pack *pack,
					    unsigned int i)
{
	return riotlb_pack_starts(pack) + 3u * pack->obj.count + i;
}

static inline uint16_t *riotlb_pack_low_at(const struct riotlb_pack *pack,
					   unsigned int i)
{
	return (uint16_t *)(uintptr_t)(riotlb_pack_starts(pack) +
				       4u * pack->obj.count) +
	       i;
}

/* ---- what an AS and a group are to a lookup -------------------- */

#define RIOTLB_CACHE_LINE 64

/* One cache line per AS: lookups of one AS never share a line with another. */
struct riotlb_head {
	uint64_t table; /* struct riotlb_table *, as a word [P1] */
	uint64_t epoch; /* stamps: changes of the whole AS [P5] */
	uint64_t wide;  /* stamps: of wide ranges; by the exclusive holder */
	uint64_t resets;
	uint64_t space; /* struct riotlb_space *, constant; for stamps */
	uint64_t pad[3];
};

struct riotlb_binding {
	uint64_t head;    /* struct riotlb_head *, as a word [P4] */
	uint64_t rebinds; /* stamps: changes of this binding [P5] */
};

/* The part of an engine that lookups use; all constant after creation. */
struct riotlb_front {
	const struct rcu_flavor_struct *flavor; /* must be first: rcu.h */
	uint32_t nas;
	uint32_t ngroups;
	struct riotlb_head *heads;
	struct riotlb_binding *groups;
};

#endif
