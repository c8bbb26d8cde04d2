/* SPDX-License-Identifier: MIT */
/*
 * Why no wakeup is lost. A data path that missed (A) and a mapping (M):
 *
 *	A: waiters++ and the waiter into its question, under the lock
 *	A: fence
 *	A: look up again
 *			M: the mapping into the table
 *			M: fence
 *			M: are there waiters? then look through them, locked
 *
 * Of two fences one is the first. If it is A's, M sees that there are waiters
 * and finds this one, or one that was told in its place is past caring. If it
 * is M's, A's lookup sees the mapping, and A takes its waiter out again. Both
 * may happen; the lock decides whether it was told or taken out.
 *
 * A rebinding of a group is the same, with the binding for the mapping.
 */
#define _POSIX_C_SOURCE 200809L

#include "miss.h"

#include <errno.h>
#include <string.h>

#include <riotlb/detail/publish.h>

#define STANDARD_CAPACITY 256u
#define NO_GROUP UINT32_MAX
#define WAITING 1u /* a status that is no news */

/* What is news, and for whom. */
struct news {
	bool (*concerns)(const struct news *news,
			 const struct riotlb_miss_waiter *waiter);
	bool any_as;
	uint32_t asid;
	uint32_t group;
	uint64_t start;
	uint64_t last;
	uint32_t perm; /* that there is now, if status is 0 */
	int status;
};

/* One that misses. Its waiter may be told, and gone, as soon as it is in. */
struct miss {
	uint32_t asid;
	uint32_t group;
	uint32_t want;
	uint64_t iova;
	uint64_t last;
	struct riotlb_miss_waiter *waiter;
	struct question *question;
	uint64_t serial; /* tells its waiter from others in the same memory */
};

/* What is to be done when the lock is free again. */
struct after {
	struct riotlb_miss_waiter *told;
	bool kick;
	bool room;
};

/* ---- questions and waiters, with the lock held ------------------------- */

static void count_waiters(struct riotlb_misses *m, uint64_t n)
{
	m->stats.waiters = n;
	riotlb_store_relaxed(&m->waiters, n);
}

static struct question *find(struct riotlb_misses *m, uint32_t asid,
			     uint64_t iova, uint32_t want)
{
	for (uint32_t i = 0; i < m->capacity; i++) {
		struct question *q = &m->questions[i];

		if (q->waiters && q->asid == asid && q->start <= iova &&
		    iova <= q->last && (q->perm & want) == want)
			return q;
	}
	return NULL;
}

static void queue(struct riotlb_misses *m, struct question *q)
{
	q->asked = false;
	TAILQ_INSERT_TAIL(&m->queued, q, link);
	m->stats.queued++;
}

static void unqueue(struct riotlb_misses *m, struct question *q)
{
	if (q->asked) {
		TAILQ_REMOVE(&m->asked, q, link);
		m->stats.asked--;
	} else {
		TAILQ_REMOVE(&m->queued, q, link);
		m->stats.queued--;
	}
}

static struct question *new_question(struct riotlb_misses *m,
				     const struct miss *miss)
{
	struct question *q = TAILQ_FIRST(&m->idle);

	if (!q)
		return NULL;
	TAILQ_REMOVE(&m->idle, q, link);
	q->start = miss->iova;
	q->last = miss->last;
	q->asid = miss->asid;
	q->perm = miss->want;
	queue(m, q);
	return q;
}

static void end_question(struct riotlb_misses *m, struct question *q,
			 struct after *after)
{
	unqueue(m, q);
	TAILQ_INSERT_TAIL(&m->idle, q, link);
	after->room |= m->refused;
	m->refused = false;
}

static int put_in(struct riotlb_misses *m, struct miss *miss, bool *fresh)
{
	struct riotlb_miss_waiter *waiter = miss->waiter;
	struct question *q;

	if (m->closed)
		return -ESHUTDOWN;
	q = find(m, miss->asid, miss->iova, miss->want);
	*fresh = !q;
	if (!q) {
		q = new_question(m, miss);
	} else {
		m->stats.joined++;
		if (q->last < miss->last)
			q->last = miss->last;
	}
	if (!q) {
		m->stats.refused++;
		m->refused = true;
		return -ENOSPC;
	}
	miss->question = q;
	miss->serial = ++m->serial;
	waiter->question = q;
	waiter->serial = miss->serial;
	waiter->iova = miss->iova;
	waiter->want = miss->want;
	waiter->group = miss->group;
	waiter->next = q->waiters;
	q->waiters = waiter;
	m->stats.added++;
	count_waiters(m, m->stats.waiters + 1);
	return 0;
}

/* Is it in still? Looks at it only if it is. */
static bool find_waiter(const struct miss *miss)
{
	struct riotlb_miss_waiter *w = miss->question->waiters;

	while (w && w != miss->waiter)
		w = w->next;
	return w && w->serial == miss->serial;
}

