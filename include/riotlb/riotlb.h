/* SPDX-License-Identifier: MIT */
/*
 * riotlb: an IOTLB engine for drivers and device models.
 *
 * An engine translates device-visible addresses (IOVA) to host addresses. It
 * holds `nas` address spaces (AS), numbered by asid, and `ngroups` groups of
 * virtqueues, each bound to one AS. A mapping {start, last, addr, perm, opaque}
 * translates iova to addr + (iova - start).
 *
 * Argument order: the engine, then what selects the place (asid or group,
 * range), then inputs (an array is followed by its length), then outputs.
 *
 * Ranges are closed, [start, last], in bytes; [0, UINT64_MAX] is one legal
 * range. There is no size and no exclusive end anywhere in this header.
 *
 * Errors are negative errno values, 0 is success unless a function says
 * otherwise. A call that fails has changed nothing, and no reader has seen any
 * effect of it. Pointers to outputs may be NULL where marked "optional".
 *
 * Threads: every function may be called by any number of threads at once,
 * except riotlb_create/riotlb_destroy of the same engine. Fork: see below. No
 * function is a cancellation point, also while it runs hooks and callbacks; but
 * riotlb_wait is one, between two looks at what it waits for.
 *
 * RCU: "Context: reader" means that the caller is inside a read-side section of
 * the engine's liburcu flavour (riotlb/rcu.h has riotlb_read_enter/exit; the
 * flavour's own calls are as good). The host address a lookup returns may be
 * used until that section ends, or the lease that was begun in it.
 * "Context: any" means inside or outside a section, registered thread or not;
 * such a call never waits for a reader or a grace period.
 * "Context: may wait" must be called outside of sections and callbacks; under
 * QSBR the library puts a registered caller offline while it waits.
 * Guarantees G1..G10 named below are stated in core/README.md.
 */
#ifndef RIOTLB_RIOTLB_H
#define RIOTLB_RIOTLB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/export.h>
#include <riotlb/version.h>

RIOTLB_BEGIN_DECLS

struct riotlb;            /* an engine */
struct rcu_flavor_struct; /* liburcu's, from <urcu/flavor.h> */

/* Permission bits; the values are those of VHOST_ACCESS_RO, _WO and _RW. */
enum {
	RIOTLB_READ = 1,
	RIOTLB_WRITE = 2,
	RIOTLB_RW = 3,
};

/*
 * One mapping: perm is READ, WRITE or RW; opaque is the caller's word, returned
 * by iteration and by the retire callback and never looked at.
 */
struct riotlb_mapping {
	uint64_t start;
	uint64_t last;
	uint64_t addr;
	uint64_t opaque;
	uint32_t perm;
	uint32_t reserved; /* ignored on input, 0 on output */
};

struct riotlb_range {
	uint64_t start;
	uint64_t last;
};

/* A byte total; 2^64 bytes (a full AS) is {hi = 1, lo = 0}. */
struct riotlb_bytes {
	uint64_t hi;
	uint64_t lo;
};

/* ---- creation -------------------------------------------------- */

/*
 * What an AS holds when it is created and after riotlb_reset_map. Built once,
 * at creation; never edited afterwards; exempt from the limits.
 */
enum riotlb_default_kind {
	RIOTLB_DEFAULT_IDENTITY, /* [0, UINT64_MAX] -> itself, RW */
	RIOTLB_DEFAULT_APERTURE, /* [start, last] -> itself, RW */
	RIOTLB_DEFAULT_EMPTY,
	RIOTLB_DEFAULT_LIST, /* list[0..n), any order, disjoint */
};

struct riotlb_default {
	enum riotlb_default_kind kind;
	uint64_t start;
	uint64_t last;
	const struct riotlb_mapping *list; /* read during riotlb_create only */
	size_t n;
};

/* Limits of one AS; 0 means none. A call that would pass one is -ENOSPC. */
struct riotlb_limits {
	uint64_t mappings;    /* live mappings; cutting one in two adds one */
	uint64_t table_bytes; /* as in riotlb_stats; at least 4096 */
};

