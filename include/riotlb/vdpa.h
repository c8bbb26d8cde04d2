/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: an engine behind the operations that Linux asks of a vDPA parent
 * driver (struct vdpa_config_ops), in a library of its own (riotlb::vdpa,
 * riotlb-vdpa.pc). Its other headers are riotlb/vhost_msg.h, the messages that
 * lead to these operations, riotlb/vduse_msg.h, riotlb/miss.h for lookups that
 * fail, and riotlb/cache.h for tables that hold only a part of what is mapped.
 *
 *	riotlb_attr_init(&engine);
 *	engine.nas = 2;
 *	engine.ngroups = 2;
 *	engine.retire = unpin;
 *	riotlb_vdpa_attr_init(&attr);
 *	attr.engine = &engine;
 *	attr.nvqs = 3;
 *	attr.vq_groups = (const uint32_t[]){ 0, 0, 1 };
 *	riotlb_vdpa_create(&attr, &vdpa);
 *
 * and then the operations below from the control path; on the data path of each
 * virtqueue riotlb_vdpa_get_vq_group once, and riotlb_group_translate.
 *
 * Names and arguments are the kernel's, in its order; what the kernel hands in
 * as a vhost_iotlb is an array here, and an optional report comes last. Here
 * and in vhost_msg.h, and nowhere else, a range is an address and a size in
 * bytes: [iova, iova + size - 1], which must not pass 2^64 - 1, so that the
 * full range has no size. "Linux:" says what vhost-vdpa and the drivers below
 * it do instead, where that is different.
 *
 * Errors are negative errno values. A call that fails has changed nothing, and
 * no lookup has seen any effect of it.
 *
 * Threads: a front has no state that changes but its engine, so its operations
 * take no lock of their own (where it has misses or caches, see there), any
 * number of threads may be in them at once, and
 * they are atomic to each other as updates of the engine are. A batch belongs
 * to one thread at a time. Linux: dev->mutex keeps all of a device's operations
 * apart, and drivers lock against their data path; neither is needed here.
 *
 * RCU: updates have the context of the engine's: any, and none waits for a
 * lookup (but see riotlb_attr.backlog_wait). Lookups are those of riotlb.h, on
 * riotlb_vdpa_engine, by group. When may a page be unpinned? In the engine's
 * retire callback, or once the token of the report that removed it is done.
 * Linux: vhost-vdpa unpins before the driver is told to unmap.
 */
#ifndef RIOTLB_VDPA_H
#define RIOTLB_VDPA_H

#include <riotlb/riotlb.h>

RIOTLB_BEGIN_DECLS

struct riotlb_vdpa; /* a front */

struct riotlb_vdpa_attr {
	size_t size; /* sizeof, set by riotlb_vdpa_attr_init */

	/*
	 * The engine to create: address spaces, groups, default states, limits,
	 * hooks. NULL: its defaults. The front takes its own memory from the
	 * same allocator.
	 */
	const struct riotlb_attr *engine;

	/* Virtqueues, at most 65,536, and the group of each; NULL: group 0. */
	uint32_t nvqs;
	const uint32_t *vq_groups;

	struct riotlb_range iova_range; /* what may be mapped */

	/*
	 * What dma_unmap does to mappings that reach out of its range. By
	 * default they go whole, as in Linux.
	 */
	enum riotlb_unmap_policy unmap_policy;

	uint32_t max_batch; /* updates in a batch; 0: no limit */

	/*
	 * Gets each map of a batch that is aborted, on the thread that aborts
	 * it and with no lock held; NULL: nobody does. With the engine's retire
	 * callback in both places, each map that was accepted comes back once,
	 * be it ever made or not.
	 */
	riotlb_retire_fn *discard;
	void *discard_ctx;
};

/*
 * All of [0, 2^64 - 1], RIOTLB_UNMAP_WHOLE, no virtqueues, batches of 65,536.
 */
RIOTLB_API void riotlb_vdpa_attr_init(struct riotlb_vdpa_attr *attr);