/* ---- news -------------------------------------------------------------- */

static bool in_range(const struct news *news,
		     const struct riotlb_miss_waiter *waiter)
{
	return news->start <= waiter->iova && waiter->iova <= news->last;
}

static bool in_group(const struct news *news,
		     const struct riotlb_miss_waiter *waiter)
{
	return waiter->group == news->group;
}

static void tell(struct riotlb_misses *m, const struct news *news,
		 struct riotlb_miss_waiter *waiter, struct after *after)
{
	int status = news->status;

	if (status == 0 && (news->perm & waiter->want) != waiter->want)
		status = -EPERM;
	if (status == 0)
		m->stats.mapped++;
	else
		m->stats.failed++;
	if (waiter->told) {
		waiter->next = after->told;
		after->told = waiter;
	}
	/* with the load of riotlb_miss_poll: what became of the table, too */
	riotlb_store_release(&waiter->status, (uint64_t)(int64_t)status);
	/* without a callback it is the caller's from here on */
}

/* Tells whom it concerns; true if somebody was told, and somebody was not. */
static bool tell_some(struct riotlb_misses *m, const struct news *news,
		      struct question *q, struct after *after)
{
	struct riotlb_miss_waiter **at = &q->waiters;
	uint64_t before = m->stats.waiters, n = before;

	while (*at) {
		struct riotlb_miss_waiter *waiter = *at;

		if (!news->concerns(news, waiter)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		n--;
		tell(m, news, waiter, after);
	}
	count_waiters(m, n);
	return n < before && q->waiters;
}

/*
 * Some have left it. It is asked anew, unless its first byte is still waited
 * for; if it was not asked yet its kick has been, or is to come.
 */
static void shorten(struct riotlb_misses *m, struct question *q,
		    struct after *after)
{
	uint64_t first = UINT64_MAX;

	for (struct riotlb_miss_waiter *w = q->waiters; w; w = w->next) {
		if (w->iova < first)
			first = w->iova;
	}
	if (first == q->start)
		return;
	q->start = first;
	if (!q->asked)
		return;
	unqueue(m, q);
	queue(m, q);
	after->kick = true;
}

/* Does anybody wait for its question still? */
static bool take_out(struct riotlb_misses *m, struct riotlb_miss_waiter *waiter,
		     struct after *after)
{
	struct question *q = waiter->question;
	struct riotlb_miss_waiter **at = &q->waiters;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	count_waiters(m, m->stats.waiters - 1);
	if (q->waiters) {
		shorten(m, q, after);
		return true;
	}
	end_question(m, q, after);
	return false;
}

static void after_all(struct riotlb_misses *m, struct after *after)
{
	struct riotlb_miss_waiter *waiter = after->told;
	int state;

	if (!waiter && !after->kick && !after->room)
		return;
	/* a thread that is cancelled in one of these must not skip the rest */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (waiter) {
		struct riotlb_miss_waiter *next = waiter->next;

		waiter->told(waiter, riotlb_miss_poll(waiter));
		waiter = next;
	}
	if (after->kick && m->kick)
		m->kick(m->ctx);
	if (after->room && m->room)
		m->room(m->ctx);
	pthread_setcancelstate(state, NULL);
}

static void spread(struct riotlb_misses *m, const struct news *news)
{
	struct after after = { 0 };

	riotlb_fence_seq(); /* M's, see above */
	if (riotlb_load_relaxed(&m->waiters) == 0)
		return;
	pthread_mutex_lock(&m->lock);
	for (uint32_t i = 0; i < m->capacity; i++) {
		struct question *q = &m->questions[i];

		if (!q->waiters || (!news->any_as && news->asid != q->asid))
			continue;
		if (tell_some(m, news, q, &after))
			shorten(m, q, &after);
		else if (!q->waiters)
			end_question(m, q, &after);
	}
	pthread_mutex_unlock(&m->lock);
	after_all(m, &after);
}

void riotlb_miss_mapped(struct riotlb_misses *m, uint32_t asid, uint64_t start,
			uint64_t last, uint32_t perm)
{
	struct news news = {
		.concerns = in_range,
		.asid = asid,
		.start = start,
		.last = last,
		.perm = perm,
	};

	spread(m, &news);
}

void riotlb_miss_fail(struct riotlb_misses *m, uint32_t asid, uint64_t start,
		      uint64_t last, int status)
{
	struct news news = {
		.concerns = in_range,
		.asid = asid,
		.start = start,
		.last = last,
		.status = status < 0 ? status : -EFAULT,
	};

	spread(m, &news);
}

void riotlb_miss_flush(struct riotlb_misses *m, uint32_t asid, uint64_t start,
		       uint64_t last)
{
	riotlb_miss_fail(m, asid, start, last, -ECANCELED);
}

static void tell_all(struct riotlb_misses *m, int status)
{
	struct news news = {
		.concerns = in_range,
		.any_as = true,
		.last = UINT64_MAX,
		.status = status,
	};

	spread(m, &news);
}

void riotlb_miss_flush_all(struct riotlb_misses *m)
{
	tell_all(m, -ECANCELED);
}

void riotlb_miss_flush_group(struct riotlb_misses *m, uint32_t group)
{
	struct news news = {
		.concerns = in_group,
		.any_as = true,
		.group = group,
		.status = -ECANCELED,
	};

	spread(m, &news);
}

/* ---- the data path ----------------------------------------------------- */

/* Would a lookup by now find it, or another AS? */
static bool answered(const struct riotlb_misses *m, const struct miss *miss)
{
	const struct riotlb *engine = m->vdpa->engine;
	struct riotlb_segment seg;
	uint32_t bound = miss->asid;

	if (miss->group != NO_GROUP)
		riotlb_get_group_asid(engine, miss->group, &bound);
	return bound != miss->asid ||
	       riotlb_translate(engine, miss->asid, miss->iova, miss->iova,
				miss->want, &seg) == 0;
}

/* True: taken out in time; false: it had been told. */
static bool withdraw(struct riotlb_misses *m, const struct miss *miss,
		     struct after *after)
{
	bool fresh = after->kick, found;