/*
 * Memory comes from these hooks. alloc returns NULL on failure, else memory of
 * at least `size` bytes aligned to `align` (a power of two, at most 64); free
 * gets the same size back. Both may be called by any thread calling an update
 * and by the reclaiming thread, never by a lookup. They must not call back into
 * the library, and be no cancellation points. Where a child of fork goes on
 * with the engine they must work in it, whatever other threads were at, as
 * malloc does.
 */
struct riotlb_allocator {
	void *(*alloc)(void *ctx, size_t size, size_t align);
	void (*free)(void *ctx, void *ptr, size_t size);
	void *ctx;
};

/*
 * Device-sync hook: called by the updating thread after translations of
 * [start, last] were removed or changed and before the grace period starts;
 * a driver flushes its hardware IOTLB here. No lock is held: the hook may make
 * any call that its caller's thread may make at that point, but not destroy the
 * engine; its own updates call it again. What the update removed is not waited
 * for by tokens taken in the hook. Rebinding a group reports the AS that the
 * group leaves, over its full range.
 */
typedef void riotlb_sync_fn(void *ctx, uint32_t asid, uint64_t start,
			    uint64_t last);

/*
 * Retire callback: reports each removed piece of a mapping once no reader and
 * no lease can hold a translation of it (the place to unpin, munmap or fput).
 * Over the life of a mapping each of its bytes is reported exactly once. Pieces
 * of default mappings are not reported. Runs on the reclaiming thread, outside
 * every section and every lock that lookups or updates take. It may update, and
 * may look up inside a section of its own (under QSBR only if the thread that
 * reclaims is a registered reader, as the library's own is), but must not wait
 * (riotlb_wait, riotlb_reclaim: -EDEADLK). A thread that waits must not hold
 * anything that a callback takes. The callback may come before the call that
 * mapped the piece has returned, if a reset_map overtook it.
 */
typedef void riotlb_retire_fn(void *ctx, uint32_t asid,
			      const struct riotlb_mapping *piece);

enum riotlb_reclaim_mode {
	RIOTLB_RECLAIM_THREAD, /* a thread started by riotlb_create */
	RIOTLB_RECLAIM_MANUAL, /* the caller calls riotlb_reclaim */
};

struct riotlb_attr {
	size_t size;  /* sizeof(struct riotlb_attr), set by riotlb_attr_init */
	uint32_t nas; /* address spaces, 1..RIOTLB_MAX_AS */
	uint32_t ngroups; /* groups, 0..RIOTLB_MAX_GROUPS; all start at AS 0 */

	const struct riotlb_default *defaults; /* nas entries; NULL: identity */
	const struct riotlb_limits *limits;    /* nas entries; NULL: none */
	const struct riotlb_allocator *allocator; /* NULL: libc */
	const struct rcu_flavor_struct *flavor;   /* NULL: urcu-memb */

	riotlb_sync_fn *sync;     /* NULL: none */
	riotlb_retire_fn *retire; /* NULL: none; costs a record per mapping */
	void *hook_ctx;           /* first argument of both */

	enum riotlb_reclaim_mode reclaim;
	/*
	 * Retired memory (bytes) that may wait for readers before calls that
	 * add or cut mappings are refused; 0: no cap. Past the cap they return
	 * -EAGAIN, or wait for room if backlog_wait is set (and the caller is
	 * neither in a callback nor in a section).
	 */
	uint64_t backlog_cap;
	bool backlog_wait;

	/*
	 * Locks that keep the updaters of one AS apart, 64 bytes each, per AS:
	 * a power of two from RIOTLB_MIN_STRIPES to RIOTLB_MAX_STRIPES; 0: the
	 * most. Regions of 2 MiB take turns at them. Few are enough where an AS
	 * has one updater, and save memory where there are many AS.
	 */
	uint32_t stripes;
};

#define RIOTLB_MIN_STRIPES 4u
#define RIOTLB_MAX_STRIPES 128u
#define RIOTLB_MAX_AS 65536u
#define RIOTLB_MAX_GROUPS 65536u

/* Sets every field to its default: 1 AS, 1 group, identity, reclaim thread. */
RIOTLB_API void riotlb_attr_init(struct riotlb_attr *attr);

