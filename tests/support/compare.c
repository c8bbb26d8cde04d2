/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/inline.h>
#include <riotlb/rcu.h>

#include "check.h"
#include "ops.h"

#define ROOM_MAX 64

struct question {
	uint32_t asid;
	uint64_t iova;
	uint64_t last;
	uint32_t want;
};

__attribute__((noreturn)) static void
differs(const char *call, const struct question *q, const char *what)
{
	check_fail("%s(as%" PRIu32 ", [0x%" PRIx64 ", 0x%" PRIx64
		   "], want=%" PRIu32 "): %s differs from the model's",
		   call, q->asid, q->iova, q->last, q->want, what);
}

void dump_model(const struct model *model)
{
	for (uint32_t asid = 0; asid < model->nas; asid++) {
		const struct model_table *t = model_view(model, asid);

		fprintf(stderr, "model as%" PRIu32 "%s: %zu mappings\n", asid,
			model->as[asid].is_default ? " (default)" : "", t->n);
		for (size_t i = 0; i < t->n && i < 64; i++)
			fprintf(stderr,
				"  [0x%" PRIx64 ", 0x%" PRIx64 "] -> 0x%" PRIx64
				" perm=%" PRIu32 " opaque=0x%" PRIx64 "\n",
				t->maps[i].start, t->maps[i].last,
				t->maps[i].addr, t->maps[i].perm,
				t->maps[i].opaque);
	}
}

/* ---- contents ---------------------------------------------------------- */

static void check_mapping(uint32_t asid, size_t at,
			  const struct riotlb_mapping *got,
			  const struct riotlb_mapping *want)
{
	if (got->start == want->start && got->last == want->last &&
	    got->addr == want->addr && got->perm == want->perm &&
	    got->opaque == want->opaque && got->reserved == 0)
		return;
	check_fail("iterate(as%" PRIu32 "): mapping %zu is [0x%" PRIx64
		   ", 0x%" PRIx64 "] -> 0x%" PRIx64 " perm=%" PRIu32
		   " opaque=0x%" PRIx64 ", the model has [0x%" PRIx64
		   ", 0x%" PRIx64 "] -> 0x%" PRIx64 " perm=%" PRIu32
		   " opaque=0x%" PRIx64,
		   asid, at, got->start, got->last, got->addr, got->perm,
		   got->opaque, want->start, want->last, want->addr, want->perm,
		   want->opaque);
}

static void compare_contents(struct riotlb *e, const struct model *model,
			     uint32_t asid, size_t chunk)
{
	const struct model_table *t = model_view(model, asid);
	struct riotlb_mapping *out = calloc(chunk, sizeof(*out));
	uint64_t from = 0;
	size_t seen = 0;
	int more;

	check(out);
	do {
		size_t n = 0;

		more = riotlb_iterate(e, asid, from, UINT64_MAX, out, chunk, &n,
				      &from, NULL);
		check(more == 0 || more == 1);
		check(n <= chunk && (n == chunk || !more));
		for (size_t i = 0; i < n && seen + i < t->n; i++)
			check_mapping(asid, seen + i, &out[i],
				      &t->maps[seen + i]);
		seen += n;
	} while (more && seen <= t->n);
	free(out);
	if (seen != t->n)
		check_fail("iterate(as%" PRIu32 "): %zu mappings%s, the model "
			   "has %zu",
			   asid, seen, more ? " or more" : "", t->n);
}

static void compare_stats(struct riotlb *e, const struct model *model,
			  uint32_t asid)
{
	struct riotlb_stats got, want;

	check_eq(model_get_stats(model, asid, &want), 0);
	check_eq(riotlb_get_stats(e, asid, &got), 0);
	check_eq(got.mappings, want.mappings);
	check_eq(got.bytes.hi, want.bytes.hi);
	check_eq(got.bytes.lo, want.bytes.lo);
	check_eq(got.resets, want.resets);
	check_eq(got.is_default, want.is_default);
}

void compare_state(struct riotlb *e, const struct model *model, size_t chunk)
{
	for (uint32_t asid = 0; asid < model->nas; asid++) {
		compare_stats(e, model, asid);
		compare_contents(e, model, asid, chunk);
	}
	for (uint32_t group = 0; group < model->ngroups; group++) {
		uint32_t got = UINT32_MAX;

		check_eq(riotlb_get_group_asid(e, group, &got), 0);
		check_eq(got, model->group[group]);
	}
}

