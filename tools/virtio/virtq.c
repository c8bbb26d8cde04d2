/* SPDX-License-Identifier: MIT */
#include "virtq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/detail/publish.h>

#include "guard.h"
#include "ring.h"

int virtq_init(struct virtq *q, const struct virtio_mem *mem)
{
	*q = (struct virtq){ .mem = *mem, .why = "" };
	q->segs = calloc(VIRTQ_MAX_SEGS, sizeof(*q->segs));
	return q->segs ? 0 : -ENOMEM;
}

void virtq_fini(struct virtq *q)
{
	free(q->segs);
	q->segs = NULL;
}

int virtq_broken(struct virtq *q, int error, const char *why)
{
	q->why = why;
	return error;
}

const char *virtq_why(const struct virtq *q)
{
	return q->why;
}

int virtq_attach(struct virtq *q, const struct virtq_config *config,
		 const struct virtq_position *at)
{
	q->config = *config;
	q->at = *at;
	q->unsignalled = 0;
	q->why = "";
	if (config->num == 0 || config->num > VIRTQ_MAX_NUM)
		return virtq_broken(q, -EINVAL, "its size");
	return config->packed ? packed_attach(q) : split_attach(q);
}

void virtq_enter(struct virtq *q)
{
	virtio_window_forget(&q->desc);
	virtio_window_forget(&q->driver);
	virtio_window_forget(&q->device);
}

void virtq_rewind(struct virtq *q)
{
	q->at.avail = q->at.used;
	q->at.avail_wrap = q->at.used_wrap;
}

int ring_word(struct virtq *q, struct virtio_window *window, uint64_t offset,
	      size_t size, void **word, struct virtio_need *need)
{
	int err = virtio_word(&q->mem, window, offset, size, word, need);

	if (err == -EINVAL)
		return virtq_broken(q, err, "a word that is not in one piece");
	return err;
}

/* ---- calls, each under a guard --------------------------------- */

struct call {
	struct virtq *q;
	struct virtio_need *need;
	struct virtq_elem *elem;
	const struct virtq_faults *faults;
	bool flag;
	uint16_t id;
	uint32_t written;
};

static int guarded(int (*fn)(void *arg), struct call *call)
{
	struct virtq *q = call->q;
	int err = guard_run(fn, call);

	if (err == -EAGAIN)
		counter_add(call->need->error == -EPERM ? &q->stats.denied
							: &q->stats.misses,
			    1);
	if (err == -EFAULT)
		return virtq_broken(q, err, "the memory of a mapping is gone");
	return err;
}

/* `pos`, a number of slots further in a packed ring. */
static void advance(const struct virtq *q, uint16_t *pos, bool *wrap,
		    uint16_t n)
{
	uint32_t sum = (uint32_t)*pos + n;

	if (q->config.packed && sum >= q->config.num) {
		sum -= q->config.num;
		*wrap = !*wrap;
	}
	*pos = (uint16_t)sum;
}

struct virtq_position virtq_behind(const struct virtq *q, uint16_t ndescs)
{
	struct virtq_position at = q->at;

	advance(q, &at.used, &at.used_wrap, q->config.packed ? ndescs : 1);
	return at;
}

static int do_resume_split(void *arg)
{
	struct call *call = arg;

	return split_load_used(call->q, &call->id, call->need);
}

int virtq_resume_split(struct virtq *q, struct virtio_need *need)
{
	struct call call = { .q = q, .need = need };
	int err = guarded(do_resume_split, &call);

	if (err)
		return err;
	q->at.used = call.id;
	virtq_rewind(q);
	return 0;
}

static int do_resume_packed(void *arg)
{
	struct call *call = arg;

	return packed_is_available(call->q, call->need);
}

int virtq_resume_packed(struct virtq *q, uint16_t ndescs,
			struct virtio_need *need)
{
	struct call call = { .q = q, .need = need };
	int is_available;

	if (ndescs > q->config.num)
		return virtq_broken(q, -EINVAL, "a position past its end");
	virtq_rewind(q);
	if (!ndescs)
		return 0;
	is_available = guarded(do_resume_packed, &call);
	if (is_available < 0)
		return is_available;
	if (!is_available) {
		q->at = virtq_behind(q, ndescs);
		virtq_rewind(q);
	}
	return 0;
}

static int do_pop(void *arg)
{
	struct call *call = arg;
	struct ring_chain chain = {
		.q = call->q,
		.elem = call->elem,
		.faults = call->faults,
		.need = call->need,
	};

	return call->q->config.packed ? packed_pop(&chain) : split_pop(&chain);
}

int virtq_pop(struct virtq *q, const struct virtq_faults *faults,
	      struct virtq_elem *elem, struct virtio_need *need)
{
	struct call call = {
		.q = q, .elem = elem, .faults = faults, .need = need
	};
	int got;

	*elem = (struct virtq_elem){ .segs = q->segs };
	got = guarded(do_pop, &call);
	if (got <= 0)
		return got;
	advance(q, &q->at.avail, &q->at.avail_wrap, elem->ndescs);
	counter_add(&q->stats.descriptors, elem->descs);
	counter_add(&q->stats.segments, elem->nout + elem->nin);
	return 1;
}

static int do_push(void *arg)
{
	const struct call *c = arg;

	return c->q->config.packed
		       ? packed_push(c->q, c->id, c->written, c->need)
		       : split_push(c->q, c->id, c->written, c->need);
}

int virtq_push(struct virtq *q, uint16_t id, uint16_t ndescs, uint32_t written,
	       struct virtio_need *need)
{
	struct call call = {
		.q = q,
		.id = id,
		.written = written,
		.need = need,
	};
	int err = guarded(do_push, &call);

	if (err)
		return err;
	advance(q, &q->at.used, &q->at.used_wrap, ndescs);
	q->unsignalled += q->config.packed ? ndescs : 1;
	counter_add(&q->stats.elements, 1);
	return 0;
}

static int do_call_due(void *arg)
{
	struct call *c = arg;

	return c->q->config.packed ? packed_call_due(c->q, c->need)
				   : split_call_due(c->q, c->need);
}

int virtq_call_due(struct virtq *q, struct virtio_need *need)
{
	struct call call = { .q = q, .need = need };
	int due;

	if (!q->unsignalled)
		return 0;
	/* the driver asks, then looks for what is used; here it is opposite */
	riotlb_fence_seq();
	due = guarded(do_call_due, &call);
	if (due < 0)
		return due;
	q->unsignalled = 0;
	counter_add(&q->stats.calls, (uint64_t)due);
	return due;
}

static int do_kicks(void *arg)
{
	struct call *c = arg;

	return c->q->config.packed ? packed_kicks(c->q, c->flag, c->need)
				   : split_kicks(c->q, c->flag, c->need);
}

static int do_pending(void *arg)
{
	struct call *c = arg;
	int n = c->q->config.packed ? packed_is_available(c->q, c->need)
				    : split_pending(c->q, c->need);

	return n > 0 ? 1 : n;
}

int virtq_kicks_on(struct virtq *q, struct virtio_need *need)
{
	struct call call = { .q = q, .need = need, .flag = true };
	int err = guarded(do_kicks, &call);

	if (err)
		return err;
	/* the driver makes available, then looks for what is asked for */
	riotlb_fence_seq();
	return guarded(do_pending, &call);
}

int virtq_kicks_off(struct virtq *q, struct virtio_need *need)
{
	struct call call = { .q = q, .need = need };

	return guarded(do_kicks, &call);
}