/*
 * Creates an engine; attr NULL means the defaults.
 * Errors: -EINVAL (attr: size, counts, a default or limit that is invalid),
 * -EEXIST, -EOVERFLOW (a default list), -ENOMEM, -EAGAIN (no thread to be had).
 * Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_create(const struct riotlb_attr *attr,
					       struct riotlb **out);

/*
 * Destroys an engine: waits until readers and leases are gone, reports what is
 * still mapped to the retire callback, frees everything. NULL is allowed.
 * The caller must see to it that nobody starts another call on the engine.
 * Context: may wait. Must not be called from a callback.
 */
RIOTLB_API void riotlb_destroy(struct riotlb *engine);

/* ---- lookup ---------------------------------------------------- */

/* A stretch of a translation: [iova, last] -> [addr, addr + (last - iova)]. */
struct riotlb_segment {
	uint64_t iova;
	uint64_t last;
	uint64_t addr;
	uint32_t perm; /* of the mapping that translates iova */
	uint32_t reserved;
};

/*
 * Translates the start of [iova, last]. `want` is READ, WRITE or RW, and all of
 * its bits are needed. On success *seg begins at iova and reaches as far as
 * host addresses continue and permission is granted, at most to `last`; nothing
 * beyond the stop is looked at, and only a failure at iova itself is an error.
 * Errors: -EFAULT (no mapping at iova), -EPERM, -EINVAL (asid, last < iova,
 * want). *seg is undefined on error.
 * Wait-free (G1). Context: reader.
 */
RIOTLB_API int riotlb_translate(const struct riotlb *engine, uint32_t asid,
				uint64_t iova, uint64_t last, uint32_t want,
				struct riotlb_segment *seg);
RIOTLB_API int riotlb_group_translate(const struct riotlb *engine,
				      uint32_t group, uint64_t iova,
				      uint64_t last, uint32_t want,
				      struct riotlb_segment *seg);

/*
 * Translates every byte of [iova, last] into segs[0..*filled). Neighbours are
 * merged only where IOVA, host address and permission all continue, never
 * across the top of the host address space.
 * Errors: -EFAULT, -EPERM: segs holds the valid prefix and *stop is the first
 * failing iova. -ENOBUFS: nsegs was too small; *stop is where to go on.
 * -EINVAL as above, *filled = 0. On success *stop is not written.
 * `stop` is optional. Wait-free. Context: reader.
 */
RIOTLB_API int riotlb_translate_vec(const struct riotlb *engine, uint32_t asid,
				    uint64_t iova, uint64_t last, uint32_t want,
				    struct riotlb_segment *segs, size_t nsegs,
				    size_t *filled, uint64_t *stop);
RIOTLB_API int riotlb_group_translate_vec(const struct riotlb *engine,
					  uint32_t group, uint64_t iova,
					  uint64_t last, uint32_t want,
					  struct riotlb_segment *segs,
					  size_t nsegs, size_t *filled,
					  uint64_t *stop);

struct riotlb_request {
	uint64_t iova;
	uint64_t last;
	uint32_t want;
	uint32_t reserved; /* ignored */
};

/* What riotlb_translate would have said; addr and last are 0 on an error. */
struct riotlb_answer {
	uint64_t addr;
	uint64_t last;
	int32_t status; /* 0, -EFAULT, -EPERM or -EINVAL */
	uint32_t perm;
};

/*
 * n independent one-segment translations under one resolution of the AS, with
 * memory prefetched; meant for 32..256 requests, any n is legal. Requests may
 * be in memory that a guest writes: each is answered as it was when read.
 * Returns the number of answers whose status is not 0, or -EINVAL (asid).
 * Wait-free. Context: reader.
 */
RIOTLB_API int riotlb_translate_burst(const struct riotlb *engine,
				      uint32_t asid,
				      const struct riotlb_request *requests,
				      size_t n, struct riotlb_answer *answers);
RIOTLB_API int
riotlb_group_translate_burst(const struct riotlb *engine, uint32_t group,
			     const struct riotlb_request *requests, size_t n,
			     struct riotlb_answer *answers);

