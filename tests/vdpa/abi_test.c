/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own headers against what the library says: sizes, constants, and
 * messages that are made by one and read by the other. A constant that the
 * installed headers are too old for is left out.
 */
#include <string.h>

#include <linux/vduse.h>
#include <linux/vhost_types.h>

#include <riotlb/vduse_msg.h>
#include <riotlb/vhost_msg.h>

#include "fixture.h"

_Static_assert(sizeof(struct vhost_msg) == RIOTLB_VHOST_MSG_SIZE, "");
_Static_assert(sizeof(struct vhost_msg_v2) == RIOTLB_VHOST_MSG_SIZE, "");
_Static_assert(sizeof(struct vhost_iotlb_msg) == RIOTLB_VHOST_USER_IOTLB_SIZE,
	       "");
_Static_assert(VHOST_ACCESS_RO == RIOTLB_READ, "");
_Static_assert(VHOST_ACCESS_WO == RIOTLB_WRITE, "");
_Static_assert(VHOST_ACCESS_RW == RIOTLB_RW, "");
_Static_assert(VHOST_IOTLB_MISS == (int)RIOTLB_IOTLB_MISS, "");
_Static_assert(VHOST_IOTLB_UPDATE == (int)RIOTLB_IOTLB_UPDATE, "");
_Static_assert(VHOST_IOTLB_INVALIDATE == (int)RIOTLB_IOTLB_INVALIDATE, "");
_Static_assert(VHOST_IOTLB_ACCESS_FAIL == (int)RIOTLB_IOTLB_ACCESS_FAIL, "");
_Static_assert(VHOST_IOTLB_BATCH_BEGIN == (int)RIOTLB_IOTLB_BATCH_BEGIN, "");
_Static_assert(VHOST_IOTLB_BATCH_END == (int)RIOTLB_IOTLB_BATCH_END, "");
_Static_assert(VHOST_IOTLB_MSG == (int)RIOTLB_VHOST_V1, "");
_Static_assert(VHOST_IOTLB_MSG_V2 == (int)RIOTLB_VHOST_V2, "");

#define FEATURE(bit) (UINT64_C(1) << (bit))
_Static_assert(FEATURE(VHOST_BACKEND_F_IOTLB_MSG_V2) ==
		       RIOTLB_VHOST_F_IOTLB_MSG_V2,
	       "");
_Static_assert(FEATURE(VHOST_BACKEND_F_IOTLB_BATCH) ==
		       RIOTLB_VHOST_F_IOTLB_BATCH,
	       "");
#ifdef VHOST_BACKEND_F_IOTLB_ASID
_Static_assert(FEATURE(VHOST_BACKEND_F_IOTLB_ASID) == RIOTLB_VHOST_F_IOTLB_ASID,
	       "");
#endif
#ifdef VHOST_BACKEND_F_IOTLB_PERSIST
_Static_assert(FEATURE(VHOST_BACKEND_F_IOTLB_PERSIST) ==
		       RIOTLB_VHOST_F_IOTLB_PERSIST,
	       "");
#endif

_Static_assert(sizeof(struct vduse_dev_request) == RIOTLB_VDUSE_MSG_SIZE, "");
_Static_assert(sizeof(struct vduse_dev_response) == RIOTLB_VDUSE_MSG_SIZE, "");
_Static_assert(VDUSE_GET_VQ_STATE == (int)RIOTLB_VDUSE_GET_VQ_STATE, "");
_Static_assert(VDUSE_SET_STATUS == (int)RIOTLB_VDUSE_SET_STATUS, "");
_Static_assert(VDUSE_UPDATE_IOTLB == (int)RIOTLB_VDUSE_UPDATE_IOTLB, "");

static const struct vhost_iotlb_msg payload = {
	.iova = 0x1122334455667788,
	.size = 0x1020304050607080,
	.uaddr = 0x0123456789abcdef,
	.perm = VHOST_ACCESS_WO,
	.type = VHOST_IOTLB_UPDATE,
};

static void check_payload(const struct riotlb_iotlb_msg *m)
{
	assert_int_equal(m->iova, payload.iova);
	assert_int_equal(m->size, payload.size);
	assert_int_equal(m->uaddr, payload.uaddr);
	assert_int_equal(m->perm, payload.perm);
	assert_int_equal(m->type, payload.type);
}

