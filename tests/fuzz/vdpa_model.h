/* SPDX-License-Identifier: MIT */
/*
 * What a device's owner and its messages do, computed on the oracle. It has the
 * public constants and types in common with tools/vdpa, and nothing else; above
 * all it reads messages and checks ranges by itself.
 */
#ifndef TESTS_FUZZ_VDPA_MODEL_H
#define TESTS_FUZZ_VDPA_MODEL_H

#include <riotlb/vhost_msg.h>

#include "model.h"

#define OWNER_BATCH 64 /* the most that max_batch may be */

struct owner {
	struct model *model;
	struct riotlb_range window;
	enum riotlb_unmap_policy policy;
	uint32_t max_batch;
	model_piece_fn *discard;
	void *discard_ctx;

	uint64_t features;
	bool in_batch;
	uint32_t asid;
	int failed; /* with this, and `n` is where */
	size_t n;
	struct riotlb_op ops[OWNER_BATCH];
};

/*
 * `refused`: -ENOMEM if the call under test failed for lack of memory, which
 * the model then takes for given; else 0.
 */
int owner_write(struct owner *o, const uint8_t *buf, size_t len, int refused,
		struct riotlb_report *report);
int owner_message(struct owner *o, const struct riotlb_iotlb_msg *msg,
		  uint64_t opaque, int refused, struct riotlb_report *report);
void owner_abort(struct owner *o);
void owner_reset(struct owner *o);
void owner_close(struct owner *o);

int owner_dma_map(struct owner *o, const struct riotlb_iotlb_msg *msg,
		  uint64_t opaque, struct riotlb_report *report);
int owner_dma_unmap(struct owner *o, const struct riotlb_iotlb_msg *msg,
		    struct riotlb_report *report);

/* What a decoder must say to these bytes: layout V1 or V2, or a payload. */
int owner_decode(const uint8_t *buf, size_t len, bool payload,
		 struct riotlb_iotlb_msg *msg);

#endif