/*
 * Burst, where the requests have their size and permission in common: page
 * lists (NVMe's PRP), rings of equal buffers. Request i asks for the bytes
 * [iova[i], iova[i] + span], so span is a size less 1, and gets the host
 * address of the first in addr[i]; the others follow it. The arrays must not
 * overlap. iova[] may be in memory that a guest writes: an answer is for what
 * one reading of it found. About twice as fast as riotlb_translate on
 * tables of equal pages.
 *
 * Returns 0, or the error of the first request that fails; addr[0] to
 * addr[*done - 1] are valid. Errors: -EFAULT, -EPERM (for some byte), -ENOBUFS
 * (the host address breaks within the request, or some of it is being mapped or
 * replaced just now: riotlb_translate_vec takes it), -EINVAL (asid, want;
 * iova[i] + span wraps). Wait-free. Context: reader.
 */
RIOTLB_API int riotlb_translate_list(const struct riotlb *engine, uint32_t asid,
				     const uint64_t *iova, size_t n,
				     uint64_t span, uint32_t want,
				     uint64_t *addr, size_t *done);
RIOTLB_API int riotlb_group_translate_list(const struct riotlb *engine,
					   uint32_t group, const uint64_t *iova,
					   size_t n, uint64_t span,
					   uint32_t want, uint64_t *addr,
					   size_t *done);

/* A maximal stretch that cannot be translated, and why. */
struct riotlb_gap {
	uint64_t start;
	uint64_t last;
	int32_t error; /* -EFAULT or -EPERM */
	uint32_t reserved;
};

/*
 * Lists what of [iova, last] would fail for `want`: the miss list of callers
 * that fault mappings in. Gaps are maximal, in order, clipped to the range.
 * Returns 0, -ENOBUFS (*resume says where to go on) or -EINVAL.
 * `resume` is optional. Wait-free. Context: reader.
 */
RIOTLB_API int riotlb_gaps(const struct riotlb *engine, uint32_t asid,
			   uint64_t iova, uint64_t last, uint32_t want,
			   struct riotlb_gap *gaps, size_t ngaps,
			   size_t *filled, uint64_t *resume);
RIOTLB_API int riotlb_group_gaps(const struct riotlb *engine, uint32_t group,
				 uint64_t iova, uint64_t last, uint32_t want,
				 struct riotlb_gap *gaps, size_t ngaps,
				 size_t *filled, uint64_t *resume);

/* ---- updates --------------------------------------------------- */

/*
 * Names the moment after which no reader and no lease can hold a translation
 * that the call removed, and its retire callbacks have run.
 */
struct riotlb_token {
	uint64_t cycle;
};

/*
 * What an update did. Filled on success and on error (zeros but for `index`).
 * Leaving the default state counts nothing as removed.
 */
struct riotlb_report {
	struct riotlb_token token;
	uint64_t removed;          /* mappings that are gone whole */
	uint64_t cut;              /* mappings of which a part is gone */
	struct riotlb_bytes bytes; /* bytes no longer mapped as they were */
	size_t index;              /* bulk calls: the entry that failed */
};

/*
 * In all updates: `report` is optional; asid out of range is -EINVAL; updates
 * of one AS are atomic to each other, those of an AS never wait for readers.
 * A successful map, unmap, bulk call or apply first leaves the default state:
 * the AS then holds exactly what the call says, also when it hits nothing.
 * Errors that any of them may return, besides those listed: -ENOMEM; -ENOSPC
 * (a limit); -EAGAIN (backlog cap). Context: any.
 */

/*
 * RIOTLB_MAP_REPLACE: the new mapping wins, neighbours are trimmed. No byte is
 * absent for a moment; of several bytes some may be new before others are.
 */
enum {
	RIOTLB_MAP_REPLACE = 1,
};

/*
 * Adds a mapping.
 * Errors: -EINVAL (last < start, perm, flags), -EOVERFLOW (addr + (last -
 * start) passes 2^64 - 1), -EEXIST (a byte is mapped already, and no REPLACE).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_map(struct riotlb *engine, uint32_t asid,
	   const struct riotlb_mapping *mapping, uint32_t flags,
	   struct riotlb_report *report);

enum riotlb_unmap_policy {
	/* Exactly the range goes; parts of a cut mapping outside it stay. */
	RIOTLB_UNMAP_EXACT,
	/* Every mapping that intersects goes whole (vhost_iotlb_del_range). */
	RIOTLB_UNMAP_WHOLE,
	/* Cutting a mapping is -EINVAL and changes nothing (VFIO type1). */
	RIOTLB_UNMAP_NO_BISECT,
};