/* ---- lookups ----------------------------------------------------------- */

static bool same_segment(const struct riotlb_segment *a,
			 const struct riotlb_segment *b)
{
	return a->iova == b->iova && a->last == b->last && a->addr == b->addr &&
	       a->perm == b->perm;
}

/* A group bound to the AS, or ngroups. */
static uint32_t group_of(const struct model *model, uint32_t asid)
{
	uint32_t group = 0;

	while (group < model->ngroups && model->group[group] != asid)
		group++;
	return group;
}

static void compare_one(struct riotlb *e, const struct model *model,
			const struct question *q)
{
	struct riotlb_segment want = { 0 }, got;
	uint32_t group = group_of(model, q->asid);
	int err = model_translate(model, q->asid, q->iova, q->last, q->want,
				  &want);

	if (riotlb_translate(e, q->asid, q->iova, q->last, q->want, &got) !=
	    err)
		differs("translate", q, "result");
	if (!err && !same_segment(&got, &want))
		differs("translate", q, "segment");
	if (group == model->ngroups)
		return;
	if (riotlb_group_translate(e, group, q->iova, q->last, q->want, &got) !=
	    err)
		differs("group_translate", q, "result");
	if (!err && !same_segment(&got, &want))
		differs("group_translate", q, "segment");
}

/* The forms compiled into the caller. */
static void compare_inline(struct riotlb *e, const struct model *model,
			   const struct question *q)
{
	struct riotlb_segment want = { 0 }, got;
	uint32_t group = group_of(model, q->asid);
	int err = model_translate(model, q->asid, q->iova, q->last, q->want,
				  &want);

	if (riotlb_inline_translate(e, q->asid, q->iova, q->last, q->want,
				    &got) != err)
		differs("inline_translate", q, "result");
	if (!err && !same_segment(&got, &want))
		differs("inline_translate", q, "segment");
	if (group == model->ngroups)
		return;
	if (riotlb_inline_group_translate(e, group, q->iova, q->last, q->want,
					  &got) != err)
		differs("inline_group_translate", q, "result");
	if (!err && !same_segment(&got, &want))
		differs("inline_group_translate", q, "segment");
}

static void check_answer(const char *call, const struct question *q, int err,
			 const struct riotlb_segment *want,
			 const struct riotlb_answer *got)
{
	if (got->status != err)
		differs(call, q, "status");
	if (err ? got->addr || got->last
		: got->addr != want->addr || got->last != want->last ||
			    got->perm != want->perm)
		differs(call, q, "answer");
}

static void compare_burst(struct riotlb *e, const struct model *model,
			  const struct question *q)
{
	struct riotlb_request request = { .iova = q->iova,
					  .last = q->last,
					  .want = q->want };
	struct riotlb_segment want = { 0 };
	struct riotlb_answer got;
	uint32_t group = group_of(model, q->asid);
	int err = model_translate(model, q->asid, q->iova, q->last, q->want,
				  &want);

	if (q->asid >= model->nas) {
		check_eq(riotlb_translate_burst(e, q->asid, &request, 1, &got),
			 -EINVAL);
		return;
	}
	check_eq(riotlb_translate_burst(e, q->asid, &request, 1, &got), !!err);
	check_answer("translate_burst", q, err, &want, &got);
	if (group == model->ngroups)
		return;
	check_eq(riotlb_group_translate_burst(e, group, &request, 1, &got),
		 !!err);
	check_answer("group_translate_burst", q, err, &want, &got);
}

/* What a list says of one request: all of it at one stretch, or an error. */
static int model_list(const struct model *model, const struct question *q,
		      uint64_t *addr)
{
	struct riotlb_segment seg = { 0 };
	int err = model_translate(model, q->asid, q->iova, q->last, q->want,
				  &seg);

	*addr = seg.addr;
	if (err || seg.last == q->last)
		return err;
	err = model_translate(model, q->asid, seg.last + 1, q->last, q->want,
			      &seg);
	return err ? err : -ENOBUFS;
}

