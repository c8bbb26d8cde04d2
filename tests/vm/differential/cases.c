/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <riotlb/vhost_msg.h>

#include "side.h"

/* ---- words for the table ----------------------------------------------- */

/* Parts of a step: what is done, and where the sides are to differ. */
#define MESSAGE(...)                                      \
	.action = WRITE, .length = RIOTLB_VHOST_MSG_SIZE, \
	.message = { .layout = RIOTLB_VHOST_V2, __VA_ARGS__ }
#define MAPS(iova_, size_, area_, offset_)                             \
	.type = RIOTLB_IOTLB_UPDATE, .iova = (iova_), .size = (size_), \
	.place = { area_, offset_ }
#define UPDATE(...) MESSAGE(MAPS(__VA_ARGS__), .perm = RIOTLB_RW)
#define UPDATE_PERM(perm_, ...) MESSAGE(MAPS(__VA_ARGS__), .perm = (perm_))
#define UPDATE_ASID(asid_, ...) \
	MESSAGE(MAPS(__VA_ARGS__), .perm = RIOTLB_RW, .asid = (asid_))
#define INVALIDATE(iova_, size_)                                  \
	MESSAGE(.type = RIOTLB_IOTLB_INVALIDATE, .iova = (iova_), \
		.size = (size_))
#define BEGIN MESSAGE(.type = RIOTLB_IOTLB_BATCH_BEGIN)
#define END MESSAGE(.type = RIOTLB_IOTLB_BATCH_END)

/* As one of the owners of V1, whose field for an asid is padding. */
#define MESSAGE_V1(...)                                   \
	.action = WRITE, .length = RIOTLB_VHOST_MSG_SIZE, \
	.message = { .layout = RIOTLB_VHOST_V1, __VA_ARGS__ }

/* A good UPDATE, as bytes that are too few or too many. */
#define WRITTEN(length_)                        \
	.action = WRITE, .length = (length_),   \
	.message = { .layout = RIOTLB_VHOST_V2, \
		     .perm = RIOTLB_RW,         \
		     MAPS(BASE, PAGE, FILE_A, 0) }

/* `n` of a page each, every second page. */
#define UPDATES(n_)                             \
	.action = WRITE_MANY, .argument = (n_), \
	.message = { .layout = RIOTLB_VHOST_V2, \
		     .perm = RIOTLB_RW,         \
		     MAPS(BASE, PAGE, FILE_A, 0) }

#define FEATURES(bits) .action = SET_FEATURES, .argument = (bits)
#define BIND(group, asid_) \
	.action = SET_GROUP_ASID, .argument = (group), .asid = (asid_)
#define GROUP_OF(vq) .action = GET_VQ_GROUP, .argument = (vq)
#define DO(action_) .action = action_

#define RESULT(why, kernel_, front_) .result = { why, kernel_, front_ }
#define REFUSED(front_) RESULT(WHICH_ERROR, -EFAULT, front_)
#define TABLE(why, kernel_, front_) .table = { why, kernel_, front_ }

#define BASE UINT64_C(0x100000)
#define TOP (UINT64_MAX - PAGE + 1) /* the last page of all */

/* Bits of features that are not riotlb's. */
#define F_SUSPEND (UINT64_C(1) << 4)
#define F_ENABLE_AFTER_DRIVER_OK (UINT64_C(1) << 6)
#define F_DESC_ASID (UINT64_C(1) << 7)

/* ---- the cases --------------------------------------------------------- */