/*
 * Removes mappings; removing nothing is success. Cannot fail, and allocates
 * nothing, with WHOLE or where no mapping is cut (valid arguments assumed).
 * Errors: -EINVAL (last < start, policy; NO_BISECT: a cut, or the AS is in its
 * default state); -ENOMEM, -ENOSPC, -EAGAIN only where EXACT cuts.
 */
RIOTLB_API int riotlb_unmap(struct riotlb *engine, uint32_t asid,
			    uint64_t start, uint64_t last,
			    enum riotlb_unmap_policy policy,
			    struct riotlb_report *report);

/*
 * Changes the permission of [start, last] in place: no reader sees a moment of
 * absence; opaque is kept; a mapping that is only partly covered is cut.
 * Errors: -EINVAL (last < start, perm, or the AS is in its default state),
 * -EFAULT (a byte of the range is not mapped).
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_protect(struct riotlb *engine,
						uint32_t asid, uint64_t start,
						uint64_t last, uint32_t perm,
						struct riotlb_report *report);

/*
 * Bulk forms, all or nothing, entries in any order. The effect is that of the
 * single calls one after the other, and an error is that of the first entry
 * that fails in array order; report->index names it. n = 0 is success and
 * leaves the default state.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_map_bulk(struct riotlb *engine, uint32_t asid,
		const struct riotlb_mapping *mappings, size_t n, uint32_t flags,
		struct riotlb_report *report);
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_unmap_bulk(struct riotlb *engine, uint32_t asid,
		  const struct riotlb_range *ranges, size_t n,
		  enum riotlb_unmap_policy policy,
		  struct riotlb_report *report);

enum riotlb_op_kind {
	RIOTLB_OP_MAP,     /* mapping; flags: RIOTLB_MAP_REPLACE */
	RIOTLB_OP_UNMAP,   /* mapping.start, mapping.last; policy */
	RIOTLB_OP_PROTECT, /* mapping.start, mapping.last, mapping.perm */
};

struct riotlb_op {
	enum riotlb_op_kind kind;
	uint32_t flags;
	enum riotlb_unmap_policy policy;
	struct riotlb_mapping mapping;
};

/*
 * A transaction: the operations take effect in order and become visible at one
 * instant, or none does. Errors are those of the single calls, with
 * report->index; an unknown kind is -EINVAL.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_apply(struct riotlb *engine, uint32_t asid, const struct riotlb_op *ops,
	     size_t n, struct riotlb_report *report);

/*
 * Replaces the whole AS, visible at one instant. n = 0 leaves it empty (not in
 * its default state). Every old mapping is retired, also one that comes back;
 * report->removed and ->bytes are 0, as with riotlb_reset_map.
 * Errors: as riotlb_map, with report->index (for an overlap: the later entry in
 * array order); the old contents stay.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_set_map(struct riotlb *engine, uint32_t asid,
	       const struct riotlb_mapping *mappings, size_t n,
	       struct riotlb_report *report);

/*
 * Puts the AS back into its default state by swapping one pointer: the same
 * cost for the caller at 1 and at 1,000,000 mappings, no allocation, no failure
 * but -EINVAL for asid. Idempotent. Group bindings stay. report->removed and
 * ->bytes are 0: counting the old table would mean waiting for its updaters.
 * (Linux: vdpa_config_ops.reset_map.)
 */
RIOTLB_API int riotlb_reset_map(struct riotlb *engine, uint32_t asid,
				struct riotlb_report *report);

/*
 * Binds a group to an AS at one instant; no translation of the old AS survives
 * by group (S10). Errors: -EINVAL (group, asid).
 * (Linux: vdpa_config_ops.set_group_asid.)
 */
RIOTLB_API int riotlb_set_group_asid(struct riotlb *engine, uint32_t group,
				     uint32_t asid,
				     struct riotlb_report *report);
