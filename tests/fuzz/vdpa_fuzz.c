/* SPDX-License-Identifier: MIT */
/*
 * Bytes as what a device's owner and its driver do to a front: messages, as
 * bytes and as structures, resets, features, operations. Each is compared with
 * what vdpa_model.h says, by result, report and contents; and every opaque word
 * that was accepted has to come back once. Some inputs are messages alone, of
 * all kinds, which what decodes has to survive being encoded.
 */
#include "fuzz.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <riotlb/rcu.h>
#include <riotlb/vduse_msg.h>

#include "bytes.h"
#include "check.h"
#include "compare.h"
#include "hooks.h"
#include "retired.h"
#include "vdpa_model.h"
#include "verify.h"

#define NAS 2
#define NGROUPS 2
#define MAX_STEPS 64
#define MAX_LIST 8
#define PAGE 0x1000

struct run {
	struct riotlb_vdpa_attr attr;
	struct riotlb_attr engine_attr;
	struct riotlb_default defaults[NAS];
	struct riotlb_limits limits[NAS];
	struct riotlb_vdpa *vdpa;
	struct riotlb *engine;
	struct riotlb_vhost *vhost;
	struct hooks hooks;
	struct model model;
	struct owner owner;
	struct retired engine_back;
	struct retired model_back;
	unsigned int at;
	unsigned int kind;
	struct riotlb_iotlb_msg msg;
};

static struct run run;

static void tell(FILE *out)
{
	fprintf(out,
		"step %u, kind %u; layout %d, type %d, asid %" PRIu32
		", perm %" PRIu32 ", iova %#" PRIx64 ", size %#" PRIx64
		", uaddr %#" PRIx64 "; batch %d of as%" PRIu32 ", %zu, %d\n",
		run.at, run.kind, (int)run.msg.layout, (int)run.msg.type,
		run.msg.asid, run.msg.perm, run.msg.iova, run.msg.size,
		run.msg.uaddr, run.owner.in_batch, run.owner.asid, run.owner.n,
		run.owner.failed);
	dump_model(&run.model);
}

/* ---- life -------------------------------------------------------------- */

static void decode_setup(struct bytes *b)
{
	uint8_t how = bytes_u8(b);

	riotlb_attr_init(&run.engine_attr);
	riotlb_vdpa_attr_init(&run.attr);
	for (int i = 0; i < NAS; i++) {
		run.defaults[i].kind = how & (1u << i)
					       ? RIOTLB_DEFAULT_EMPTY
					       : RIOTLB_DEFAULT_IDENTITY;
		run.limits[i].mappings = how & 4 ? 6 : 0;
	}
	if (how & 8)
		run.attr.iova_range =
			(struct riotlb_range){ PAGE, 200 * PAGE - 1 };
	run.attr.unmap_policy = (enum riotlb_unmap_policy)((how >> 4) % 3);
	run.attr.max_batch = 1 + bytes_u8(b) % OWNER_BATCH;
}

static void open_owner(void)
{
	struct riotlb_vhost *second;

	check_eq(riotlb_vhost_open(run.vdpa, &run.vhost), 0);
	check_eq(riotlb_vhost_open(run.vdpa, &second), -EBUSY);
}

static void begin(struct bytes *b)
{
	memset(&run, 0, sizeof(run));
	decode_setup(b);
	hooks_init(&run.hooks);
	run.engine_attr.nas = NAS;
	run.engine_attr.ngroups = NGROUPS;
	run.engine_attr.defaults = run.defaults;
	run.engine_attr.limits = run.limits;
	run.engine_attr.allocator = &run.hooks.allocator;
	run.engine_attr.reclaim = RIOTLB_RECLAIM_MANUAL;
	run.engine_attr.retire = retired_add;
	run.engine_attr.hook_ctx = &run.engine_back;
	run.attr.engine = &run.engine_attr;
	run.attr.discard = retired_add;
	run.attr.discard_ctx = &run.engine_back;
	check_eq(riotlb_vdpa_create(&run.attr, &run.vdpa), 0);
	run.engine = riotlb_vdpa_engine(run.vdpa);
	riotlb_thread_register(run.engine);
	check_eq(model_init(&run.model, NAS, NGROUPS, run.defaults, run.limits),
		 0);
	run.model.piece = retired_add;
	run.model.piece_ctx = &run.model_back;
	run.owner = (struct owner){
		.model = &run.model,
		.window = run.attr.iova_range,
		.policy = run.attr.unmap_policy,
		.max_batch = run.attr.max_batch,
		.discard = retired_add,
		.discard_ctx = &run.model_back,
	};
	open_owner();
}

