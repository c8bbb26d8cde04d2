/* SPDX-License-Identifier: MIT */
/*
 * The owner of /dev/vhost-vdpa-N: negotiates, maps its memory, sets up queues.
 * Whatever fails ends the process. Calls that map may come from any thread, and
 * take turns.
 */
#ifndef TESTS_VM_OWNER_H
#define TESTS_VM_OWNER_H

#include <stdint.h>

#include "virtq.h"

struct owner_queue {
	struct virtq_config config;
	int kick; /* eventfds */
	int call;
};

/*
 * Opens the only device that there is, up to FEATURES_OK; what of the rings'
 * features it offers is told in *kind.
 */
void owner_open(struct virtq_config *kind);
/* Sets up a queue, whose config says where it is. */
void owner_add(unsigned index, struct owner_queue *queue);
/* DRIVER_OK */
void owner_start(void);
void owner_close(void);

void owner_map(uint64_t iova, uint64_t size, const void *memory);
void owner_unmap(uint64_t iova, uint64_t size);
/* As one change. */
void owner_remap(uint64_t iova, uint64_t size, const void *memory);

#endif