RIOTLB_API int riotlb_get_group_asid(const struct riotlb *engine,
				     uint32_t group, uint32_t *asid);

/* ---- stamps: caching a translation ----------------------------- */

/*
 * A stamp of a range differs from an earlier one of the same range once any
 * change that touches the range has returned (and possibly earlier, or for
 * another reason: a stamp may die early, never late). To cache: take the stamp,
 * look up; later, inside the section that uses the address, take the stamp
 * again and use the cached address only if they are equal. Stamps of different
 * ranges, or of an AS and a group, do not compare.
 */
struct riotlb_stamp {
	uint64_t binding;
	uint64_t content;
};

/* Errors: -EINVAL (asid or group, last < start). Wait-free. Context: any. */
RIOTLB_API int riotlb_stamp(const struct riotlb *engine, uint32_t asid,
			    uint64_t start, uint64_t last,
			    struct riotlb_stamp *stamp);
RIOTLB_API int riotlb_group_stamp(const struct riotlb *engine, uint32_t group,
				  uint64_t start, uint64_t last,
				  struct riotlb_stamp *stamp);

static inline bool riotlb_stamp_equal(const struct riotlb_stamp *a,
				      const struct riotlb_stamp *b)
{
	return a->binding == b->binding && a->content == b->content;
}

/* ---- iteration and statistics ---------------------------------- */

/*
 * Copies the first `n` mappings that intersect [start, last], in order and
 * unclipped, to out[0..*filled). One call is atomic to updates of the AS; it
 * keeps updaters of the AS out while it copies, never lookups or reset_map.
 * Returns 0 when the range is exhausted, 1 when there is more: *resume is then
 * the `start` of the next call. Errors: -EINVAL (asid, last < start, n = 0).
 * `resume` and `stamp` (of the range, at the moment of the copy) are optional.
 * Context: any.
 */
RIOTLB_API int riotlb_iterate(struct riotlb *engine, uint32_t asid,
			      uint64_t start, uint64_t last,
			      struct riotlb_mapping *out, size_t n,
			      size_t *filled, uint64_t *resume,
			      struct riotlb_stamp *stamp);

struct riotlb_stats {
	uint64_t mappings;         /* identity counts as one */
	struct riotlb_bytes bytes; /* bytes mapped */
	uint64_t table_bytes;      /* live table memory and records */
	uint64_t default_bytes;    /* the prebuilt default table */
	uint64_t retired_bytes;    /* waiting for readers */
	uint64_t resets;           /* riotlb_reset_map calls */
	uint64_t generation;       /* grows with every change of the AS */
	bool is_default;           /* in the default state */
};

/* Exact with respect to updates. Errors: -EINVAL (asid). Context: any. */
RIOTLB_API int riotlb_get_stats(struct riotlb *engine, uint32_t asid,
				struct riotlb_stats *stats);

/* The trie's shape, for tuning and `riotlb dump`. */
struct riotlb_shape {
	uint64_t root_slots;
	uint64_t nodes;      /* exact-cover nodes */
	uint64_t windows;    /* inner windows (compressed paths) */
	uint64_t node_slots; /* slots of both */
	uint64_t packs;
	uint64_t entries; /* live entries in packs */
	uint64_t dead_entries;
	uint64_t pages;     /* slots that translate by themselves */
	uint64_t max_loads; /* dependent loads of the deepest lookup */
	uint64_t bytes;     /* memory of all of the above */
};

/* Keeps updaters of the AS out as it walks. Errors: -EINVAL. Context: any. */
RIOTLB_API int riotlb_get_shape(struct riotlb *engine, uint32_t asid,
				struct riotlb_shape *shape);

/* ---- retirement ------------------------------------------------ */

/* 1: the token (of this engine) is done; 0: not yet. Context: any. */
RIOTLB_API int riotlb_poll(struct riotlb *engine, struct riotlb_token token);

/*
 * Waits until the token is done, reclaiming on the caller's own thread where
 * that helps. Returns 0, or -EDEADLK from inside a callback.
 * Context: may wait.
 */
RIOTLB_API int riotlb_wait(struct riotlb *engine, struct riotlb_token token);

