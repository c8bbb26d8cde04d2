/* SPDX-License-Identifier: MIT */
/*
 * A user-space driver: a device whose owner (a VMM, say) maps memory by
 * vhost's messages, as in Linux's vDPA. What is mapped is pinned, until neither
 * a lookup nor a request in flight can have it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/mman.h>

#include <riotlb/rcu.h>
#include <riotlb/vhost_msg.h>

enum { SIZE = 8192, IOVA = 0x100000 };

static void check(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "%s: %d\n", what, err);
		exit(1);
	}
}

static void unpin(void *ctx, uint32_t asid, const struct riotlb_mapping *piece)
{
	size_t bytes = (size_t)(piece->last - piece->start + 1);

	(void)ctx;
	munlock((void *)(uintptr_t)piece->addr, bytes);
	printf("as%" PRIu32 ": unpinned %zu bytes\n", asid, bytes);
}

static int create(struct riotlb_vdpa **vdpa)
{
	struct riotlb_default nothing = { .kind = RIOTLB_DEFAULT_EMPTY };
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine;

	riotlb_attr_init(&engine);
	engine.defaults = &nothing; /* instead of 1:1 */
	engine.retire = unpin;
	riotlb_vdpa_attr_init(&attr);
	attr.engine = &engine;
	attr.discard = unpin; /* what a batch that fails had mapped */
	attr.nvqs = 1;
	return riotlb_vdpa_create(&attr, vdpa);
}

/* A message of the owner: pin first, and then let the device have it. */
static int handle(struct riotlb_vhost *owner, const void *buf, size_t len)
{
	struct riotlb_iotlb_msg msg;
	int err = riotlb_vhost_msg_decode(buf, len, &msg);

	if (err)
		return err;
	if (msg.type == RIOTLB_IOTLB_UPDATE &&
	    mlock((void *)(uintptr_t)msg.uaddr, msg.size))
		return -1;
	err = riotlb_vhost_iotlb(owner, &msg, NULL, NULL);
	if (err && msg.type == RIOTLB_IOTLB_UPDATE)
		munlock((void *)(uintptr_t)msg.uaddr, msg.size);
	return err;
}

/* The data path of a queue: what does the guest say there? */
static int read_word(struct riotlb_vdpa *vdpa, uint16_t queue, uint64_t iova,
		     uint64_t *word)
{
	struct riotlb *engine = riotlb_vdpa_engine(vdpa);
	struct riotlb_segment seg;
	uint32_t group;
	int err = riotlb_vdpa_get_vq_group(vdpa, queue, &group);

	if (err)
		return err;
	riotlb_read_enter(engine);
	err = riotlb_group_translate(engine, group, iova, iova + 7, RIOTLB_READ,
				     &seg);
	if (!err && seg.last == iova + 7)
		*word = *(const uint64_t *)(uintptr_t)seg.addr;
	riotlb_read_exit(engine);
	return err;
}

int main(void)
{
	uint64_t *memory = aligned_alloc(4096, SIZE);
	struct riotlb_iotlb_msg update = {
		.layout = RIOTLB_VHOST_V2,
		.type = RIOTLB_IOTLB_UPDATE,
		.perm = RIOTLB_RW,
		.iova = IOVA,
		.size = SIZE,
		.uaddr = (uintptr_t)memory,
	};
	uint8_t buf[RIOTLB_VHOST_MSG_SIZE];
	struct riotlb_vhost *owner;
	struct riotlb_vdpa *vdpa;
	uint64_t word = 0;

	check(!memory, "memory");
	memory[1] = 42;
	check(create(&vdpa), "create");
	riotlb_thread_register(riotlb_vdpa_engine(vdpa));
	check(riotlb_vhost_open(vdpa, &owner), "open");
	check(riotlb_vhost_msg_encode(&update, buf, sizeof(buf)), "encode");
	check(handle(owner, buf, sizeof(buf)), "update");
	check(read_word(vdpa, 0, IOVA + 8, &word), "lookup");
	printf("the guest says %" PRIu64 "\n", word);
	riotlb_vhost_close(owner); /* it is gone, and its mappings with it */
	printf("then: %d\n", read_word(vdpa, 0, IOVA + 8, &word));
	riotlb_thread_unregister(riotlb_vdpa_engine(vdpa));
	riotlb_vdpa_destroy(vdpa);
	free(memory);
	return 0;
}
