/* SPDX-License-Identifier: MIT */
#include "ask.h"

#include <errno.h>

#include <riotlb/inline.h>
#include <riotlb/rcu.h>

#include "check.h"
#include "history.h"

uint32_t ask_begin(struct question *q)
{
	if (!q->by_group)
		return q->id;
	q->version = binding_over(q->id);
	return binding_of(q->id, q->version);
}

struct riotlb_stamp ask_stamp(const struct question *q, uint64_t start,
			      uint64_t last)
{
	struct riotlb_stamp stamp;

	check_eq(q->by_group
			 ? riotlb_group_stamp(q->engine, q->id, start, last,
					      &stamp)
			 : riotlb_stamp(q->engine, q->id, start, last, &stamp),
		 0);
	return stamp;
}

static struct answer from_segment(int err, const struct riotlb_segment *seg,
				  const struct look *l)
{
	if (err)
		return (struct answer){ .err = err };
	check_eq(seg->iova, l->iova);
	return (struct answer){ .addr = seg->addr,
				.last = seg->last,
				.perm = seg->perm };
}

static struct answer ask_call(const struct question *q, const struct look *l)
{
	struct riotlb_segment seg;
	uint64_t last = l->iova + LOOK_SPAN;
	int err = q->by_group
			  ? riotlb_group_translate(q->engine, q->id, l->iova,
						   last, l->want, &seg)
			  : riotlb_translate(q->engine, q->id, l->iova, last,
					     l->want, &seg);

	return from_segment(err, &seg, l);
}

static struct answer ask_inline(const struct question *q, const struct look *l)
{
	struct riotlb_segment seg;
	uint64_t last = l->iova + LOOK_SPAN;
	int err = q->by_group
			  ? riotlb_inline_group_translate(q->engine, q->id,
							  l->iova, last,
							  l->want, &seg)
			  : riotlb_inline_translate(q->engine, q->id, l->iova,
						    last, l->want, &seg);

	return from_segment(err, &seg, l);
}

static struct answer ask_vec(const struct question *q, const struct look *l)
{
	uint64_t last = l->iova + LOOK_SPAN, stop;
	struct riotlb_segment segs[2];
	size_t filled;
	int err = q->by_group
			  ? riotlb_group_translate_vec(q->engine, q->id,
						       l->iova, last, l->want,
						       segs, 2, &filled, &stop)
			  : riotlb_translate_vec(q->engine, q->id, l->iova,
						 last, l->want, segs, 2,
						 &filled, &stop);

	/* an error further on: its first byte was translated all the same */
	return from_segment(filled ? 0 : err, &segs[0], l);
}

struct answer ask_one(const struct question *q, const struct look *l,
		      unsigned int form)
{
	switch (form % 4) {
	case 0:
		return ask_vec(q, l);
	case 1:
		return ask_inline(q, l);
	default:
		return ask_call(q, l);
	}
}

/* ---- several ----------------------------------------------------------- */

static unsigned int ask_burst(const struct question *q, const struct look *l,
			      struct answer *a, unsigned int n)
{
	struct riotlb_request request[ASK_MAX];
	struct riotlb_answer answer[ASK_MAX];
	int failed, counted = 0;

	for (unsigned int i = 0; i < n; i++)
		request[i] = (struct riotlb_request){
			.iova = l[i].iova,
			.last = l[i].iova + LOOK_SPAN,
			.want = l[i].want,
		};
	failed = q->by_group ? riotlb_group_translate_burst(q->engine, q->id,
							    request, n, answer)
			     : riotlb_translate_burst(q->engine, q->id, request,
						      n, answer);
	for (unsigned int i = 0; i < n; i++) {
		a[i] = (struct answer){ .err = answer[i].status,
					.addr = answer[i].addr,
					.last = answer[i].last,
					.perm = answer[i].perm };
		counted += answer[i].status != 0;
	}
	check_eq(failed, counted);
	return n;
}

/* All of them want the same here. */
static unsigned int ask_list(const struct question *q, const struct look *l,
			     struct answer *a, unsigned int n)
{
	uint64_t iova[ASK_MAX], addr[ASK_MAX];
	size_t done;
	int err;

	for (unsigned int i = 0; i < n; i++)
		iova[i] = l[i].iova;
	err = q->by_group ? riotlb_group_translate_list(q->engine, q->id, iova,
							n, LOOK_SPAN, l[0].want,
							addr, &done)
			  : riotlb_translate_list(q->engine, q->id, iova, n,
						  LOOK_SPAN, l[0].want, addr,
						  &done);
	for (unsigned int i = 0; i < done; i++)
		a[i] = (struct answer){ .addr = addr[i],
					.last = iova[i] + LOOK_SPAN };
	if (!err)
		check_eq(done, n);
	/* a byte of it is being mapped or unmapped just now: no answer */
	if (!err || err == -ENOBUFS)
		return (unsigned int)done;
	a[done] = (struct answer){ .err = err };
	return (unsigned int)done + 1;
}

unsigned int ask_many(const struct question *q, const struct look *l,
		      struct answer *a, unsigned int n, bool list)
{
	return list ? ask_list(q, l, a, n) : ask_burst(q, l, a, n);
}

enum found ask_end(const struct question *q, struct look *l,
		   const struct answer *a, struct held *held)
{
	uint64_t begun;

	if (!q->by_group)
		return look_end(l, a, held);
	begun = binding_begun(q->id);
	if (begun == q->version)
		return look_end(l, a, held);
	return look_end_any(l, a, bindings_of(q->id, q->version, begun), held);
}