static void drain(void)
{
	while (riotlb_reclaim(run.engine) == 1)
		;
	retired_check_equal(&run.engine_back, &run.model_back);
}

static void reopen(void)
{
	riotlb_vhost_close(run.vhost);
	owner_close(&run.owner);
	drain();
	open_owner();
}

static void end(void)
{
	riotlb_vhost_close(run.vhost);
	owner_close(&run.owner);
	drain();
	compare_state(run.engine, &run.model, 16);
	riotlb_thread_unregister(run.engine);
	riotlb_vdpa_destroy(run.vdpa);
	model_fini(&run.model);
	hooks_check_empty(&run.hooks);
}

/* ---- messages ---------------------------------------------------------- */

static void decode_place(struct bytes *b, uint64_t *iova, uint64_t *size)
{
	uint8_t how = bytes_u8(b) % 16;
	uint64_t x = bytes_u8(b), y = bytes_u8(b);

	*iova = x * PAGE;
	*size = (y % 8) * PAGE;
	if (how == 10) {
		*iova = *size = 0;
	} else if (how == 11) {
		*iova = bytes_word(b, 8);
		*size = bytes_word(b, 8);
	} else if (how == 12) { /* around the top */
		*iova = 0 - (x % 8) * PAGE - (y & 8 ? 1 : 0);
	} else if (how == 13) { /* bytes */
		*iova = x;
		*size = y;
	} else if (how == 14) { /* as much as there can be, more or less */
		*iova = x % 4;
		*size = 2 - y % 8;
	} else if (how == 15) {
		*iova += y;
		*size += x % 3;
	}
}

static void decode_msg(struct bytes *b, struct riotlb_iotlb_msg *msg)
{
	uint8_t what = bytes_u8(b), how = bytes_u8(b);

	memset(msg, 0, sizeof(*msg));
	msg->type = (enum riotlb_iotlb_type)(what & 7);
	if (what & 8) /* mostly updates */
		msg->type = what & 0x10 ? RIOTLB_IOTLB_INVALIDATE
					: RIOTLB_IOTLB_UPDATE;
	msg->layout = (enum riotlb_vhost_layout)(how & 3);
	if (how & 4)
		msg->layout = RIOTLB_VHOST_V2;
	msg->asid = (how >> 3) & 3;
	if (how & 0x20)
		msg->asid = run.owner.in_batch ? run.owner.asid : msg->asid & 1;
	msg->perm = how & 0x40 ? RIOTLB_RW : what >> 5;
	decode_place(b, &msg->iova, &msg->size);
	msg->uaddr = msg->iova + PAGE * (uint64_t)bytes_u8(b);
	if (how & 0x80)
		msg->uaddr = bytes_word(b, 8);
}

static void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Also what no encoder would write. */
static void put_msg(const struct riotlb_iotlb_msg *msg, int padding,
		    uint8_t *buf)
{
	memset(buf, padding, RIOTLB_VHOST_MSG_SIZE);
	put_u32(buf, (uint32_t)msg->layout);
	put_u32(buf + 4, msg->asid);
	put_u64(buf + 8, msg->iova);
	put_u64(buf + 16, msg->size);
	put_u64(buf + 24, msg->uaddr);
	buf[32] = (uint8_t)msg->perm;
	buf[33] = (uint8_t)msg->type;
}

static void check_same(int err, const struct riotlb_report *got, int want_err,
		       const struct riotlb_report *want)
{
	check_eq((uint64_t)(int64_t)err, (uint64_t)(int64_t)want_err);
	check_eq(got->removed, want->removed);
	check_eq(got->cut, want->cut);
	check_eq(got->bytes.hi, want->bytes.hi);
	check_eq(got->bytes.lo, want->bytes.lo);
	check(!err || got->token.cycle == 0);
	/* which entry the memory was missing for is the engine's affair */
	check(err == -ENOMEM || got->index == want->index);
}

static int refused(int err)
{
	return err == -ENOMEM && atomic_load(&run.hooks.refused) ? err : 0;
}

static void write_bytes(const uint8_t *buf, size_t len)
{
	struct riotlb_report got, want;
	int err = riotlb_vhost_write(run.vhost, buf, len, &got);

	check_same(err, &got,
		   owner_write(&run.owner, buf, len, refused(err), &want),
		   &want);
}

