/* SPDX-License-Identifier: MIT */
/* Each of the two: Linux with a VDUSE device, and riotlb-vdpa. */
#ifndef TESTS_VM_SIDE_H
#define TESTS_VM_SIDE_H

#include "case.h"
#include "table.h"

struct side {
	/* Before and after each case: nothing open, nothing mapped. */
	void (*begin)(void);
	void (*end)(void);
	/* A negative errno value, or what was asked for, or 0. */
	int64_t (*perform)(const struct step *step);
	/* perms: with places and permissions */
	void (*read)(struct table *table, bool places);
};

extern const struct side kernel_side;
extern const struct side front_side;

/* What both devices are like. */
#define DEVICE_VQS 2
/* The features that a case starts with. */
#define MESSAGE_FEATURES                                            \
	(RIOTLB_VHOST_F_IOTLB_MSG_V2 | RIOTLB_VHOST_F_IOTLB_BATCH | \
	 RIOTLB_VHOST_F_IOTLB_ASID)

/* The bytes of a message, as many as a step may ask for. */
#define MESSAGE_ROOM 128
void message_bytes(const struct message *message, uint8_t bytes[MESSAGE_ROOM]);

#endif
