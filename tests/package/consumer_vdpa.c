/* SPDX-License-Identifier: MIT */
#include "consumer.h"

#include <errno.h>

#include <riotlb/cache.h>
#include <riotlb/miss.h>
#include <riotlb/vduse_msg.h>
#include <riotlb/vhost_msg.h>

int main(void)
{
	unsigned char buf[RIOTLB_VDUSE_MSG_SIZE];
	struct riotlb_vduse_response response = { 0 };
	struct riotlb_misses *misses;
	struct riotlb_cache *cache;
	struct riotlb_vhost *vhost;
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;

	CONSUMER_CHECK(riotlb_vdpa_create(NULL, &vdpa) == 0);
	engine = riotlb_vdpa_engine(vdpa);
	riotlb_thread_register(engine);
	CONSUMER_CHECK(consumer_look(engine) == 0x1234);
	CONSUMER_CHECK(riotlb_vdpa_dma_map(vdpa, 0, 0x1000, 0x1000, 0x70000,
					   RIOTLB_RW, NULL, NULL) == 0);
	CONSUMER_CHECK(consumer_look(engine) == 0x70234);
	CONSUMER_CHECK(riotlb_vhost_open(vdpa, &vhost) == 0);
	riotlb_vhost_close(vhost);
	CONSUMER_CHECK(consumer_look(engine) == 0x1234);
	CONSUMER_CHECK(
		riotlb_vduse_response_encode(&response, buf, sizeof(buf)) == 0);
	CONSUMER_CHECK(riotlb_miss_create(vdpa, NULL, &misses) == 0);
	riotlb_miss_destroy(misses);
	/* 1:1 by default, which no cache is */
	CONSUMER_CHECK(riotlb_cache_create(vdpa, 0, NULL, &cache) == -EINVAL);
	riotlb_thread_unregister(engine);
	riotlb_vdpa_destroy(vdpa);
	puts("consumer: ok");
	return 0;
}