const struct test_case cases[] = {
	/* -- updates -- */
	{ "an UPDATE maps", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0) },
		{ UPDATE(BASE + 8 * PAGE, PAGE, FILE_B, 3 * PAGE) },
	} },
	{ "to the byte", .steps = {
		{ UPDATE(BASE + 1, 16, FILE_A, 1) },
		{ UPDATE(BASE + 17, 1, FILE_A, 100) },
		{ UPDATE(BASE, 1, FILE_B, 4095) },
		{ INVALIDATE(BASE + 17, 1) },
	} },
	{ "both ends of the space", .steps = {
		{ UPDATE(0, PAGE, FILE_A, 0) },
		{ UPDATE(TOP, PAGE, FILE_A, PAGE) },
		{ INVALIDATE(TOP, PAGE) },
	} },
	{ "permissions", .steps = {
		{ UPDATE_PERM(RIOTLB_READ, BASE, PAGE, FILE_A, 0) },
		{ UPDATE_PERM(RIOTLB_WRITE, BASE + PAGE, PAGE, FILE_A, 0) },
		{ UPDATE_PERM(RIOTLB_RW, BASE + 2 * PAGE, PAGE, FILE_A, 0) },
	} },
	{ "permissions that are none", .ranges_only = true, .steps = {
		{ UPDATE_PERM(0, BASE, PAGE, FILE_A, 0),
		  RESULT(STRICT_PERM, 0, -EINVAL), TABLE(STRICT_PERM, 1, 0) },
		{ UPDATE_PERM(4, BASE + PAGE, PAGE, FILE_A, 0),
		  RESULT(STRICT_PERM, 0, -EINVAL), TABLE(STRICT_PERM, 2, 0) },
		{ UPDATE_PERM(0xff, BASE + 2 * PAGE, PAGE, FILE_A, 0),
		  RESULT(STRICT_PERM, 0, -EINVAL), TABLE(STRICT_PERM, 3, 0) },
	} },
	{ "an UPDATE of size 0", .steps = {
		{ UPDATE(BASE, 0, FILE_A, 0) },
		{ UPDATE(0, 0, FILE_A, 0) },
	} },
	{ "an UPDATE that wraps", .steps = {
		{ UPDATE(TOP, 2 * PAGE, FILE_A, 0), REFUSED(-EINVAL) },
		{ UPDATE(TOP, PAGE + 1, FILE_A, 0), REFUSED(-EINVAL) },
		{ UPDATE(BASE, UINT64_MAX, FILE_A, 0), REFUSED(-EINVAL) },
	} },
	{ "an UPDATE over another", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0) },
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0), REFUSED(-EEXIST) },
		{ UPDATE(BASE - PAGE, PAGE + 1, FILE_B, 0), REFUSED(-EEXIST) },
		{ UPDATE(BASE + 4 * PAGE - 1, PAGE, FILE_B, 0),
		  REFUSED(-EEXIST) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_A, PAGE), REFUSED(-EEXIST) },
		{ UPDATE(BASE - PAGE, 6 * PAGE, FILE_B, 0), REFUSED(-EEXIST) },
		{ UPDATE(BASE - PAGE, PAGE, FILE_B, 0) },
		{ UPDATE(BASE + 4 * PAGE, PAGE, FILE_B, 0) },
	} },

	/* -- invalidations -- */
	{ "an INVALIDATE unmaps, and it may be mapped again", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0) },
		{ INVALIDATE(BASE, 4 * PAGE) },
		{ UPDATE(BASE, 4 * PAGE, FILE_B, 0) },
	} },
	{ "an INVALIDATE of a part takes all of it", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0) },
		{ UPDATE(BASE + 4 * PAGE, PAGE, FILE_A, 4 * PAGE) },
		{ UPDATE(BASE + 8 * PAGE, PAGE, FILE_A, 5 * PAGE) },
		{ INVALIDATE(BASE + 2 * PAGE, 1) },
		{ INVALIDATE(BASE + 5 * PAGE - 1, 4 * PAGE) },
	} },
	{ "an INVALIDATE of nothing", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ INVALIDATE(BASE + PAGE, PAGE) },
		{ INVALIDATE(BASE - 1, 1) },
	} },
	{ "before anything was mapped", .steps = {
		{ INVALIDATE(BASE, PAGE), RESULT(NEVER_NAMED, -EFAULT, 0) },
		{ INVALIDATE(0, 0), RESULT(NEVER_NAMED, -EFAULT, 0) },
		{ END, RESULT(NEVER_NAMED, -EFAULT, 0) },
		{ BEGIN },
		{ INVALIDATE(BASE, PAGE) },
		{ END },
	} },
	{ "(0, 0) is everything", .steps = {
		{ UPDATE(0, PAGE, FILE_A, 0) },
		{ UPDATE(BASE, 4 * PAGE, FILE_A, PAGE) },
		{ UPDATE(TOP, PAGE, FILE_B, 0) },
		{ INVALIDATE(0, 0) },
		{ INVALIDATE(0, 0) },
	} },
	{ "almost everything", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, PAGE) },
		{ UPDATE(TOP, PAGE - 1, FILE_B, 0) },
		{ UPDATE(UINT64_MAX, 1, FILE_B, PAGE) },
		{ INVALIDATE(0, UINT64_MAX) },
	} },
	{ "size 0 elsewhere", .steps = {
		{ UPDATE(BASE, 4 * PAGE, FILE_A, 0) },
		{ INVALIDATE(BASE, 0), RESULT(STRICT_SIZE, 0, -EINVAL) },
		{ INVALIDATE(BASE + PAGE, 0), RESULT(STRICT_SIZE, 0, -EINVAL),
		  TABLE(STRICT_SIZE, 0, 1) },
	} },
	{ "an INVALIDATE that wraps", .steps = {
		{ UPDATE(TOP, PAGE, FILE_A, 0) },
		{ UPDATE(0, PAGE, FILE_A, PAGE) },
		{ INVALIDATE(TOP, 2 * PAGE), RESULT(STRICT_SIZE, 0, -EINVAL) },
		{ INVALIDATE(PAGE, UINT64_MAX),
		  RESULT(STRICT_SIZE, 0, -EINVAL) },
	} },

	/* -- batches -- */
	{ "a batch shows at its end", .steps = {
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_B, 0) },
		{ END },
		{ END },
	} },
	{ "a batch that replaces", .steps = {
		{ UPDATE(BASE, 2 * PAGE, FILE_A, 0) },
		{ BEGIN },
		{ INVALIDATE(BASE, 1) },
		{ UPDATE(BASE, PAGE, FILE_B, 0) },
		{ END },
	} },
	{ "a batch within a batch", .steps = {
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ BEGIN },
		{ UPDATE(BASE + PAGE, PAGE, FILE_A, 0) },
		{ END },
		{ UPDATE(BASE + 2 * PAGE, PAGE, FILE_A, 0) },
	} },
	{ "an update in a batch that collides", .steps = {
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(BASE, PAGE, FILE_B, 0),
		  RESULT(ATOMIC_BATCH, -EFAULT, 0) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_A, PAGE) },
		{ END, RESULT(ATOMIC_BATCH, 0, -EEXIST),
		  TABLE(ATOMIC_BATCH, 2, 0) },
	} },
	{ "an update in a batch that is none", .steps = {
		{ UPDATE(BASE + 8 * PAGE, PAGE, FILE_A, 0) },
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(TOP, 2 * PAGE, FILE_B, 0), REFUSED(-EINVAL) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_A, PAGE),
		  RESULT(ATOMIC_BATCH, 0, -ECANCELED) },
		{ END, RESULT(ATOMIC_BATCH, 0, -EINVAL),
		  TABLE(ATOMIC_BATCH, 3, 1) },
		{ INVALIDATE(0, 0) },
	} },
	{ "the owner goes in a batch", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ BEGIN },
		{ UPDATE(BASE + PAGE, PAGE, FILE_A, PAGE) },
		{ DO(CLOSE), TABLE(NOTHING_LEFT, 1, 0) },
	} },

	/* -- limits -- */
	{ "as many as there may be", .steps = {
		{ BEGIN },
		{ UPDATES(MAX_REGIONS) },
		{ END },
		{ UPDATE(TOP, PAGE, FILE_A, 0), REFUSED(-ENOSPC) },
		{ INVALIDATE(BASE, PAGE) },
		{ UPDATE(TOP, PAGE, FILE_A, 0) },
	} },
	{ "one more, at iova 0", .steps = {
		{ BEGIN },
		{ UPDATES(MAX_REGIONS) },
		{ END },
		{ UPDATE(0, PAGE, FILE_A, 0), REFUSED(-ENOSPC),
		  TABLE(WIPED, 0, MAX_REGIONS) },
	} },
	{ "one more, in a batch", .steps = {
		{ BEGIN },
		{ UPDATES(MAX_REGIONS + 1), RESULT(ATOMIC_BATCH, -EFAULT, 0) },
		{ END, RESULT(ATOMIC_BATCH, 0, -ENOSPC),
		  TABLE(ATOMIC_BATCH, MAX_REGIONS, 0) },
	} },

	/* -- what cannot be done -- */
	{ "an UPDATE that the device does not take", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(REFUSE_NEXT) },
		{ UPDATE(BASE << 20, PAGE, FILE_B, 0), REFUSED(-ENOMEM),
		  TABLE(OLD_MAP_STAYS, 0, 1) },
		{ UPDATE(BASE << 20, PAGE, FILE_B, 0) },
	} },
	{ "a batch that the device does not take", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ BEGIN },
		{ INVALIDATE(BASE, PAGE) },
		{ UPDATE(BASE << 20, PAGE, FILE_B, 0) },
		{ DO(REFUSE_NEXT) },
		{ END, RESULT(OLD_MAP_STAYS, 0, -ENOMEM),
		  TABLE(OLD_MAP_STAYS, 0, 1) },
	} },

	/* -- memory that vhost-vdpa looks at -- */
	{ "over two files", .steps = {
		{ UPDATE(BASE, 2 * PAGE, FILE_A, (FILE_PAGES - 1) * PAGE),
		  TABLE(ONE_PER_UPDATE, 2, 1) },
		{ INVALIDATE(BASE, 1), TABLE(ONE_PER_UPDATE, 1, 0) },
	} },
	{ "anonymous memory", .steps = {
		{ UPDATE(BASE, PAGE, ANONYMOUS, 0),
		  TABLE(LOOKS_AT_MEMORY, 0, 1) },
	} },
	{ "a file, and anonymous memory behind it", .steps = {
		{ UPDATE(BASE, 2 * PAGE, FILE_B, (FILE_PAGES - 1) * PAGE),
		  TABLE(LOOKS_AT_MEMORY, 1, 1) },
	} },
	{ "a hole below a file", .steps = {
		{ UPDATE(BASE, PAGE, HOLE, (FILE_PAGES - 1) * PAGE),
		  TABLE(LOOKS_AT_MEMORY, 1, 1) },
	} },
	{ "no memory at all", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(BASE + PAGE, PAGE, ABOVE, 0),
		  RESULT(LOOKS_AT_MEMORY, -EFAULT, 0),
		  TABLE(LOOKS_AT_MEMORY, 1, 2) },
	} },
	{ "no memory at all, at iova 0", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(0, PAGE, ABOVE, 0),
		  RESULT(LOOKS_AT_MEMORY, -EFAULT, 0), TABLE(WIPED, 0, 2) },
	} },
	{ "an address that wraps", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ UPDATE(BASE + PAGE, PAGE, ABOVE, 3 * (UINT64_C(1) << 62) - 1),
		  REFUSED(-EOVERFLOW) },
		{ UPDATE(0, PAGE, ABOVE, 3 * (UINT64_C(1) << 62) - 1),
		  REFUSED(-EOVERFLOW), TABLE(WIPED, 0, 1) },
	} },

	/* -- messages -- */
	{ "lengths", .steps = {
		{ WRITTEN(0) },
		{ WRITTEN(3) },
		{ WRITTEN(39) },
		{ WRITTEN(40), RESULT(STRICT_LENGTH, 0, -EINVAL),
		  TABLE(STRICT_LENGTH, 1, 0) },
		{ INVALIDATE(0, 0) },
		{ WRITTEN(100), RESULT(STRICT_LENGTH, 0, -EINVAL),
		  TABLE(STRICT_LENGTH, 1, 0) },
	} },
	{ "V1", .steps = {
		{ MESSAGE_V1(MAPS(BASE, PAGE, FILE_A, 0), .perm = RIOTLB_RW) },
		{ MESSAGE_V1(MAPS(0, PAGE, FILE_B, 0), .perm = RIOTLB_RW,
			     .asid = 7) },
		{ MESSAGE_V1(.type = RIOTLB_IOTLB_BATCH_BEGIN) },
		{ MESSAGE_V1(.type = RIOTLB_IOTLB_INVALIDATE) },
		{ MESSAGE_V1(.type = RIOTLB_IOTLB_BATCH_END) },
	} },
	{ "layouts that are none", .steps = {
		{ .action = WRITE, .length = RIOTLB_VHOST_MSG_SIZE,
		  .message = { .layout = 0, .perm = RIOTLB_RW,
			       MAPS(BASE, PAGE, FILE_A, 0) },
		  RESULT(WHICH_ERROR, -EINVAL, -EOPNOTSUPP) },
		{ .action = WRITE, .length = RIOTLB_VHOST_MSG_SIZE,
		  .message = { .layout = 3, .perm = RIOTLB_RW,
			       MAPS(BASE, PAGE, FILE_A, 0) },
		  RESULT(WHICH_ERROR, -EINVAL, -EOPNOTSUPP) },
	} },
	{ "types that are none, or go the other way", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ MESSAGE(.type = 0), REFUSED(-EOPNOTSUPP) },
		{ MESSAGE(.type = 7), REFUSED(-EOPNOTSUPP) },
		{ MESSAGE(.type = RIOTLB_IOTLB_MISS, .iova = BASE,
			  .perm = RIOTLB_RW),
		  REFUSED(-EINVAL) },
		{ MESSAGE(.type = RIOTLB_IOTLB_ACCESS_FAIL, .iova = BASE,
			  .perm = RIOTLB_RW),
		  REFUSED(-EINVAL) },
	} },
	{ "address spaces that are none", .steps = {
		{ UPDATE_ASID(1, BASE, PAGE, FILE_A, 0), REFUSED(-EINVAL) },
		{ UPDATE_ASID(UINT32_MAX, BASE, PAGE, FILE_A, 0),
		  REFUSED(-EINVAL) },
		{ MESSAGE(.type = RIOTLB_IOTLB_INVALIDATE, .asid = 1),
		  REFUSED(-EINVAL) },
		{ MESSAGE(.type = RIOTLB_IOTLB_BATCH_BEGIN, .asid = 1),
		  REFUSED(-EINVAL) },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
	} },
	{ "one that was not negotiated", .steps = {
		{ FEATURES(MESSAGE_FEATURES & ~RIOTLB_VHOST_F_IOTLB_ASID) },
		{ UPDATE_ASID(1, BASE, PAGE, FILE_A, 0),
		  RESULT(ASID_NOT_IGNORED, 0, -EINVAL),
		  TABLE(ASID_NOT_IGNORED, 1, 0) },
	} },
	{ "one in a batch of another", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ BEGIN },
		{ UPDATE_ASID(1, BASE + PAGE, PAGE, FILE_A, 0),
		  REFUSED(-EINVAL) },
		{ UPDATE(BASE + 2 * PAGE, PAGE, FILE_A, 0) },
		{ END },
	} },
	{ "what was not negotiated but works", .steps = {
		{ FEATURES(0) },
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ END },
	} },

	/* -- reset, and the end -- */
	{ "a reset without PERSIST", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(RESET), TABLE(RESET_CLEANS, 1, 0) },
		{ UPDATE(BASE, PAGE, FILE_A, 0),
		  RESULT(RESET_CLEANS, -EFAULT, 0) },
	} },
	{ "a reset with PERSIST", .steps = {
		{ FEATURES(RIOTLB_VHOST_FEATURES),
		  RESULT(PERSIST_OFFERED, -EOPNOTSUPP, 0) },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(RESET) },
		{ UPDATE(BASE, PAGE, FILE_A, 0), REFUSED(-EEXIST) },
		{ INVALIDATE(BASE, PAGE) },
	} },
	{ "a reset in a batch", .steps = {
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(RESET) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_B, 0),
		  RESULT(RESET_IN_BATCH, 0, -ECANCELED) },
		{ END, RESULT(RESET_IN_BATCH, 0, -ECANCELED),
		  TABLE(RESET_IN_BATCH, 2, 0) },
	} },
	{ "a reset in a batch, with PERSIST", .steps = {
		{ FEATURES(RIOTLB_VHOST_FEATURES),
		  RESULT(PERSIST_OFFERED, -EOPNOTSUPP, 0) },
		{ BEGIN },
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(RESET) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_B, 0) },
		{ END },
	} },
	{ "the owner goes, and the next one comes", .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0) },
		{ DO(CLOSE), TABLE(NOTHING_LEFT, 1, 0) },
		{ DO(OPEN), TABLE(NOTHING_LEFT, 1, 0) },
		{ DO(SET_OWNER), TABLE(NOTHING_LEFT, 1, 0) },
		{ UPDATE(BASE + PAGE, PAGE, FILE_B, 0) },
	} },
	{ "one owner at a time", .bare = true, .steps = {
		{ DO(OPEN_TWICE) },
	} },
	{ "who just opens", .bare = true, .steps = {
		{ UPDATE(BASE, PAGE, FILE_A, 0),
		  RESULT(OPENING_OWNS, -EFAULT, 0), TABLE(OPENING_OWNS, 0, 1) },
	} },

	/* -- what can be asked -- */
	{ "backend features", .steps = {
		{ DO(GET_FEATURES),
		  RESULT(PERSIST_OFFERED, MESSAGE_FEATURES,
			 MESSAGE_FEATURES | RIOTLB_VHOST_F_IOTLB_PERSIST) },
		{ FEATURES(1) },
		{ FEATURES(UINT64_C(1) << 63) },
		{ FEATURES(F_SUSPEND) },
		{ FEATURES(F_DESC_ASID),
		  RESULT(OWN_FEATURES, -EINVAL, -EOPNOTSUPP) },
		{ FEATURES(MESSAGE_FEATURES | F_DESC_ASID) },
		{ FEATURES(MESSAGE_FEATURES | F_ENABLE_AFTER_DRIVER_OK),
		  RESULT(OWN_FEATURES, 0, -EOPNOTSUPP) },
	} },
	{ "numbers", .steps = {
		{ DO(GET_AS_NUM) },
		{ DO(GET_GROUP_NUM) },
		{ DO(GET_IOVA_FIRST) },
		{ DO(GET_IOVA_LAST) },
	} },
	{ "groups", .steps = {
		{ GROUP_OF(0), RESULT(NO_GROUPS, -EOPNOTSUPP, 0) },
		{ GROUP_OF(DEVICE_VQS), RESULT(NO_GROUPS, -ENOBUFS, -EINVAL) },
		{ BIND(0, 0), RESULT(NO_GROUPS, -EOPNOTSUPP, 0) },
		{ BIND(0, 1) },
		{ BIND(1, 0) },
		{ BIND(DEVICE_VQS, 0), RESULT(NO_GROUPS, -ENOBUFS, -EINVAL) },
		{ BIND(UINT32_MAX, 0), RESULT(NO_GROUPS, -ENOBUFS, -EINVAL) },
	} },
};

const size_t n_cases = sizeof(cases) / sizeof(*cases);