	pthread_mutex_lock(&m->lock);
	found = find_waiter(miss);
	if (found) {
		after->kick = false;
		/* who joined meanwhile relies on this thread's kick */
		if (take_out(m, miss->waiter, after))
			after->kick |= fresh;
		m->stats.in_time++;
	}
	pthread_mutex_unlock(&m->lock);
	return found;
}

static int wait_for(struct riotlb_misses *m, struct miss *miss)
{
	struct after after = { 0 };
	int result;

	if (miss->asid >= m->vdpa->nas || miss->last < miss->iova ||
	    miss->want < RIOTLB_READ || miss->want > RIOTLB_RW ||
	    (miss->asid && m->layout != RIOTLB_VHOST_V2))
		return -EINVAL;
	riotlb_store_relaxed(&miss->waiter->status, WAITING);
	pthread_mutex_lock(&m->lock);
	result = put_in(m, miss, &after.kick);
	pthread_mutex_unlock(&m->lock);
	if (result)
		return result;
	riotlb_fence_seq(); /* A's, see above */
	if (answered(m, miss) && withdraw(m, miss, &after))
		result = 1;
	after_all(m, &after);
	return result;
}

int riotlb_miss_add(struct riotlb_misses *m, uint32_t asid, uint64_t iova,
		    uint64_t last, uint32_t want,
		    struct riotlb_miss_waiter *waiter)
{
	struct miss miss = {
		.asid = asid,
		.group = NO_GROUP,
		.want = want,
		.iova = iova,
		.last = last,
		.waiter = waiter,
	};

	return wait_for(m, &miss);
}

int riotlb_miss_group_add(struct riotlb_misses *m, uint32_t group,
			  uint64_t iova, uint64_t last, uint32_t want,
			  struct riotlb_miss_waiter *waiter)
{
	struct miss miss = {
		.group = group,
		.want = want,
		.iova = iova,
		.last = last,
		.waiter = waiter,
	};
	int err = riotlb_get_group_asid(m->vdpa->engine, group, &miss.asid);

	return err ? err : wait_for(m, &miss);
}

int riotlb_miss_cancel(struct riotlb_misses *m,
		       struct riotlb_miss_waiter *waiter)
{
	struct after after = { 0 };
	bool told;

	pthread_mutex_lock(&m->lock);
	told = riotlb_miss_poll(waiter) != -EINPROGRESS;
	if (!told)
		take_out(m, waiter, &after);
	pthread_mutex_unlock(&m->lock);
	after_all(m, &after);
	return told ? -EALREADY : 0;
}

int riotlb_miss_poll(const struct riotlb_miss_waiter *waiter)
{
	uint64_t status = riotlb_load_acquire(&waiter->status);

	return status == WAITING ? -EINPROGRESS : (int)(int64_t)status;
}

/* ---- the driver -------------------------------------------------------- */

int riotlb_miss_take(struct riotlb_misses *m, struct riotlb_iotlb_msg *msg,
		     struct riotlb_range *range)
{
	struct question *q;

