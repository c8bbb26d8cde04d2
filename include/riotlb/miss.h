/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: misses. What the data path cannot translate becomes a question
 * to whoever knows the mappings: a MISS message of vhost or vhost-user, a
 * VDUSE_IOTLB_GET_FD. Whoever waits for the answer is told when it is there.
 *
 * On the data path of a virtqueue, in the section of the lookup that failed:
 *
 *	err = riotlb_group_translate(engine, group, iova, last, want, &seg);
 *	if (err == -EFAULT)
 *		err = riotlb_miss_group_add(misses, group, iova, last, want,
 *					    &request->waiter);
 *	if (err == 0)
 *		the request waits, and is told;
 *	if (err == 1)
 *		look up again, the mapping has come;
 *
 * On the control path, as often as the kick says:
 *
 *	while (riotlb_miss_take(misses, &msg, NULL) == 0)
 *		send(msg);
 *
 * and nothing else: what is mapped through the front (riotlb/vdpa.h), or by
 * messages (riotlb/vhost_msg.h), is an answer. Mappings made on the engine
 * itself are told to riotlb_miss_mapped.
 *
 * A question is about an AS, a range and a permission. It is queued, then asked
 * (taken by the driver), and then over. It is about the first byte of its range
 * above all, because a MISS message names no other; the rest is what is wanted
 * next, for drivers that can ask for more.
 *
 *  - A miss whose first byte lies in the range of a question of its AS with at
 *    least its permission joins that question and asks nothing. If it reaches
 *    further, so does the question from now on.
 *  - Otherwise it is a question of its own, also where the two overlap: it
 *    wants to know about a byte that nobody has asked for.
 *  - A mapping tells all waiters whose first byte it covers, whoever asked for
 *    it.
 *  - When waiters leave a question, told or not, it begins at the first byte
 *    that is still waited for; if it was asked, with another, it is queued
 *    again. One for which nobody waits any more is dropped.
 *
 * The race that would lose a wakeup is closed here: riotlb_miss_add looks up
 * once more when it has put the waiter in, and a mapping looks for waiters when
 * it is visible, so one of the two sees the other. Which mapping a waiter was
 * told of may be gone again when it looks: it looks up, and may miss again.
 *
 * Linux: vhost queues a question for each miss, also if there is one; there is
 * no limit; any UPDATE of the first byte wakes, whatever its permission; and
 * nothing but an UPDATE takes a question away.
 *
 * Threads: everything but create and destroy may be called by any number of
 * threads at once. A lock is held for a pass over the questions, at most
 * `capacity` of them and their waiters, and for nothing else: no allocation, no
 * callback, no wait for readers. No function is a cancellation point, nor is
 * one while it runs callbacks. A child of fork has no use of a set.
 */
#ifndef RIOTLB_MISS_H
#define RIOTLB_MISS_H

#include <riotlb/vhost_msg.h>

RIOTLB_BEGIN_DECLS

struct riotlb_misses; /* a set of them, of one front */

struct riotlb_miss_attr {
	size_t size; /* sizeof, set by riotlb_miss_attr_init */

	/* Questions at most, queued and asked: 1..RIOTLB_MAX_MISSES. */
	uint32_t capacity;

	/* Of the messages; in another than V2 there is only AS 0. */
	enum riotlb_vhost_layout layout;

	/*
	 * Both are optional, and called with no lock held. Kick: a question was
	 * queued; on the thread that missed, in its section, or on one that
	 * mapped less than was asked for. Room: a question is over, and since
	 * the last call one had been refused with -ENOSPC; on the thread that
	 * ended it. Either may come once too often.
	 */
	void (*kick)(void *ctx);
	void (*room)(void *ctx);
	void *ctx;
};

#define RIOTLB_MAX_MISSES 4096u

/* 256 questions, RIOTLB_VHOST_V2, no callbacks. */
RIOTLB_API void riotlb_miss_attr_init(struct riotlb_miss_attr *attr);

/*
 * Creates the set of a front, before other threads use the front; attr NULL
 * means the defaults. Memory is the front's. Errors: -EINVAL (attr), -EBUSY
 * (the front has one), -ENOMEM. Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_miss_create(struct riotlb_vdpa *vdpa,
		   const struct riotlb_miss_attr *attr,
		   struct riotlb_misses **out);

/*
 * Tells everybody -ESHUTDOWN; from then on nothing can be added. Idempotent.
 * Context: any.
 */
RIOTLB_API void riotlb_miss_close(struct riotlb_misses *misses);

/*
 * Closes and frees it, when no other thread is in a call on it or its front,
 * before the front is destroyed. NULL is allowed. Context: any.
 */
RIOTLB_API void riotlb_miss_destroy(struct riotlb_misses *misses);

/* ---- the data path --------------------------------------------- */

