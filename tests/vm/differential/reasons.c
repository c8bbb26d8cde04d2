/* SPDX-License-Identifier: MIT */
/* Each deliberate difference, and why: the only place where that is said. */
#include "case.h"

#include "check.h"

static const struct {
	const char *name;
	const char *text;
} reasons[REASONS] = {
	[WHICH_ERROR] = {
		"which-error",
		"Linux answers EFAULT to every message that its handler "
		"refuses; riotlb-vdpa says what was wrong.",
	},
	[NEVER_NAMED] = {
		"never-named",
		"Linux has no address space until an UPDATE or BATCH_BEGIN "
		"names it, and refuses to take anything out of it. Here it is "
		"there from the start, and removing nothing is success.",
	},
	[STRICT_LENGTH] = {
		"strict-length",
		"Linux reads the 40 bytes that it needs, and says that 72 "
		"were written, whatever was. Here a message has its size.",
	},
	[STRICT_PERM] = {
		"strict-perm",
		"Linux stores a permission that is none, for which VDUSE has "
		"a warning in the kernel's log once a device asks for the "
		"region.",
	},
	[STRICT_SIZE] = {
		"strict-size",
		"In Linux a size of 0, and a sum that wraps, make a range "
		"that ends before it begins, which removes what spans both "
		"ends, or nothing, with success. Here (0, 0) alone, on which "
		"users rely, is taken for everything.",
	},
	[ASID_NOT_IGNORED] = {
		"asid-not-ignored",
		"Linux ignores the field where the feature was not "
		"acknowledged, so that what was meant for another address "
		"space ends up in AS 0. Here it is refused.",
	},
	[OPENING_OWNS] = {
		"opening-owns",
		"Linux wants VHOST_SET_OWNER before the first message. Here "
		"whoever opens is the owner.",
	},
	[LOOKS_AT_MEMORY] = {
		"looks-at-memory",
		"vhost-vdpa maps what it finds at the address, which is its "
		"part and not the front's: without shared files there it "
		"leaves holes, with success; a hole below a file it takes for "
		"a part of the file, before its first byte; above all memory "
		"it refuses. The front maps addresses as they stand.",
	},
	[ONE_PER_UPDATE] = {
		"one-per-update",
		"vhost-vdpa cuts an UPDATE where one file's mapping ends. The "
		"front gets what its caller has cut.",
	},
	[WIPED] = {
		"wiped",
		"vhost-vdpa undoes an UPDATE that failed at its first byte, "
		"for want of memory there or of room in the table, by "
		"removing (iova, 0), which at iova 0 is everything that was "
		"ever mapped. Here an update that fails changes nothing.",
	},
	[ATOMIC_BATCH] = {
		"atomic-batch",
		"In Linux an update of a batch that is refused undoes none of "
		"the others, and the end reports success. Here a batch "
		"happens as a whole or not at all, its end says which update "
		"was refused and why, and what only the table can tell is "
		"told there.",
	},
	[OLD_MAP_STAYS] = {
		"old-map-stays",
		"If a VDUSE device does not agree to a new map it is left "
		"with none, and neither INVALIDATE nor BATCH_END say so. Here "
		"the old map stays, and the error is told.",
	},
	[RESET_CLEANS] = {
		"reset-cleans",
		"Without VHOST_BACKEND_F_IOTLB_PERSIST a reset takes the maps "
		"away, which VDUSE never does.",
	},
	[RESET_IN_BATCH] = {
		"reset-in-batch",
		"In Linux a batch outlives such a reset, and its end maps what "
		"was mapped before it. Here the reset fails the batch.",
	},
	[NOTHING_LEFT] = {
		"nothing-left",
		"VDUSE has no reset_map, and keeps the last map when its "
		"owner goes. Here nothing is left for the next one.",
	},
	[PERSIST_OFFERED] = {
		"persist-offered",
		"VDUSE does not offer VHOST_BACKEND_F_IOTLB_PERSIST, though it "
		"keeps maps over a reset. Here it is offered, since it "
		"decides what a reset does.",
	},
	[OWN_FEATURES] = {
		"own-features",
		"Backend features that say nothing about messages and resets "
		"are the driver's own; the front knows none of them.",
	},
	[NO_GROUPS] = {
		"no-groups",
		"VDUSE of today has one group and no operations for it; "
		"numbers that are none, Linux answers with ENOBUFS, since it "
		"takes a group for a virtqueue first.",
	},
};

const char *reason_name(enum reason reason)
{
	check(reason > SAME && reason < REASONS);
	return reasons[reason].name;
}

const char *reason_text(enum reason reason)
{
	check(reason > SAME && reason < REASONS);
	return reasons[reason].text;
}
