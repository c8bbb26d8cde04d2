/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: a front like the kernel's VDUSE device (one AS, one group, empty
 * by default, vhost-vdpa's limit), and its owner.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <riotlb/vhost_msg.h>

#include "check.h"
#include "side.h"

static struct riotlb_vdpa *front;
static struct riotlb_vhost *owner;
static bool armed; /* the next step gets no memory */
static bool no_memory;

/* ---- memory ------------------------------------------------------------ */

static void *alloc(void *ctx, size_t size, size_t align)
{
	(void)ctx;
	if (no_memory)
		return NULL;
	return aligned_alloc(align, (size + align - 1) / align * align);
}

static void dealloc(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	(void)size;
	free(ptr);
}

/* ---- messages ---------------------------------------------------------- */

static int64_t send(const struct message *message, size_t length)
{
	uint8_t bytes[MESSAGE_ROOM];

	message_bytes(message, bytes);
	return riotlb_vhost_write(owner, bytes, length, NULL);
}

static int64_t send_many(const struct step *step)
{
	struct message message = step->message;

	for (uint64_t i = 0; i < step->argument; i++) {
		int64_t err = send(&message, RIOTLB_VHOST_MSG_SIZE);

		if (err)
			return err;
		message.iova += 2 * PAGE;
	}
	return 0;
}

/* ---- everything else --------------------------------------------------- */

static int64_t open_twice(void)
{
	struct riotlb_vhost *second;
	int err = riotlb_vhost_open(front, &second);

	if (!err)
		riotlb_vhost_close(second);
	return err;
}

static void close_owner(void)
{
	riotlb_vhost_close(owner);
	owner = NULL;
}

static int64_t get_vq_group(uint64_t index)
{
	uint32_t group;
	int err = riotlb_vdpa_get_vq_group(front, (uint16_t)index, &group);

	return err ? err : (int64_t)group;
}

/* Those that the engine answers for. */
static int64_t get_as_num(void)
{
	struct riotlb_stamp stamp;
	uint32_t n = 0;

	while (!riotlb_stamp(riotlb_vdpa_engine(front), n, 0, 0, &stamp))
		n++;
	return n;
}

static int64_t get_group_num(void)
{
	struct riotlb_stamp stamp;
	uint32_t n = 0;

	while (!riotlb_group_stamp(riotlb_vdpa_engine(front), n, 0, 0, &stamp))
		n++;
	return n;
}

static int64_t act(const struct step *step)
{
	switch (step->action) {
	case WRITE:
		return send(&step->message, step->length);
	case WRITE_MANY:
		return send_many(step);
	case SET_FEATURES:
		return riotlb_vhost_set_backend_features(owner, step->argument);
	case GET_FEATURES:
		return (int64_t)RIOTLB_VHOST_FEATURES;
	case SET_OWNER:
		return 0; /* opening is that */
	case RESET:
		riotlb_vhost_reset(owner, NULL);
		return 0;
	case CLOSE:
		close_owner();
		return 0;
	case OPEN:
		return riotlb_vhost_open(front, &owner);
	case OPEN_TWICE:
		return open_twice();
	case SET_GROUP_ASID:
		return riotlb_vdpa_set_group_asid(
			front, (uint32_t)step->argument, step->asid, NULL);
	case GET_VQ_GROUP:
		return get_vq_group(step->argument);
	case GET_AS_NUM:
		return get_as_num();
	case GET_GROUP_NUM:
		return get_group_num();
	case GET_IOVA_FIRST:
		return (int64_t)(riotlb_vdpa_get_iova_range(front).start /
				 PAGE);
	case GET_IOVA_LAST:
		return (int64_t)(riotlb_vdpa_get_iova_range(front).last / PAGE);
	case REFUSE_NEXT:
	case NO_ACTION:
		break;
	}
	check_fail("no such action");
}

static int64_t front_perform(const struct step *step)
{
	int64_t result;

	if (step->action == REFUSE_NEXT) {
		armed = true;
		return 0;
	}
	no_memory = armed;
	result = act(step);
	no_memory = false;
	armed = false;
	return result;
}

static void front_read(struct table *table, bool places)
{
	static struct riotlb_mapping mappings[MAX_REGIONS];
	size_t n;

	(void)places;
	table->n = 0;
	check_eq(riotlb_iterate(riotlb_vdpa_engine(front), 0, 0, UINT64_MAX,
				mappings, MAX_REGIONS, &n, NULL, NULL),
		 0);
	for (size_t i = 0; i < n; i++)
		table_add(table,
			  (struct region){
				  .start = mappings[i].start,
				  .last = mappings[i].last,
				  .place = memory_place(mappings[i].addr),
				  .perm = mappings[i].perm,
			  });
}

/* ---- cases ------------------------------------------------------------- */

static void front_begin(void)
{
	static const struct riotlb_default empty = {
		.kind = RIOTLB_DEFAULT_EMPTY,
	};
	static const struct riotlb_limits limits = { .mappings = MAX_REGIONS };
	static const struct riotlb_allocator allocator = {
		.alloc = alloc,
		.free = dealloc,
	};
	struct riotlb_attr engine;
	struct riotlb_vdpa_attr attr;

	riotlb_attr_init(&engine);
	engine.nas = 1;
	engine.ngroups = 1;
	engine.defaults = &empty;
	engine.limits = &limits;
	engine.allocator = &allocator;
	engine.reclaim = RIOTLB_RECLAIM_MANUAL;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	attr.nvqs = DEVICE_VQS;
	check_eq(riotlb_vdpa_create(&attr, &front), 0);
	check_eq(riotlb_vhost_open(front, &owner), 0);
}

static void front_end(void)
{
	close_owner();
	riotlb_vdpa_destroy(front);
	front = NULL;
}

const struct side front_side = {
	.begin = front_begin,
	.end = front_end,
	.perform = front_perform,
	.read = front_read,
};