static void compare_list(struct riotlb *e, const struct model *model,
			 const struct question *q)
{
	uint64_t want = 0, got, span = q->last - q->iova;
	uint32_t group = group_of(model, q->asid);
	int err = model_list(model, q, &want);
	size_t done = SIZE_MAX;

	/* iova + span is last again, so both see a wrap where last < iova */
	if (riotlb_translate_list(e, q->asid, &q->iova, 1, span, q->want, &got,
				  &done) != err)
		differs("translate_list", q, "result");
	if (done != (err == 0))
		differs("translate_list", q, "count");
	if (!err && got != want)
		differs("translate_list", q, "address");
	if (group == model->ngroups)
		return;
	if (riotlb_group_translate_list(e, group, &q->iova, 1, span, q->want,
					&got, &done) != err)
		differs("group_translate_list", q, "result");
	if (done != (err == 0) || (!err && got != want))
		differs("group_translate_list", q, "answer");
}

static int engine_vec(struct riotlb *e, uint32_t group, bool by_group,
		      const struct question *q, struct riotlb_segment *segs,
		      size_t room, size_t *n, uint64_t *stop)
{
	if (by_group)
		return riotlb_group_translate_vec(e, group, q->iova, q->last,
						  q->want, segs, room, n, stop);
	return riotlb_translate_vec(e, q->asid, q->iova, q->last, q->want, segs,
				    room, n, stop);
}

static void compare_vec(struct riotlb *e, const struct model *model,
			struct question q, size_t room, bool by_group)
{
	struct riotlb_segment want[ROOM_MAX], got[ROOM_MAX];
	uint32_t group = group_of(model, q.asid);
	int err;

	if (by_group && group == model->ngroups)
		return;
	do {
		uint64_t want_stop = 0, stop = 0;
		size_t want_n, n = SIZE_MAX;

		err = model_translate_vec(model, q.asid, q.iova, q.last, q.want,
					  want, room, &want_n, &want_stop);
		if (engine_vec(e, group, by_group, &q, got, room, &n, &stop) !=
		    err)
			differs("translate_vec", &q, "result");
		if (n != want_n)
			differs("translate_vec", &q, "number of segments");
		for (size_t i = 0; i < n; i++)
			if (!same_segment(&got[i], &want[i]))
				differs("translate_vec", &q, "segment");
		if (err && stop != want_stop)
			differs("translate_vec", &q, "stop");
		q.iova = want_stop;
	} while (err == -ENOBUFS);
}

static void compare_gaps(struct riotlb *e, const struct model *model,
			 struct question q, size_t room, bool by_group)
{
	struct riotlb_gap want[ROOM_MAX], got[ROOM_MAX];
	uint32_t group = group_of(model, q.asid);
	int err;

	if (by_group && group == model->ngroups)
		return;
	do {
		uint64_t want_resume = 0, resume = 0;
		size_t want_n, n = SIZE_MAX;
		int got_err;

		err = model_gaps(model, q.asid, q.iova, q.last, q.want, want,
				 room, &want_n, &want_resume);
		got_err = by_group
				  ? riotlb_group_gaps(e, group, q.iova, q.last,
						      q.want, got, room, &n,
						      &resume)
				  : riotlb_gaps(e, q.asid, q.iova, q.last,
						q.want, got, room, &n, &resume);
		if (got_err != err)
			differs("gaps", &q, "result");
		if (n != want_n)
			differs("gaps", &q, "number of gaps");
		for (size_t i = 0; i < n; i++)
			if (got[i].start != want[i].start ||
			    got[i].last != want[i].last ||
			    got[i].error != want[i].error)
				differs("gaps", &q, "gap");
		/* anywhere between the last gap told and the first not told */
		if (err == -ENOBUFS &&
		    (resume > want_resume || resume <= got[n - 1].last))
			differs("gaps", &q, "resume point");
		q.iova = resume;
	} while (err == -ENOBUFS);
}

void compare_lookup(struct riotlb *e, const struct model *model, uint32_t asid,
		    uint64_t iova, uint64_t last, uint32_t want, size_t room)
{
	struct question q = { asid, iova, last, want };

	check(room >= 1 && room <= ROOM_MAX);
	riotlb_read_enter(e);
	compare_one(e, model, &q);
	compare_inline(e, model, &q);
	compare_burst(e, model, &q);
	compare_list(e, model, &q);
	for (int by_group = 0; by_group < 2; by_group++) {
		compare_vec(e, model, q, room, by_group);
		compare_gaps(e, model, q, room, by_group);
	}
	riotlb_read_exit(e);
}

/* ---- many at once ------------------------------------------------------ */

