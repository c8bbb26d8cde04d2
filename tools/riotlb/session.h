/* SPDX-License-Identifier: MIT */
/*
 * An engine for a trace: domain n is AS n, endpoint n is group n, and one more
 * AS, empty for ever, is where endpoints are that are attached to no domain.
 */
#ifndef RIOTLB_CLI_SESSION_H
#define RIOTLB_CLI_SESSION_H

#include <errno.h>
#include <stdint.h>

#include <riotlb/rcu.h>
#include <riotlb/riotlb.h>

#include "events.h"
#include "memory.h"
#include "ops.h"

struct session {
	struct riotlb *engine;
	uint32_t nas; /* without the empty one */
	uint32_t ngroups;
	uint32_t *bound;    /* group -> AS; nas: nowhere */
	uint32_t *attached; /* AS -> number of groups */
};

/*
 * Opens one; the calling thread is registered as a reader. Errors: those of
 * riotlb_create.
 */
int session_open(struct session *session, const struct trace *trace,
		 const struct riotlb_allocator *allocator,
		 enum riotlb_reclaim_mode reclaim);
void session_close(struct session *session);

/*
 * Attaches or detaches. A domain that loses its last endpoint ceases to exist
 * (virtio 1.2, 5.13.6.4), and its mappings with it: its AS is reset. A detach
 * from a domain that the endpoint is not attached to has no effect.
 * Returns the AS that was reset, or nas.
 */
uint32_t session_bind(struct session *session, const struct event *event);

/*
 * Maps or unmaps. Returns what the engine does. Inline, as is the next one,
 * because what they cost is reported as the engine's.
 */
static inline int session_update(const struct session *session,
				 const struct op *op,
				 struct riotlb_report *report)
{
	if (op->kind == OP_MAP)
		return riotlb_map(session->engine, op->place, &op->what, 0,
				  report);
	return riotlb_unmap(session->engine, op->place, op->what.start,
			    op->what.last, RIOTLB_UNMAP_EXACT, report);
}

/*
 * Translates one byte for op->place. Returns what the engine does; perm 0 takes
 * any permission. Context: reader.
 */
static inline int session_translate(const struct session *session,
				    const struct op *op, uint64_t *addr)
{
	uint32_t want = op->what.perm ? op->what.perm : RIOTLB_READ;
	struct riotlb_segment segment;
	int err;

	err = riotlb_group_translate(session->engine, op->place, op->what.start,
				     op->what.start, want, &segment);
	if (err == -EPERM && !op->what.perm)
		err = riotlb_group_translate(session->engine, op->place,
					     op->what.start, op->what.start,
					     RIOTLB_WRITE, &segment);
	if (!err)
		*addr = segment.addr;
	return err;
}

#endif