static void send(struct bytes *b, bool as_bytes)
{
	uint8_t buf[RIOTLB_VHOST_MSG_SIZE];
	struct riotlb_report got, want;
	uintptr_t opaque;
	int err;

	decode_msg(b, &run.msg);
	if (as_bytes) {
		put_msg(&run.msg, 0xee, buf);
		write_bytes(buf, sizeof(buf));
		return;
	}
	opaque = bytes_u8(b);
	err = riotlb_vhost_iotlb(run.vhost, &run.msg, (void *)opaque, &got);
	check_same(err, &got,
		   owner_message(&run.owner, &run.msg, opaque, refused(err),
				 &want),
		   &want);
}

static void write_raw(struct bytes *b)
{
	size_t len = RIOTLB_VHOST_MSG_SIZE;
	uint8_t buf[2 * RIOTLB_VHOST_MSG_SIZE];

	if (bytes_u8(b) & 1)
		len = bytes_u8(b) % sizeof(buf);
	for (size_t i = 0; i < len; i++)
		buf[i] = bytes_u8(b);
	write_bytes(buf, len);
}

/* ---- the driver's side ------------------------------------------------- */

static void features(struct bytes *b)
{
	uint64_t bits = (uint64_t)bytes_u8(b) << (bytes_u8(b) % 4);
	int err = riotlb_vhost_set_backend_features(run.vhost, bits);

	check_eq((uint64_t)(int64_t)err,
		 (uint64_t)(int64_t)(bits & ~RIOTLB_VHOST_FEATURES ? -EOPNOTSUPP
								   : 0));
	if (!err)
		run.owner.features = bits;
}

static void set_map(struct bytes *b, uint32_t asid)
{
	struct riotlb_mapping list[MAX_LIST] = { 0 };
	size_t n = bytes_u8(b) % (MAX_LIST + 1), bad = n;
	struct riotlb_report got, want = { 0 };
	uint64_t size;
	int err, want_err = -EINVAL;

	for (size_t i = 0; i < n; i++) {
		decode_place(b, &list[i].start, &size);
		list[i].last = list[i].start + size - 1;
		list[i].addr = list[i].start + PAGE;
		list[i].perm = bytes_u8(b) & 3;
		list[i].opaque = i;
		if (bad == n && (list[i].start < run.owner.window.start ||
				 list[i].last > run.owner.window.last))
			bad = i;
	}
	err = riotlb_vdpa_set_map(run.vdpa, asid, list, n, &got);
	if (refused(err))
		return;
	if (bad == n)
		want_err = model_set_map(&run.model, asid, list, n, &want);
	else
		want.index = bad;
	check_same(err, &got, want_err, &want);
}

static void operation(struct bytes *b)
{
	struct riotlb_report got, want;
	uint8_t how = bytes_u8(b);
	int err, want_err;

	decode_msg(b, &run.msg);
	switch (how % 6) {
	case 0:
	case 1:
		err = riotlb_vdpa_dma_map(run.vdpa, run.msg.asid, run.msg.iova,
					  run.msg.size, run.msg.uaddr,
					  run.msg.perm, (void *)(uintptr_t)how,
					  &got);
		if (refused(err))
			return;
		want_err = owner_dma_map(&run.owner, &run.msg, how, &want);
		break;
	case 2:
		err = riotlb_vdpa_dma_unmap(run.vdpa, run.msg.asid,
					    run.msg.iova, run.msg.size, &got);
		if (refused(err))
			return;
		want_err = owner_dma_unmap(&run.owner, &run.msg, &want);
		break;
	case 3:
		err = riotlb_vdpa_reset_map(run.vdpa, run.msg.asid, &got);
		want_err = model_reset_map(&run.model, run.msg.asid, &want);
		break;
	case 4:
		err = riotlb_vdpa_set_group_asid(run.vdpa, how >> 6,
						 run.msg.asid, &got);
		want_err = model_set_group_asid(&run.model, how >> 6,
						run.msg.asid, &want);
		break;
	default:
		set_map(b, run.msg.asid);
		return;
	}
	check_same(err, &got, want_err, &want);
}

static void do_step(struct bytes *b)
{
	uint8_t how = bytes_u8(b);

	run.kind = how & 15;
	atomic_store(&run.hooks.refused, 0);
	if (how & 0x80)
		hooks_refuse_nth(&run.hooks, 1 + bytes_u8(b) % 16);
	if (run.kind < 5)
		send(b, true);
	else if (run.kind < 9)
		send(b, false);
	else if (run.kind == 9)
		write_raw(b);
	else if (run.kind < 12)
		operation(b);
	hooks_refuse_nth(&run.hooks, 0);
	switch (run.kind) {
	case 12:
		riotlb_vhost_reset(run.vhost, NULL);
		owner_reset(&run.owner);
		break;
	case 13:
		features(b);
		break;
	case 14:
		riotlb_vhost_abort_batch(run.vhost);
		owner_abort(&run.owner);
		break;
	case 15:
		if (how & 0x40)
			reopen();
		else
			drain();
		break;
	}
	verify_engine(run.engine);
	compare_state(run.engine, &run.model, 16);
}

