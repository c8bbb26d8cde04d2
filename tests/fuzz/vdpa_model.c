/* SPDX-License-Identifier: MIT */
#include "vdpa_model.h"

#include <errno.h>
#include <string.h>

/* ---- ranges ------------------------------------------------------------ */

/* The last byte, or one before the first if there is none or it wraps. */
static uint64_t last_of(uint64_t start, uint64_t size)
{
	return start + size - 1;
}

static bool is_range(uint64_t start, uint64_t size)
{
	return size != 0 && last_of(start, size) >= start;
}

static int map_op(const struct owner *o, const struct riotlb_iotlb_msg *msg,
		  uint64_t opaque, struct riotlb_op *op)
{
	uint64_t last = last_of(msg->iova, msg->size);

	if (!is_range(msg->iova, msg->size) || msg->iova < o->window.start ||
	    last > o->window.last || msg->perm < 1 || msg->perm > 3)
		return -EINVAL;
	if (!is_range(msg->uaddr, msg->size))
		return -EOVERFLOW;
	memset(op, 0, sizeof(*op));
	op->kind = RIOTLB_OP_MAP;
	op->mapping.start = msg->iova;
	op->mapping.last = last;
	op->mapping.addr = msg->uaddr;
	op->mapping.perm = msg->perm;
	op->mapping.opaque = opaque;
	return 0;
}

static int unmap_op(const struct owner *o, const struct riotlb_iotlb_msg *msg,
		    struct riotlb_op *op)
{
	memset(op, 0, sizeof(*op));
	op->kind = RIOTLB_OP_UNMAP;
	if (msg->iova == 0 && msg->size == 0) {
		op->policy = RIOTLB_UNMAP_WHOLE;
		op->mapping.last = UINT64_MAX;
		return 0;
	}
	if (!is_range(msg->iova, msg->size))
		return -EINVAL;
	op->policy = o->policy;
	op->mapping.start = msg->iova;
	op->mapping.last = last_of(msg->iova, msg->size);
	return 0;
}

int owner_dma_map(struct owner *o, const struct riotlb_iotlb_msg *msg,
		  uint64_t opaque, struct riotlb_report *report)
{
	struct riotlb_op op;
	int err = map_op(o, msg, opaque, &op);

	memset(report, 0, sizeof(*report));
	return err ? err
		   : model_map(o->model, msg->asid, &op.mapping, 0, report);
}

int owner_dma_unmap(struct owner *o, const struct riotlb_iotlb_msg *msg,
		    struct riotlb_report *report)
{
	struct riotlb_op op;
	int err = unmap_op(o, msg, &op);

	memset(report, 0, sizeof(*report));
	return err ? err
		   : model_unmap(o->model, msg->asid, op.mapping.start,
				 op.mapping.last, op.policy, report);
}

/* ---- bytes ------------------------------------------------------------- */

/* As the kernel declares it. */
struct payload {
	uint64_t iova;
	uint64_t size;
	uint64_t uaddr;
	uint8_t perm;
	uint8_t type;
	uint8_t padding[6];
};

_Static_assert(sizeof(struct payload) == RIOTLB_VHOST_USER_IOTLB_SIZE, "");

static int read_payload(const uint8_t *buf, struct riotlb_iotlb_msg *msg)
{
	struct payload p;

	memcpy(&p, buf, sizeof(p));
	msg->type = (enum riotlb_iotlb_type)p.type;
	switch (p.type) {
	case 2:
		msg->iova = p.iova;
		msg->size = p.size;
		msg->uaddr = p.uaddr;
		msg->perm = p.perm;
		if (p.perm < 1 || p.perm > 3 || !is_range(p.iova, p.size))
			return -EINVAL;
		return is_range(p.uaddr, p.size) ? 0 : -EOVERFLOW;
	case 3:
		msg->iova = p.iova;
		msg->size = p.size;
		return (p.iova == 0 && p.size == 0) || is_range(p.iova, p.size)
			       ? 0
			       : -EINVAL;
	case 1:
	case 4:
		msg->iova = p.iova;
		msg->perm = p.perm;
		return p.perm < 1 || p.perm > 3 ? -EINVAL : 0;
	case 5:
	case 6:
		return msg->layout == RIOTLB_VHOST_USER ? -EOPNOTSUPP : 0;
	}
	return -EOPNOTSUPP;
}

int owner_decode(const uint8_t *buf, size_t len, bool payload,
		 struct riotlb_iotlb_msg *msg)
{
	uint32_t head[2];

	memset(msg, 0, sizeof(*msg));
	if (len != (payload ? sizeof(struct payload) : 72))
		return -EINVAL;
	if (payload)
		return read_payload(buf, msg);
	memcpy(head, buf, sizeof(head));
	if (head[0] != 1 && head[0] != 2)
		return -EOPNOTSUPP;
	msg->layout = (enum riotlb_vhost_layout)head[0];
	msg->asid = head[0] == 2 ? head[1] : 0;
	return read_payload(buf + sizeof(head), msg);
}

