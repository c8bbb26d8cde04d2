/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: vhost's IOTLB messages, from bytes and to bytes, and their
 * effect on a front (riotlb/vdpa.h). No kernel header is needed.
 *
 * All numbers are in the byte order of the machine, as in the kernel's ABI and
 * vhost-user's. Buffers may be of any alignment. The compiler's padding in the
 * kernel's structures is skipped by decoders, since senders leave there what
 * was on their stack, and is 0 from encoders; so are fields that a type does
 * not use: an invalidation's uaddr and perm, all of a batch mark.
 *
 * Errors are negative errno values; outputs are then as they were.
 * Context: any, unless a function says otherwise.
 */
#ifndef RIOTLB_VHOST_MSG_H
#define RIOTLB_VHOST_MSG_H

#include <riotlb/vdpa.h>

RIOTLB_BEGIN_DECLS

/* ---- messages -------------------------------------------------- */

enum {
	RIOTLB_VHOST_MSG_SIZE = 72,        /* vhost_msg and vhost_msg_v2 */
	RIOTLB_VHOST_USER_IOTLB_SIZE = 32, /* vhost_iotlb_msg */
};

/* The values of VHOST_IOTLB_*. */
enum riotlb_iotlb_type {
	RIOTLB_IOTLB_MISS = 1,        /* iova, perm: wanted */
	RIOTLB_IOTLB_UPDATE = 2,      /* iova, size, uaddr, perm */
	RIOTLB_IOTLB_INVALIDATE = 3,  /* iova, size; (0, 0): everything */
	RIOTLB_IOTLB_ACCESS_FAIL = 4, /* iova, perm: refused */
	RIOTLB_IOTLB_BATCH_BEGIN = 5,
	RIOTLB_IOTLB_BATCH_END = 6,
};

/* Those of VHOST_IOTLB_MSG and VHOST_IOTLB_MSG_V2. */
enum riotlb_vhost_layout {
	RIOTLB_VHOST_USER = 0, /* a payload, with its header elsewhere */
	RIOTLB_VHOST_V1 = 1,
	RIOTLB_VHOST_V2 = 2, /* the only one with an asid */
};

struct riotlb_iotlb_msg {
	enum riotlb_vhost_layout layout;
	enum riotlb_iotlb_type type;
	uint32_t asid;
	uint32_t perm; /* RIOTLB_READ, _WRITE or _RW */
	uint64_t iova;
	uint64_t size;
	uint64_t uaddr;
};

/*
 * One message as a vhost or vhost-vdpa device gets it by write(2), or sends it
 * by read(2).
 * Errors: -EINVAL (len is not RIOTLB_VHOST_MSG_SIZE; an UPDATE of size 0, an
 * INVALIDATE of size 0 at another iova than 0; iova + size - 1 wraps; perm of
 * an UPDATE, MISS or ACCESS_FAIL), -EOVERFLOW (uaddr + size - 1 wraps),
 * -EOPNOTSUPP (no such layout or type).
 * Linux: reads 40 bytes and ignores how many there are; does not look at perm
 * or uaddr; sizes are as told at riotlb_vdpa_dma_map and dma_unmap.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_msg_decode(const void *buf, size_t len,
			struct riotlb_iotlb_msg *msg);

/*
 * Writes RIOTLB_VHOST_MSG_SIZE bytes. Errors: those of decode; -EINVAL (asid in
 * a message of V1); -ENOBUFS (len is less).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_msg_encode(const struct riotlb_iotlb_msg *msg, void *buf,
			size_t len);

/*
 * The payload of VHOST_USER_IOTLB_MSG and VHOST_USER_BACKEND_IOTLB_MSG, 32
 * bytes; it has no asid and no batch marks. Errors: as above.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_user_iotlb_decode(const void *buf, size_t len,
			       struct riotlb_iotlb_msg *msg);
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_user_iotlb_encode(const struct riotlb_iotlb_msg *msg, void *buf,
			       size_t len);

/* ---- the owner of a device ------------------------------------- */

/*
 * What vhost-vdpa keeps for the process that has a device open: the features
 * that it acknowledged, and the batch that it is in. Calls on one owner take
 * turns, which is the caller's to see to (Linux: dev->mutex); everything else
 * on the front and its engine may go on meanwhile.
 */
struct riotlb_vhost;