	pthread_mutex_lock(&m->lock);
	q = TAILQ_FIRST(&m->queued);
	if (q) {
		unqueue(m, q);
		q->asked = true;
		TAILQ_INSERT_TAIL(&m->asked, q, link);
		m->stats.asked++;
		m->stats.taken++;
		*msg = (struct riotlb_iotlb_msg){
			.layout = m->layout,
			.type = RIOTLB_IOTLB_MISS,
			.asid = q->asid,
			.perm = q->perm,
			.iova = q->start,
		};
		if (range)
			*range = (struct riotlb_range){ q->start, q->last };
	}
	pthread_mutex_unlock(&m->lock);
	return q ? 0 : -EAGAIN;
}

int riotlb_miss_read(struct riotlb_misses *m, void *buf, size_t len)
{
	bool is_user = m->layout == RIOTLB_VHOST_USER;
	int size =
		is_user ? RIOTLB_VHOST_USER_IOTLB_SIZE : RIOTLB_VHOST_MSG_SIZE;
	struct riotlb_iotlb_msg msg;
	int err;

	if (len < (size_t)size)
		return -ENOBUFS;
	err = riotlb_miss_take(m, &msg, NULL);
	if (err)
		return err;
	err = is_user ? riotlb_vhost_user_iotlb_encode(&msg, buf, len)
		      : riotlb_vhost_msg_encode(&msg, buf, len);
	return err ? err : size;
}

void riotlb_miss_requeue(struct riotlb_misses *m)
{
	struct question *q;

	pthread_mutex_lock(&m->lock);
	while ((q = TAILQ_LAST(&m->asked, question_list))) {
		unqueue(m, q);
		q->asked = false;
		TAILQ_INSERT_HEAD(&m->queued, q, link);
		m->stats.queued++;
	}
	pthread_mutex_unlock(&m->lock);
}

void riotlb_miss_get_stats(struct riotlb_misses *m,
			   struct riotlb_miss_stats *stats)
{
	pthread_mutex_lock(&m->lock);
	*stats = m->stats;
	pthread_mutex_unlock(&m->lock);
}

/* ---- life -------------------------------------------------------------- */

void riotlb_miss_attr_init(struct riotlb_miss_attr *attr)
{
	*attr = (struct riotlb_miss_attr){
		.size = sizeof(*attr),
		.capacity = STANDARD_CAPACITY,
		.layout = RIOTLB_VHOST_V2,
	};
}

static bool attr_valid(const struct riotlb_miss_attr *attr)
{
	return attr->size == sizeof(*attr) && attr->capacity > 0 &&
	       attr->capacity <= RIOTLB_MAX_MISSES &&
	       (attr->layout == RIOTLB_VHOST_USER ||
		attr->layout == RIOTLB_VHOST_V1 ||
		attr->layout == RIOTLB_VHOST_V2);
}

static size_t misses_size(uint32_t capacity)
{
	return sizeof(struct riotlb_misses) +
	       capacity * sizeof(struct question);
}

static void misses_init(struct riotlb_misses *m, struct riotlb_vdpa *vdpa,
			const struct riotlb_miss_attr *attr)
{
	memset(m, 0, misses_size(attr->capacity));
	m->vdpa = vdpa;
	m->layout = attr->layout;
	m->kick = attr->kick;
	m->room = attr->room;
	m->ctx = attr->ctx;
	m->capacity = attr->capacity;
	pthread_mutex_init(&m->lock, NULL); /* without attributes: succeeds */
	TAILQ_INIT(&m->idle);
	TAILQ_INIT(&m->queued);
	TAILQ_INIT(&m->asked);
	for (uint32_t i = 0; i < m->capacity; i++)
		TAILQ_INSERT_TAIL(&m->idle, &m->questions[i], link);
}

int riotlb_miss_create(struct riotlb_vdpa *vdpa,
		       const struct riotlb_miss_attr *attr,
		       struct riotlb_misses **out)
{
	struct riotlb_miss_attr standard;
	struct riotlb_misses *m;

	riotlb_miss_attr_init(&standard);
	if (!attr)
		attr = &standard;
	if (!attr_valid(attr))
		return -EINVAL;
	if (vdpa->misses)
		return -EBUSY;
	m = riotlb_vdpa_alloc(vdpa, misses_size(attr->capacity));
	if (!m)
		return -ENOMEM;
	misses_init(m, vdpa, attr);
	vdpa->misses = m;
	*out = m;
	return 0;
}

void riotlb_miss_close(struct riotlb_misses *m)
{
	pthread_mutex_lock(&m->lock);
	m->closed = true;
	pthread_mutex_unlock(&m->lock);
	/* nobody can be added any more, so these are the last */
	tell_all(m, -ESHUTDOWN);
}

void riotlb_miss_destroy(struct riotlb_misses *m)
{
	struct riotlb_vdpa *vdpa;

	if (!m)
		return;
	riotlb_miss_close(m);
	vdpa = m->vdpa;
	vdpa->misses = NULL;
	pthread_mutex_destroy(&m->lock);
	riotlb_vdpa_free(vdpa, m, misses_size(m->capacity));
}