/* ---- batches ----------------------------------------------------------- */

static void discard_all(struct owner *o)
{
	for (size_t i = 0; o->in_batch && !o->failed && i < o->n; i++) {
		if (o->ops[i].kind == RIOTLB_OP_MAP)
			o->discard(o->discard_ctx, o->asid, &o->ops[i].mapping);
	}
}

static void fail(struct owner *o, int err)
{
	if (!o->in_batch || o->failed)
		return;
	discard_all(o);
	o->failed = err;
}

void owner_abort(struct owner *o)
{
	discard_all(o);
	o->in_batch = false;
	o->failed = 0;
}

static int end_batch(struct owner *o, int refused, struct riotlb_report *report)
{
	int err = refused;

	if (!o->in_batch)
		return 0;
	if (o->failed) {
		err = o->failed;
		report->index = o->n;
	} else if (!refused) {
		err = model_apply(o->model, o->asid, o->ops, o->n, report);
	}
	if (err)
		discard_all(o);
	o->in_batch = false;
	o->failed = 0;
	return err;
}

static int take_in(struct owner *o, const struct riotlb_iotlb_msg *msg,
		   uint64_t opaque, int refused)
{
	struct riotlb_op op;
	int err;

	if (o->failed)
		return -ECANCELED;
	err = msg->type == RIOTLB_IOTLB_UPDATE ? map_op(o, msg, opaque, &op)
					       : unmap_op(o, msg, &op);
	if (!err && o->n == o->max_batch)
		err = -ENOSPC;
	if (!err)
		err = refused;
	if (err)
		fail(o, err);
	else
		o->ops[o->n++] = op;
	return err;
}

static int begin_batch(struct owner *o, uint32_t asid, int refused)
{
	if (o->in_batch)
		return o->failed ? -ECANCELED : 0;
	if (refused)
		return refused;
	o->in_batch = true;
	o->asid = asid;
	o->n = 0;
	return 0;
}

/* ---- messages ---------------------------------------------------------- */

static bool is_update(const struct riotlb_iotlb_msg *msg)
{
	return msg->type == RIOTLB_IOTLB_UPDATE ||
	       msg->type == RIOTLB_IOTLB_INVALIDATE;
}

int owner_message(struct owner *o, const struct riotlb_iotlb_msg *msg,
		  uint64_t opaque, int refused, struct riotlb_report *report)
{
	bool may_name = msg->layout == RIOTLB_VHOST_V2 &&
			(o->features & RIOTLB_VHOST_F_IOTLB_ASID);

	memset(report, 0, sizeof(*report));
	if (msg->asid >= o->model->nas || (msg->asid && !may_name) ||
	    (o->in_batch && msg->asid != o->asid))
		return -EINVAL;
	if (msg->type == RIOTLB_IOTLB_BATCH_BEGIN)
		return begin_batch(o, msg->asid, refused);
	if (msg->type == RIOTLB_IOTLB_BATCH_END)
		return end_batch(o, refused, report);
	if (!is_update(msg))
		return msg->type == RIOTLB_IOTLB_MISS ||
				       msg->type == RIOTLB_IOTLB_ACCESS_FAIL
			       ? -EINVAL
			       : -EOPNOTSUPP;
	if (o->in_batch)
		return take_in(o, msg, opaque, refused);
	if (refused)
		return refused;
	return msg->type == RIOTLB_IOTLB_UPDATE
		       ? owner_dma_map(o, msg, opaque, report)
		       : owner_dma_unmap(o, msg, report);
}

int owner_write(struct owner *o, const uint8_t *buf, size_t len, int refused,
		struct riotlb_report *report)
{
	struct riotlb_iotlb_msg msg;
	int err = owner_decode(buf, len, false, &msg);

	memset(report, 0, sizeof(*report));
	if (err) {
		fail(o, err);
		return err;
	}
	return owner_message(o, &msg, 0, refused, report);
}

/* ---- resets ------------------------------------------------------------ */

static void clean(struct owner *o)
{
	for (uint32_t i = 0; i < o->model->nas; i++)
		model_reset_map(o->model, i, &(struct riotlb_report){ 0 });
}

static void rebind(struct owner *o)
{
	for (uint32_t i = 0; i < o->model->ngroups; i++)
		model_set_group_asid(o->model, i, 0,
				     &(struct riotlb_report){ 0 });
}

void owner_reset(struct owner *o)
{
	if (!(o->features & RIOTLB_VHOST_F_IOTLB_PERSIST)) {
		fail(o, -ECANCELED);
		clean(o);
	}
	rebind(o);
}

void owner_close(struct owner *o)
{
	owner_abort(o);
	clean(o);
	rebind(o);
	o->features = 0;
}