/*
 * One that waits; the caller's memory from riotlb_miss_add until it is told or
 * cancelled, part of a request, say. `told` is set by the caller, the rest is
 * the set's own.
 *
 * told(self, status) is called once, on the thread that made the news, with no
 * lock held; the memory is the caller's again when the call begins. It may
 * call anything that its thread may call there. With told NULL the caller asks
 * riotlb_miss_poll, and the memory is its own again once that says the news.
 *
 * Of the status: 0, mapped: look up again. -EPERM, mapped, without the
 * permission. -ECANCELED, the range was invalidated, the AS reset or replaced,
 * or the group bound to another: look up again, or give up. -ESHUTDOWN: closed.
 * Or what riotlb_miss_fail was given.
 */
struct riotlb_miss_waiter {
	void (*told)(struct riotlb_miss_waiter *self, int status);
	struct riotlb_miss_waiter *next;
	void *question;
	uint64_t serial;
	uint64_t iova;
	uint64_t status;
	uint32_t want;
	uint32_t group;
};

/*
 * Puts the waiter in for what a lookup said -EFAULT to (or -EPERM, where the
 * answer may be a mapping with more permission). Allocates nothing.
 * Returns 0: it waits, or was even told already; 1: it does not wait, what it
 * wants is mapped by now (or the group bound to another AS): look up again.
 * Errors: -EINVAL (asid or group, range, want; an asid that the layout of
 * messages has no place for), -ENOSPC (full: wait for `room`, try again),
 * -ESHUTDOWN (closed). Context: reader.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_miss_add(struct riotlb_misses *misses, uint32_t asid, uint64_t iova,
		uint64_t last, uint32_t want,
		struct riotlb_miss_waiter *waiter);
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_miss_group_add(struct riotlb_misses *misses, uint32_t group,
		      uint64_t iova, uint64_t last, uint32_t want,
		      struct riotlb_miss_waiter *waiter);

/*
 * Takes out one whose riotlb_miss_add has returned 0. Returns 0: it will not be
 * told; -EALREADY: it has the news, or its `told` is being called.
 * Context: any.
 */
RIOTLB_API int riotlb_miss_cancel(struct riotlb_misses *misses,
				  struct riotlb_miss_waiter *waiter);

/* -EINPROGRESS, or the status that it was told. Wait-free. Context: any. */
RIOTLB_API int riotlb_miss_poll(const struct riotlb_miss_waiter *waiter);

/* ---- the driver ------------------------------------------------ */

/*
 * The oldest question that is queued, which is asked from now on, as a MISS
 * message; `range` (optional) is all of it. Errors: -EAGAIN (none is queued).
 * Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_miss_take(struct riotlb_misses *misses,
						  struct riotlb_iotlb_msg *msg,
						  struct riotlb_range *range);

/*
 * The same as bytes, in the layout of the attributes, as read(2) on a vhost
 * device has it. Returns how many. Errors: -EAGAIN; -ENOBUFS (len is less than
 * a message; the question stays queued). Context: any.
 */
RIOTLB_API RIOTLB_MUST_CHECK int riotlb_miss_read(struct riotlb_misses *misses,
						  void *buf, size_t len);

/*
 * Queues all that were asked again, oldest first: the other side is a new one,
 * or never got them. Context: any.
 */
RIOTLB_API void riotlb_miss_requeue(struct riotlb_misses *misses);

/*
 * [start, last] was mapped with perm, on the engine and not through the front.
 * Call it when the map has returned. Costs a fence and a load where nobody
 * waits. Context: any.
 */
RIOTLB_API void riotlb_miss_mapped(struct riotlb_misses *misses, uint32_t asid,
				   uint64_t start, uint64_t last,
				   uint32_t perm);

/*
 * Tells all whose first byte is in [start, last] that it will not be mapped:
 * the other side denied it, is gone, or took too long. `status` is the caller's
 * word, a negative errno value; anything else is taken for -EFAULT.
 * Context: any.
 */
RIOTLB_API void riotlb_miss_fail(struct riotlb_misses *misses, uint32_t asid,
				 uint64_t start, uint64_t last, int status);

struct riotlb_miss_stats {
	uint64_t queued;  /* questions, now */
	uint64_t asked;   /* questions, now */
	uint64_t waiters; /* now */
	uint64_t added;   /* from here on: since creation */
	uint64_t joined;  /* of these: to a question that was there */
	uint64_t refused; /* -ENOSPC */
	uint64_t in_time; /* added, and then found to be mapped */
	uint64_t taken;   /* questions, as messages */
	uint64_t mapped;  /* waiters told 0 */
	uint64_t failed;  /* waiters told anything else */
};

/* Context: any. */
RIOTLB_API void riotlb_miss_get_stats(struct riotlb_misses *misses,
				      struct riotlb_miss_stats *stats);

RIOTLB_END_DECLS

#endif