/* The backend features that concern messages, as bits; see below. */
#define RIOTLB_VHOST_F_IOTLB_MSG_V2 (UINT64_C(1) << 1)
#define RIOTLB_VHOST_F_IOTLB_BATCH (UINT64_C(1) << 2)
#define RIOTLB_VHOST_F_IOTLB_ASID (UINT64_C(1) << 3)
#define RIOTLB_VHOST_F_IOTLB_PERSIST (UINT64_C(1) << 8)
#define RIOTLB_VHOST_FEATURES                                       \
	(RIOTLB_VHOST_F_IOTLB_MSG_V2 | RIOTLB_VHOST_F_IOTLB_BATCH | \
	 RIOTLB_VHOST_F_IOTLB_ASID | RIOTLB_VHOST_F_IOTLB_PERSIST)

/*
 * Makes the caller the owner: resets the device with its mappings kept, and
 * acknowledges no feature. Errors: -EBUSY (there is one), -ENOMEM.
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_vhost_open(struct riotlb_vdpa *vdpa,
						   struct riotlb_vhost **out);

/*
 * The owner goes, by itself or because it was killed: its batch is aborted,
 * groups are bound to AS 0, and every AS is in its default state, so that
 * nothing of it is left for the next one. NULL is allowed.
 * Linux: only AS that the owner named, and only where the driver can; VDUSE
 * keeps the last map.
 */
RIOTLB_API void riotlb_vhost_close(struct riotlb_vhost *vhost);

/*
 * VHOST_SET_BACKEND_FEATURES, at any time, less the bits that say nothing about
 * messages and resets and are the caller's own. What there is to acknowledge is
 * RIOTLB_VHOST_FEATURES. Without ASID all messages are for AS 0; PERSIST is
 * told at riotlb_vhost_reset; of MSG_V2 and BATCH nothing depends, as in Linux.
 * Errors: -EOPNOTSUPP (another bit).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_set_backend_features(struct riotlb_vhost *vhost,
				  uint64_t features);

/*
 * Status 0 was written: riotlb_vdpa_reset if PERSIST is acknowledged, and a
 * batch stays open; else a reset with CLEAN_MAP, which fails an open batch with
 * -ECANCELED. Linux: the batch stays open then too, and its end gives the
 * device everything that was mapped before the reset.
 */
RIOTLB_API void riotlb_vhost_reset(struct riotlb_vhost *vhost,
				   struct riotlb_report *report);

/*
 * Does what the message says. `opaque` is for an UPDATE, which maps iova to
 * uaddr as it stands: where the sender's addresses are not the caller's own
 * (vhost-user), or where an UPDATE is to be pinned or split, the caller does
 * that between decoding and this call. `report` is optional and, for what is
 * only taken into a batch, zeros.
 *
 *   UPDATE       riotlb_vdpa_dma_map
 *   INVALIDATE   riotlb_vdpa_dma_unmap
 *   BATCH_BEGIN  from now on both are taken into a batch; nothing if it is open
 *   BATCH_END    makes them happen, or none; nothing without a batch
 *
 * Errors: those of these calls, and
 * -EINVAL (asid: no AS, not 0 where no ASID was acknowledged, not that of the
 * open batch; an asid in another layout than V2; MISS and ACCESS_FAIL, which go
 * the other way), -EOPNOTSUPP (no type).
 *
 * An update of the open batch that is refused fails the batch: all that was in
 * it is dropped, further messages for it are -ECANCELED, and BATCH_END ends it
 * with the error of that update and, in report->index, its number, counted from
 * 0. A BATCH_END that fails itself says which update it was in the same way,
 * and is the end of the batch too. A message for another AS is refused alone.
 *
 * Linux: what the message by itself is refused for (its length, its layout, an
 * UPDATE of size 0) is -EINVAL, and every other error -EFAULT. Without ASID the
 * field is ignored, so that what was meant for another AS ends up in AS 0. An
 * UPDATE is refused as it comes (-EEXIST, -ENOSPC), inside of a batch too, and
 * then nothing of the batch is taken back, nor is its end's result looked at.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_iotlb(struct riotlb_vhost *vhost,
		   const struct riotlb_iotlb_msg *msg, void *opaque,
		   struct riotlb_report *report);

/*
 * Decodes V1 or V2, and does it, with opaque NULL. Errors: those of both. What
 * cannot be decoded may have been an update of the open batch, and fails it.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vhost_write(struct riotlb_vhost *vhost, const void *buf, size_t len,
		   struct riotlb_report *report);

/*
 * Drops the batch, open or failed, for which there is no message; or nothing.
 */
RIOTLB_API void riotlb_vhost_abort_batch(struct riotlb_vhost *vhost);

RIOTLB_END_DECLS

#endif
