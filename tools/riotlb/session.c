/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <stdlib.h>

static int create(struct session *session,
		  const struct riotlb_allocator *allocator,
		  enum riotlb_reclaim_mode reclaim)
{
	uint32_t nas = session->nas + 1;
	struct riotlb_default *defaults = calloc(nas, sizeof(*defaults));
	struct riotlb_attr attr;
	int err;

	if (!defaults)
		return -ENOMEM;
	for (uint32_t i = 0; i < nas; i++)
		defaults[i].kind = RIOTLB_DEFAULT_EMPTY;
	riotlb_attr_init(&attr);
	attr.nas = nas;
	attr.ngroups = session->ngroups;
	attr.defaults = defaults;
	attr.allocator = allocator;
	attr.reclaim = reclaim;
	err = riotlb_create(&attr, &session->engine);
	free(defaults);
	return err;
}

static int bind_nowhere(struct session *session)
{
	int err = 0;

	for (uint32_t i = 0; i < session->ngroups && !err; i++) {
		session->bound[i] = session->nas;
		err = riotlb_set_group_asid(session->engine, i, session->nas,
					    NULL);
	}
	return err;
}

int session_open(struct session *session, const struct trace *trace,
		 const struct riotlb_allocator *allocator,
		 enum riotlb_reclaim_mode reclaim)
{
	int err;

	*session = (struct session){
		.nas = trace->domains.n,
		.ngroups = trace->endpoints.n,
	};
	/* an ftrace has no endpoints; its lookups come from group 0 at AS 0 */
	if (trace->format == FORMAT_FTRACE)
		session->ngroups = 1;
	session->bound = calloc(session->ngroups + 1, sizeof(uint32_t));
	session->attached = calloc(session->nas + 1, sizeof(uint32_t));
	if (!session->bound || !session->attached)
		err = -ENOMEM;
	else
		err = create(session, allocator, reclaim);
	if (!err) {
		riotlb_thread_register(session->engine);
		if (trace->format != FORMAT_FTRACE)
			err = bind_nowhere(session);
	}
	if (err)
		session_close(session);
	return err;
}

void session_close(struct session *session)
{
	if (session->engine) {
		riotlb_thread_unregister(session->engine);
		riotlb_destroy(session->engine);
	}
	free(session->bound);
	free(session->attached);
	*session = (struct session){ 0 };
}

/* Errors of what follows are about asid and group only, which are right. */

static uint32_t leave(struct session *session, uint32_t group)
{
	uint32_t asid = session->bound[group];

	if (asid == session->nas)
		return asid;
	session->bound[group] = session->nas;
	if (--session->attached[asid])
		return session->nas;
	riotlb_reset_map(session->engine, asid, NULL);
	return asid;
}

uint32_t session_bind(struct session *session, const struct event *event)
{
	uint32_t group = event->place;
	uint32_t asid = (uint32_t)event->start;
	bool attach = event->kind == EVENT_ATTACH;
	uint32_t reset;

	if (attach == (session->bound[group] == asid))
		return session->nas;
	reset = leave(session, group);
	if (attach) {
		session->bound[group] = asid;
		session->attached[asid]++;
	}
	riotlb_set_group_asid(session->engine, group, session->bound[group],
			      NULL);
	return reset;
}
