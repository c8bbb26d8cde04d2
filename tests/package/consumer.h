/* SPDX-License-Identifier: MIT */
/*
 * What every consumer here does with the library, in C or C++: enough to need
 * its headers, its code and liburcu behind it.
 */
#ifndef RIOTLB_TEST_CONSUMER_H
#define RIOTLB_TEST_CONSUMER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>
#include <riotlb/riotlb.h>

#define CONSUMER_CHECK(cond)                                               \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#cond);                                    \
			exit(1);                                           \
		}                                                          \
	} while (0)

/* Where the engine sends 0x1234, or 0 where it does not translate it. */
static inline uint64_t consumer_look(const struct riotlb *engine)
{
	struct riotlb_segment seg;
	int err;

	riotlb_read_enter(engine);
	err = riotlb_translate(engine, 0, 0x1234, 0x1234, RIOTLB_READ, &seg);
	riotlb_read_exit(engine);
	CONSUMER_CHECK(err == 0 || err == -EFAULT);
	return err ? 0 : seg.addr;
}

static inline void consumer_run(const struct riotlb_allocator *allocator)
{
	struct riotlb_mapping mapping;
	struct riotlb_attr attr;
	struct riotlb *engine;

	CONSUMER_CHECK(strcmp(riotlb_version(), RIOTLB_VERSION) == 0);
	riotlb_attr_init(&attr);
	attr.allocator = allocator;
	CONSUMER_CHECK(riotlb_create(&attr, &engine) == 0);
	riotlb_thread_register(engine);
	CONSUMER_CHECK(consumer_look(engine) == 0x1234);

	memset(&mapping, 0, sizeof(mapping));
	mapping.start = 0x1000;
	mapping.last = 0x1fff;
	mapping.addr = 0x70000;
	mapping.perm = RIOTLB_RW;
	CONSUMER_CHECK(riotlb_map(engine, 0, &mapping, 0, NULL) == 0);
	CONSUMER_CHECK(consumer_look(engine) == 0x70234);
	CONSUMER_CHECK(riotlb_unmap(engine, 0, 0, UINT64_MAX,
				    RIOTLB_UNMAP_WHOLE, NULL) == 0);
	CONSUMER_CHECK(consumer_look(engine) == 0);
	CONSUMER_CHECK(riotlb_reset_map(engine, 0, NULL) == 0);
	CONSUMER_CHECK(consumer_look(engine) == 0x1234);

	riotlb_thread_unregister(engine);
	riotlb_destroy(engine);
	puts("consumer: ok");
}

#endif