/*
 * Creates a front and its engine; attr NULL means the defaults.
 * Errors: those of riotlb_create; -EINVAL (attr: size, nvqs, a group that the
 * engine does not have, a window or policy that is none).
 * Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_create(const struct riotlb_vdpa_attr *attr,
		   struct riotlb_vdpa **out);

/*
 * Destroys both, as riotlb_destroy does. Batches are ended or aborted, and
 * riotlb_vhost closed, before. NULL is allowed.
 * Context: may wait. Must not be called from a callback.
 */
RIOTLB_API void riotlb_vdpa_destroy(struct riotlb_vdpa *vdpa);

/* The engine: for lookups, leases, stamps, tokens, statistics. */
RIOTLB_API struct riotlb *riotlb_vdpa_engine(const struct riotlb_vdpa *vdpa);

/* ---- what the device is ---------------------------------------- */

/*
 * The group of a virtqueue, for riotlb_group_translate. Errors: -EINVAL (idx).
 * Linux: no error is possible; vhost-vdpa answers -ENOBUFS for an idx that is
 * none, and -EIO if the driver names a group that is none, which
 * riotlb_vdpa_create refuses.
 * Context: any.
 */
RIOTLB_API int riotlb_vdpa_get_vq_group(const struct riotlb_vdpa *vdpa,
					uint16_t idx, uint32_t *group);

/* The window of the attributes. Context: any. */
RIOTLB_API struct riotlb_range
riotlb_vdpa_get_iova_range(const struct riotlb_vdpa *vdpa);

/* ---- mapping --------------------------------------------------- */

/*
 * In all of these: asid that is none is -EINVAL; `report` is optional; the
 * errors that any update may return (-ENOMEM, -ENOSPC, -EAGAIN) are not listed
 * again. The first success on an AS in its default state ends that state, and
 * with it a 1:1 identity. Context: any.
 */

/*
 * Maps [iova, iova + size - 1] to pa. `opaque` is the caller's, and comes back
 * as the mapping's opaque word.
 * Errors: -EINVAL (size 0, a range that wraps or leaves the window, perm),
 * -EOVERFLOW (pa wraps), -EEXIST (a byte is mapped already).
 * Linux: vhost-vdpa makes the checks of the range and of overlap, and drivers
 * none. vdpa_sim takes size 0 at iova 0 for everything; perm and the reach of
 * pa are never looked at.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_dma_map(struct riotlb_vdpa *vdpa, uint32_t asid, uint64_t iova,
		    uint64_t size, uint64_t pa, uint32_t perm, void *opaque,
		    struct riotlb_report *report);

/*
 * Unmaps by the policy of the attributes; (0, 0) unmaps everything, whatever
 * the policy. Removing nothing is success. With the default policy, and for
 * everything, it cannot fail but for its arguments, and needs no memory.
 * Errors: -EINVAL (size 0 at another iova, a range that wraps), and those of
 * riotlb_unmap under another policy. The window is not looked at: what is not
 * mapped out there need not be refused.
 * Linux: size 0 and ranges that wrap end before they begin, and remove what
 * spans both ends; that (0, 0) is everything comes of the same arithmetic, but
 * is relied on.
 */
RIOTLB_API int riotlb_vdpa_dma_unmap(struct riotlb_vdpa *vdpa, uint32_t asid,
				     uint64_t iova, uint64_t size,
				     struct riotlb_report *report);

/*
 * Replaces the whole AS at one instant; n = 0 leaves nothing mapped, which is
 * not the default state. [0, 2^64 - 1] is one mapping, and so are its halves,
 * as which Linux keeps it, two.
 * Errors, with report->index: those of dma_map; the window is checked first.
 * Linux: drivers empty their table first and leave it so if they fail, and
 * vhost-vdpa ignores the result where it unmaps or ends a batch. Here the old
 * map stays. A driver that programs hardware after this call, and fails, sets
 * the old map again, as it would there. Opaque words are kept, which vdpa_sim
 * drops, and a vhost_iotlb may overlap itself, for which this is -EEXIST.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_set_map(struct riotlb_vdpa *vdpa, uint32_t asid,
		    const struct riotlb_mapping *mappings, size_t n,
		    struct riotlb_report *report);

/*
 * Puts the AS into its default state, which costs the same for any number of
 * mappings. Errors: none but -EINVAL for asid. Idempotent; groups stay bound.
 * Linux: optional, and only called when vhost-vdpa's owner goes; a driver
 * without it keeps the last map.
 */