static void test_vhost(void **state)
{
	struct riotlb_iotlb_msg m;
	struct vhost_msg v1, back1;
	struct vhost_msg_v2 v2, back2;
	struct vhost_iotlb_msg back;

	(void)state;
	memset(&v1, 0, sizeof(v1));
	v1.type = VHOST_IOTLB_MSG;
	v1.iotlb = payload;
	assert_int_equal(riotlb_vhost_msg_decode(&v1, sizeof(v1), &m), 0);
	check_payload(&m);
	assert_int_equal(m.layout, RIOTLB_VHOST_V1);
	assert_int_equal(riotlb_vhost_msg_encode(&m, &back1, sizeof(back1)), 0);
	assert_memory_equal(&v1, &back1, sizeof(v1));

	memset(&v2, 0, sizeof(v2));
	v2.type = VHOST_IOTLB_MSG_V2;
	v2.asid = 0x8000000f;
	v2.iotlb = payload;
	assert_int_equal(riotlb_vhost_msg_decode(&v2, sizeof(v2), &m), 0);
	check_payload(&m);
	assert_int_equal(m.layout, RIOTLB_VHOST_V2);
	assert_int_equal(m.asid, 0x8000000f);
	assert_int_equal(riotlb_vhost_msg_encode(&m, &back2, sizeof(back2)), 0);
	assert_memory_equal(&v2, &back2, sizeof(v2));

	assert_int_equal(
		riotlb_vhost_user_iotlb_decode(&payload, sizeof(payload), &m),
		0);
	check_payload(&m);
	assert_int_equal(
		riotlb_vhost_user_iotlb_encode(&m, &back, sizeof(back)), 0);
	assert_int_equal(
		riotlb_vhost_user_iotlb_decode(&back, sizeof(back), &m), 0);
	check_payload(&m);
}

static void test_vduse_requests(void **state)
{
	struct vduse_dev_request request;
	struct riotlb_vduse_request r;

	(void)state;
	memset(&request, 0, sizeof(request));
	request.type = VDUSE_GET_VQ_STATE;
	request.request_id = 0x11223344;
	request.vq_state.index = 0x55667788;
	assert_int_equal(
		riotlb_vduse_request_decode(&request, sizeof(request), &r), 0);
	assert_int_equal(r.id, request.request_id);
	assert_int_equal(r.vq, request.vq_state.index);

	memset(&request, 0, sizeof(request));
	request.type = VDUSE_SET_STATUS;
	request.s.status = 0x4f;
	assert_int_equal(
		riotlb_vduse_request_decode(&request, sizeof(request), &r), 0);
	assert_int_equal(r.status, 0x4f);

	memset(&request, 0, sizeof(request));
	request.type = VDUSE_UPDATE_IOTLB;
	request.iova.start = 0x1000;
	request.iova.last = UINT64_MAX;
	assert_int_equal(
		riotlb_vduse_request_decode(&request, sizeof(request), &r), 0);
	assert_int_equal(r.iova.start, 0x1000);
	assert_int_equal(r.iova.last, UINT64_MAX);
}

static void test_vduse_responses(void **state)
{
	struct riotlb_vduse_response r = {
		.id = 0x99,
		.has_vq = true,
		.vq = {
			.index = 3,
			.packed = true,
			.ring.packed_ring = { 1, 0x7001, 0, 0x7002 },
		},
	};
	struct vduse_dev_response response;

	(void)state;
	assert_int_equal(
		riotlb_vduse_response_encode(&r, &response, sizeof(response)),
		0);
	assert_int_equal(response.request_id, 0x99);
	assert_int_equal(response.result, VDUSE_REQ_RESULT_OK);
	assert_int_equal(response.vq_state.index, 3);
	assert_int_equal(response.vq_state.packed.last_avail_counter, 1);
	assert_int_equal(response.vq_state.packed.last_avail_idx, 0x7001);
	assert_int_equal(response.vq_state.packed.last_used_counter, 0);
	assert_int_equal(response.vq_state.packed.last_used_idx, 0x7002);
	r.vq.packed = false;
	r.vq.ring.split.avail_index = 0x1234;
	assert_int_equal(
		riotlb_vduse_response_encode(&r, &response, sizeof(response)),
		0);
	assert_int_equal(response.vq_state.split.avail_index, 0x1234);
	r = (struct riotlb_vduse_response){ .id = 5, .failed = true };
	assert_int_equal(
		riotlb_vduse_response_encode(&r, &response, sizeof(response)),
		0);
	assert_int_equal(response.request_id, 5);
	assert_int_equal(response.result, VDUSE_REQ_RESULT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vhost),
		cmocka_unit_test(test_vduse_requests),
		cmocka_unit_test(test_vduse_responses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