/*
 * Calls fn once every reader and lease of the moment of the call is gone, on
 * the reclaiming thread, under the rules of the retire callback. The caller
 * provides the memory, which must live until then; nothing can fail.
 * Context: any.
 */
struct riotlb_deferred {
	struct riotlb_deferred *next;
	void (*fn)(struct riotlb_deferred *self);
};
RIOTLB_API void riotlb_defer(struct riotlb *engine,
			     struct riotlb_deferred *deferred,
			     void (*fn)(struct riotlb_deferred *self));

/*
 * Runs one cycle of reclamation on the calling thread: waits for a grace
 * period, frees memory, runs the callbacks that are due. It never waits for a
 * lease. Returns 0 when nothing is left, 1 when something still waits for a
 * lease or was retired meanwhile, -EDEADLK from inside a callback. Needed with
 * RIOTLB_RECLAIM_MANUAL, harmless otherwise. Context: may wait.
 */
RIOTLB_API int riotlb_reclaim(struct riotlb *engine);

/*
 * A lease keeps the translations looked up in a read-side section usable after
 * the section ends: for asynchronous I/O. Begin it inside that section. Leases
 * overlap freely and may end in any order and on any thread. They delay retire
 * callbacks, deferred calls, tokens and waits; never updates, never the freeing
 * of table memory.
 */
typedef uint32_t riotlb_lease;

/* Context: reader. */
RIOTLB_API RIOTLB_MUST_CHECK riotlb_lease
riotlb_lease_begin(struct riotlb *engine);
/* Context: any. Each lease ends exactly once. */
RIOTLB_API void riotlb_lease_end(struct riotlb *engine, riotlb_lease lease);

/* ---- fork ------------------------------------------------------ */

/*
 * A child of fork has one thread, the one that forked, and a copy of every lock
 * that others held. It may exec or _exit, whatever the state of the engine. To
 * go on with an engine in the child, the thread that forks calls before_fork,
 * then fork, then after_fork_parent in the parent (also if fork failed) and
 * after_fork_child in the child; with several engines for each, always in the
 * same order, and in reverse order afterwards. An engine whose callbacks update
 * another comes before that one, since its callbacks are waited for. Until
 * after_fork_parent, updates, waits and riotlb_reclaim of other threads wait;
 * lookups do not.
 *
 * Of an engine with RIOTLB_RECLAIM_MANUAL that no other thread uses,
 * after_fork_child alone will do.
 *
 * The flavour has to outlive the fork as well. liburcu cannot drop readers in a
 * child, so no thread but the one that forks may be registered with it then, or
 * about to be (the library's own is not); that one stays registered in the
 * child. With urcu-bp, call its own urcu_bp_before_fork after this one, and its
 * after_fork_parent and after_fork_child before these. The same goes for the
 * flavour's call_rcu_*_fork functions in a program that uses call_rcu.
 *
 * In the child
 * - each AS holds what it held at the fork. An update that another thread was
 *   making has been made or not; memory that it had in hand is lost;
 * - no retire callback comes for what was mapped before the fork, and no
 *   deferred call that was made before it runs: those are the parent's. What
 *   the child maps, it reports;
 * - all tokens of before the fork are done, all stamps have died, and there are
 *   no leases: ending one of before the fork does nothing;
 * - the sync hook has not been called for any of this.
 */

/*
 * Errors: -EDEADLK from inside a section or a callback.
 * Context: may wait (for the cycle of reclamation under way, and with it for
 * readers), at any time at which the engine may be called.
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_before_fork(struct riotlb *engine);
RIOTLB_API void riotlb_after_fork_parent(struct riotlb *engine);

/*
 * Errors: -EBUSY (there was no before_fork, and there is a reclaiming thread,
 * or somebody was in the engine: only exec and _exit are left); -EDEADLK;
 * -EAGAIN, -ENOMEM (no reclaiming thread to be had; may be called again).
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_after_fork_child(struct riotlb *engine);

/* "MAJOR.MINOR.PATCH" of the library (RIOTLB_VERSION is the header's). */
RIOTLB_API const char *riotlb_version(void);

RIOTLB_END_DECLS

#endif