RIOTLB_API int riotlb_vdpa_reset_map(struct riotlb_vdpa *vdpa, uint32_t asid,
				     struct riotlb_report *report);

/*
 * Binds a group to an AS, also one that was never mapped: from then on no
 * lookup by the group finds what the old AS held. Errors: -EINVAL (group,
 * asid).
 * Linux: mlx5 goes on with the old translations if the new AS is empty. Newer
 * kernels refuse the call once the virtio driver is ready; whether it is, is
 * not known here, and the engine does not mind.
 */
RIOTLB_API int riotlb_vdpa_set_group_asid(struct riotlb_vdpa *vdpa,
					  uint32_t group, uint32_t asid,
					  struct riotlb_report *report);

/* ---- device reset ---------------------------------------------- */

/*
 * Both bind every group to AS 0, and report->token covers all that was changed.
 * They cannot fail but for flags, and need no memory. An AS is changed at one
 * instant, a group too, and all of them together are not; in between, no group
 * finds anything but what its own AS held, that AS's default, and then AS 0.
 * Context: any.
 */

/*
 * Mappings persist: the reset of a driver under VHOST_BACKEND_F_IOTLB_PERSIST.
 */
RIOTLB_API int riotlb_vdpa_reset(struct riotlb_vdpa *vdpa,
				 struct riotlb_report *report);

enum {
	/* Every AS goes to its default state first. */
	RIOTLB_VDPA_RESET_F_CLEAN_MAP = 1, /* VDPA_RESET_F_CLEAN_MAP */
};

/*
 * The reset for owners from before that feature. Errors: -EINVAL (flags).
 * Linux: vhost-vdpa keeps its own table over it, so that what the device no
 * longer has cannot be mapped again (-EEXIST). There is one table here.
 */
RIOTLB_API int riotlb_vdpa_compat_reset(struct riotlb_vdpa *vdpa,
					uint32_t flags,
					struct riotlb_report *report);

/* ---- batches --------------------------------------------------- */

/*
 * Updates of one AS that become visible at one instant, in their order, or not
 * at all: one riotlb_apply. Until then they are the batch's own, and operations
 * on the AS, resets included, go on as if there were none.
 *
 * Linux: a batch is for the device what its table holds at the end, and does
 * nothing at all for drivers that map and unmap singly. The table itself is
 * edited, and pages are unpinned, update by update; one that fails undoes none
 * before it, nothing can be aborted, and the result at the end is ignored.
 */
struct riotlb_vdpa_batch;

/* Errors: -EINVAL (asid), -ENOMEM. Context: any. */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_batch_begin(struct riotlb_vdpa *vdpa, uint32_t asid,
			struct riotlb_vdpa_batch **out);

/*
 * Take an update into the batch, or refuse it. Errors: those of dma_map and
 * dma_unmap that the arguments alone tell; -ENOSPC (max_batch); -ENOMEM.
 * Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_batch_dma_map(struct riotlb_vdpa_batch *batch, uint64_t iova,
			  uint64_t size, uint64_t pa, uint32_t perm,
			  void *opaque);
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_batch_dma_unmap(struct riotlb_vdpa_batch *batch, uint64_t iova,
			    uint64_t size);

/*
 * Makes all of it happen, and is the end of the batch. If it fails, nothing has
 * happened, report->index is the update that failed, counted from 0, and the
 * batch is as it was: end it again, add to it, or abort it.
 * Errors: those of dma_map and dma_unmap. No updates at all: success, and the
 * AS is in its default state no more. Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vdpa_batch_end(struct riotlb_vdpa_batch *batch,
		      struct riotlb_report *report);

/*
 * Forgets all of it, with the discard callback. NULL is allowed. Context: any.
 */
RIOTLB_API void riotlb_vdpa_batch_abort(struct riotlb_vdpa_batch *batch);

RIOTLB_END_DECLS

#endif
