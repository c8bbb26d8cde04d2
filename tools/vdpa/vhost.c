/* SPDX-License-Identifier: MIT */
/* The owner of a device: its messages, and the batch that they are in. */
#include <riotlb/vhost_msg.h>

#include <errno.h>

#include "front.h"

enum batch_state {
	BATCH_NONE,
	BATCH_OPEN,   /* in `batch` */
	BATCH_FAILED, /* of `error` and `index`, and waits for its end */
};

struct riotlb_vhost {
	struct riotlb_vdpa *vdpa;
	uint64_t features;
	enum batch_state state;
	struct riotlb_vdpa_batch *batch;
	uint32_t asid;
	int error;
	size_t index; /* of the next update, or the one that failed */
};

/* ---- the batch --------------------------------------------------------- */

static void drop(struct riotlb_vhost *vhost, enum batch_state next)
{
	struct riotlb_vdpa_batch *batch = vhost->batch;

	vhost->state = next;
	vhost->batch = NULL;
	/* last, since the discard callback may look at anything */
	riotlb_vdpa_batch_abort(batch);
}

static void fail(struct riotlb_vhost *vhost, int error)
{
	if (vhost->state != BATCH_OPEN)
		return;
	vhost->error = error;
	drop(vhost, BATCH_FAILED);
}

static int begin(struct riotlb_vhost *vhost, uint32_t asid)
{
	int err;

	if (vhost->state == BATCH_OPEN)
		return 0;
	if (vhost->state == BATCH_FAILED)
		return -ECANCELED;
	err = riotlb_vdpa_batch_begin(vhost->vdpa, asid, &vhost->batch);
	if (err)
		return err;
	vhost->state = BATCH_OPEN;
	vhost->asid = asid;
	vhost->index = 0;
	return 0;
}

static int end(struct riotlb_vhost *vhost, struct riotlb_report *report)
{
	int err;

	if (vhost->state == BATCH_FAILED) {
		vhost->state = BATCH_NONE;
		return riotlb_vdpa_result(report, vhost->error, vhost->index);
	}
	if (vhost->state == BATCH_NONE)
		return 0;
	err = riotlb_vdpa_batch_end(vhost->batch, report);
	if (err)
		drop(vhost, BATCH_NONE);
	vhost->state = BATCH_NONE;
	vhost->batch = NULL;
	return err;
}

/* ---- messages ---------------------------------------------------------- */

static int update(struct riotlb_vhost *vhost,
		  const struct riotlb_iotlb_msg *msg, void *opaque,
		  struct riotlb_report *report)
{
	if (msg->type == RIOTLB_IOTLB_UPDATE)
		return riotlb_vdpa_dma_map(vhost->vdpa, msg->asid, msg->iova,
					   msg->size, msg->uaddr, msg->perm,
					   opaque, report);
	return riotlb_vdpa_dma_unmap(vhost->vdpa, msg->asid, msg->iova,
				     msg->size, report);
}

static int take_in(struct riotlb_vhost *vhost,
		   const struct riotlb_iotlb_msg *msg, void *opaque)
{
	int err;

	if (vhost->state == BATCH_FAILED)
		return -ECANCELED;
	if (msg->type == RIOTLB_IOTLB_UPDATE)
		err = riotlb_vdpa_batch_dma_map(vhost->batch, msg->iova,
						msg->size, msg->uaddr,
						msg->perm, opaque);
	else
		err = riotlb_vdpa_batch_dma_unmap(vhost->batch, msg->iova,
						  msg->size);
	if (err)
		fail(vhost, err);
	else
		vhost->index++;
	return err;
}

static bool asid_valid(const struct riotlb_vhost *vhost,
		       const struct riotlb_iotlb_msg *msg)
{
	if (msg->asid && (msg->layout != RIOTLB_VHOST_V2 ||
			  !(vhost->features & RIOTLB_VHOST_F_IOTLB_ASID)))
		return false;
	return msg->asid < vhost->vdpa->nas &&
	       (vhost->state == BATCH_NONE || msg->asid == vhost->asid);
}

int riotlb_vhost_iotlb(struct riotlb_vhost *vhost,
		       const struct riotlb_iotlb_msg *msg, void *opaque,
		       struct riotlb_report *report)
{
	riotlb_vdpa_result(report, 0, 0);
	if (!asid_valid(vhost, msg))
		return -EINVAL;
	switch (msg->type) {
	case RIOTLB_IOTLB_UPDATE:
	case RIOTLB_IOTLB_INVALIDATE:
		if (vhost->state == BATCH_NONE)
			return update(vhost, msg, opaque, report);
		return take_in(vhost, msg, opaque);
	case RIOTLB_IOTLB_BATCH_BEGIN:
		return begin(vhost, msg->asid);
	case RIOTLB_IOTLB_BATCH_END:
		return end(vhost, report);
	case RIOTLB_IOTLB_MISS:
	case RIOTLB_IOTLB_ACCESS_FAIL:
		return -EINVAL;
	}
	return -EOPNOTSUPP;
}

int riotlb_vhost_write(struct riotlb_vhost *vhost, const void *buf, size_t len,
		       struct riotlb_report *report)
{
	struct riotlb_iotlb_msg msg;
	int err = riotlb_vhost_msg_decode(buf, len, &msg);

	if (err) {
		fail(vhost, err);
		return riotlb_vdpa_result(report, err, 0);
	}
	return riotlb_vhost_iotlb(vhost, &msg, NULL, report);
}

void riotlb_vhost_abort_batch(struct riotlb_vhost *vhost)
{
	drop(vhost, BATCH_NONE);
}

/* ---- life -------------------------------------------------------------- */

int riotlb_vhost_open(struct riotlb_vdpa *vdpa, struct riotlb_vhost **out)
{
	struct riotlb_vhost *vhost;

	if (atomic_flag_test_and_set_explicit(&vdpa->owned,
					      memory_order_acquire))
		return -EBUSY;
	vhost = riotlb_vdpa_alloc(vdpa, sizeof(*vhost));
	if (!vhost) {
		atomic_flag_clear_explicit(&vdpa->owned, memory_order_release);
		return -ENOMEM;
	}
	*vhost = (struct riotlb_vhost){ .vdpa = vdpa };
	riotlb_vdpa_reset(vdpa, NULL);
	*out = vhost;
	return 0;
}

void riotlb_vhost_close(struct riotlb_vhost *vhost)
{
	struct riotlb_vdpa *vdpa;

	if (!vhost)
		return;
	vdpa = vhost->vdpa;
	drop(vhost, BATCH_NONE);
	riotlb_vdpa_compat_reset(vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP, NULL);
	riotlb_vdpa_free(vdpa, vhost, sizeof(*vhost));
	atomic_flag_clear_explicit(&vdpa->owned, memory_order_release);
}

int riotlb_vhost_set_backend_features(struct riotlb_vhost *vhost,
				      uint64_t features)
{
	if (features & ~RIOTLB_VHOST_FEATURES)
		return -EOPNOTSUPP;
	vhost->features = features;
	return 0;
}

void riotlb_vhost_reset(struct riotlb_vhost *vhost,
			struct riotlb_report *report)
{
	if (vhost->features & RIOTLB_VHOST_F_IOTLB_PERSIST) {
		riotlb_vdpa_reset(vhost->vdpa, report);
		return;
	}
	fail(vhost, -ECANCELED);
	riotlb_vdpa_compat_reset(vhost->vdpa, RIOTLB_VDPA_RESET_F_CLEAN_MAP,
				 report);
}