/* ---- messages alone ---------------------------------------------------- */

static void same_iotlb(const struct riotlb_iotlb_msg *a,
		       const struct riotlb_iotlb_msg *b)
{
	check_eq(a->layout, b->layout);
	check_eq(a->type, b->type);
	check_eq(a->asid, b->asid);
	check_eq(a->perm, b->perm);
	check_eq(a->iova, b->iova);
	check_eq(a->size, b->size);
	check_eq(a->uaddr, b->uaddr);
}

/*
 * As the model reads it; and what was read is written with nothing but itself.
 */
static void iotlb_bytes(const uint8_t *data, size_t size, bool payload)
{
	int (*decode)(const void *, size_t, struct riotlb_iotlb_msg *) =
		payload ? riotlb_vhost_user_iotlb_decode
			: riotlb_vhost_msg_decode;
	int (*encode)(const struct riotlb_iotlb_msg *, void *, size_t) =
		payload ? riotlb_vhost_user_iotlb_encode
			: riotlb_vhost_msg_encode;
	struct riotlb_iotlb_msg got, was, want;
	uint8_t buf[RIOTLB_VHOST_MSG_SIZE], clean[RIOTLB_VHOST_MSG_SIZE];
	int err;

	memset(&got, 0x55, sizeof(got));
	was = got;
	err = decode(data, size, &got);
	check_eq((uint64_t)(int64_t)err,
		 (uint64_t)(int64_t)owner_decode(data, size, payload, &want));
	if (err) {
		check(memcmp(&got, &was, sizeof(got)) == 0);
		return;
	}
	same_iotlb(&got, &want);
	put_msg(&got, 0, clean);
	memset(buf, 0xff, sizeof(buf));
	check_eq(encode(&got, buf, sizeof(buf)), 0);
	check(memcmp(buf, payload ? clean + 8 : clean, size) == 0);
	got.layout = RIOTLB_VHOST_V1;
	check_eq((uint64_t)(int64_t)riotlb_vhost_msg_encode(&got, buf,
							    sizeof(buf)),
		 (uint64_t)(int64_t)(got.asid ? -EINVAL : 0));
}

static void vduse_request(const uint8_t *data, size_t size)
{
	struct riotlb_vduse_request r;
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE];

	if (riotlb_vduse_request_decode(data, size, &r))
		return;
	check_eq(size, sizeof(buf));
	check(r.type != RIOTLB_VDUSE_UPDATE_IOTLB ||
	      r.iova.start <= r.iova.last);
	memset(buf, 0xff, sizeof(buf));
	check_eq(riotlb_vduse_request_encode(&r, buf, sizeof(buf)), 0);
	if (r.type == RIOTLB_VDUSE_GET_VQ_STATE)
		memcpy(buf + 28, data + 28, 8); /* which is skipped */
	check(memcmp(buf, data, sizeof(buf)) == 0);
}

static void vduse_response(const uint8_t *data, size_t size, uint8_t how)
{
	struct riotlb_vduse_response r = {
		.has_vq = how & 1,
		.vq.packed = how & 2,
	};
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE],
		clean[RIOTLB_VDUSE_MSG_SIZE] = { 0 };
	size_t said = 24;

	if (riotlb_vduse_response_decode(data, size, &r))
		return;
	check_eq(size, sizeof(buf));
	memset(buf, 0xff, sizeof(buf));
	check_eq(riotlb_vduse_response_encode(&r, buf, sizeof(buf)), 0);
	if (r.has_vq)
		said += r.vq.packed ? 12 : 6;
	memcpy(clean, data, said);
	check(memcmp(buf, clean, sizeof(buf)) == 0);
}

static void bytes_alone(struct bytes *b)
{
	uint8_t how = bytes_u8(b);

	switch (how & 3) {
	case 0:
	case 1:
		iotlb_bytes(b->at, b->left, how & 1);
		break;
	case 2:
		vduse_request(b->at, b->left);
		break;
	case 3:
		vduse_response(b->at, b->left, how >> 2);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b = { data, size };

	if (bytes_u8(&b) % 8 == 7) {
		bytes_alone(&b);
		return 0;
	}
	fuzz_set_tell(tell);
	begin(&b);
	for (run.at = 0; run.at < MAX_STEPS && b.left; run.at++)
		do_step(&b);
	end();
	return 0;
}