static void compare_bursts(struct riotlb *e, const struct model *model,
			   uint32_t asid, const struct riotlb_range *ranges,
			   size_t n, uint32_t want)
{
	struct riotlb_request *requests = calloc(n + 1, sizeof(*requests));
	struct riotlb_answer *answers = calloc(n + 1, sizeof(*answers));
	int failed = 0;

	check(requests && answers);
	for (size_t i = 0; i < n; i++)
		requests[i] = (struct riotlb_request){
			.iova = ranges[i].start,
			.last = ranges[i].last,
			.want = want,
		};
	failed = riotlb_translate_burst(e, asid, requests, n, answers);
	for (size_t i = 0; i < n && asid < model->nas; i++) {
		struct question q = { asid, ranges[i].start, ranges[i].last,
				      want };
		struct riotlb_segment seg = { 0 };
		int err = model_translate(model, asid, q.iova, q.last, want,
					  &seg);

		check_answer("translate_burst", &q, err, &seg, &answers[i]);
		failed -= err != 0;
	}
	check_eq(failed, asid < model->nas ? 0 : -EINVAL);
	free(requests);
	free(answers);
}

/* How many of the list translate; *err is why the next one does not. */
static size_t model_lists(const struct model *model, struct question q,
			  const uint64_t *iova, size_t n, uint64_t *addr,
			  int *err)
{
	uint64_t span = q.last;

	*err = q.asid < model->nas && q.want >= 1 && q.want <= 3 ? 0 : -EINVAL;
	for (size_t i = 0; i < n && !*err; i++) {
		q.iova = iova[i];
		q.last = iova[i] + span;
		*err = model_list(model, &q, &addr[i]);
		if (*err)
			return i;
	}
	return *err ? 0 : n;
}

static void compare_lists(struct riotlb *e, const struct model *model,
			  uint32_t asid, const struct riotlb_range *ranges,
			  size_t n, uint32_t want)
{
	uint64_t *iova = calloc(n + 1, sizeof(*iova));
	uint64_t *addr = calloc(n + 1, sizeof(*addr));
	uint64_t *host = calloc(n + 1, sizeof(*host));
	uint64_t span = n ? ranges[0].last - ranges[0].start : 0;
	struct question q = { asid, 0, span, want };
	size_t done = SIZE_MAX, want_done;
	int err;

	check(iova && addr && host);
	for (size_t i = 0; i < n; i++)
		iova[i] = ranges[i].start;
	want_done = model_lists(model, q, iova, n, host, &err);
	if (riotlb_translate_list(e, asid, iova, n, span, want, addr, &done) !=
	    err)
		differs("translate_list", &q, "result");
	if (done != want_done)
		differs("translate_list", &q, "count");
	for (size_t i = 0; i < done; i++)
		if (addr[i] != host[i])
			differs("translate_list", &q, "address");
	free(iova);
	free(addr);
	free(host);
}

void compare_many(struct riotlb *e, const struct model *model, uint32_t asid,
		  const struct riotlb_range *ranges, size_t n, uint32_t want)
{
	riotlb_read_enter(e);
	compare_bursts(e, model, asid, ranges, n, want);
	compare_lists(e, model, asid, ranges, n, want);
	riotlb_read_exit(e);
}

static void compare_around(struct riotlb *e, const struct model *model,
			   uint32_t asid, uint64_t point)
{
	for (uint32_t want = RIOTLB_READ; want <= RIOTLB_RW; want++) {
		compare_lookup(e, model, asid, point, point, want, 1);
		compare_lookup(e, model, asid, point, UINT64_MAX, want,
			       ROOM_MAX);
		if (point > 0)
			compare_lookup(e, model, asid, point - 1, point, want,
				       2);
		if (point < UINT64_MAX)
			compare_lookup(e, model, asid, point, point + 1, want,
				       2);
	}
}

void compare_edges(struct riotlb *e, const struct model *model, size_t every,
		   size_t from)
{
	for (uint32_t asid = 0; asid < model->nas; asid++) {
		const struct model_table *t = model_view(model, asid);

		compare_around(e, model, asid, 0);
		compare_around(e, model, asid, UINT64_MAX);
		for (size_t i = from; i < t->n; i += every) {
			compare_around(e, model, asid, t->maps[i].start);
			compare_around(e, model, asid, t->maps[i].last);
		}
	}
}
