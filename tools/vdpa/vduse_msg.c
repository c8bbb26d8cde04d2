/* SPDX-License-Identifier: MIT */
#include <riotlb/vduse_msg.h>

#include <errno.h>

#include "field.h"

/* struct vduse_dev_request */
enum {
	REQUEST_TYPE = 0, /* u32 */
	REQUEST_ID = 4,   /* u32 */
	REQUEST_RESERVED = 8,
	REQUEST_BODY = 24,
};

/* struct vduse_dev_response */
enum {
	RESPONSE_ID = 0,     /* u32 */
	RESPONSE_RESULT = 4, /* u32 */
	RESPONSE_RESERVED = 8,
	RESPONSE_BODY = 24,
};

/* VDUSE_REQ_RESULT_OK and _FAILED */
enum { RESULT_OK = 0, RESULT_FAILED = 1 };

/* struct vduse_vq_state, vduse_dev_status, vduse_iova_range: the bodies */
enum {
	VQ_INDEX = 0, /* u32 */
	VQ_RING = 4,  /* u16, of a packed ring four of them */
	VQ_SIZE = 12,
	STATUS_SIZE = 1,
	IOVA_START = 0, /* u64 */
	IOVA_LAST = 8,  /* u64 */
	IOVA_SIZE = 16,
};

/* ---- requests ---------------------------------------------------------- */

static void get_body(const uint8_t *body, struct riotlb_vduse_request *r)
{
	switch (r->type) {
	case RIOTLB_VDUSE_GET_VQ_STATE:
		/* nothing but the index is said to be there */
		r->vq = get_u32(body + VQ_INDEX);
		break;
	case RIOTLB_VDUSE_SET_STATUS:
		r->status = body[0];
		break;
	case RIOTLB_VDUSE_UPDATE_IOTLB:
		r->iova.start = get_u64(body + IOVA_START);
		r->iova.last = get_u64(body + IOVA_LAST);
		break;
	}
}

/* 0: there is no such type. */
static size_t body_size(uint32_t type)
{
	switch (type) {
	case RIOTLB_VDUSE_GET_VQ_STATE:
		return VQ_SIZE;
	case RIOTLB_VDUSE_SET_STATUS:
		return STATUS_SIZE;
	case RIOTLB_VDUSE_UPDATE_IOTLB:
		return IOVA_SIZE;
	}
	return 0;
}

static int check_request(const struct riotlb_vduse_request *r)
{
	if (body_size(r->type) == 0)
		return -EOPNOTSUPP;
	if (r->type == RIOTLB_VDUSE_UPDATE_IOTLB &&
	    r->iova.last < r->iova.start)
		return -EINVAL;
	return 0;
}

static bool says_more(const uint8_t *buf, uint32_t type)
{
	return !is_zero(buf, REQUEST_RESERVED, REQUEST_BODY) ||
	       !is_zero(buf, REQUEST_BODY + body_size(type),
			RIOTLB_VDUSE_MSG_SIZE);
}

int riotlb_vduse_request_decode(const void *buf, size_t len,
				struct riotlb_vduse_request *request)
{
	struct riotlb_vduse_request got = { 0 };
	const uint8_t *at = buf;
	int err;

	if (len != RIOTLB_VDUSE_MSG_SIZE)
		return -EINVAL;
	got.type = get_u32(at + REQUEST_TYPE);
	got.id = get_u32(at + REQUEST_ID);
	get_body(at + REQUEST_BODY, &got);
	err = says_more(at, got.type) ? -EOPNOTSUPP : check_request(&got);
	if (err) {
		request->type = got.type;
		request->id = got.id;
		return err;
	}
	*request = got;
	return 0;
}

int riotlb_vduse_request_encode(const struct riotlb_vduse_request *request,
				void *buf, size_t len)
{
	uint8_t *at = buf, *body = at + REQUEST_BODY;
	int err;

	if (len < RIOTLB_VDUSE_MSG_SIZE)
		return -ENOBUFS;
	err = check_request(request);
	if (err)
		return err;
	memset(at, 0, RIOTLB_VDUSE_MSG_SIZE);
	put_u32(at + REQUEST_TYPE, request->type);
	put_u32(at + REQUEST_ID, request->id);
	switch (request->type) {
	case RIOTLB_VDUSE_GET_VQ_STATE:
		put_u32(body + VQ_INDEX, request->vq);
		break;
	case RIOTLB_VDUSE_SET_STATUS:
		body[0] = request->status;
		break;
	case RIOTLB_VDUSE_UPDATE_IOTLB:
		put_u64(body + IOVA_START, request->iova.start);
		put_u64(body + IOVA_LAST, request->iova.last);
		break;
	}
	return 0;
}

/* ---- responses --------------------------------------------------------- */

static void put_vq(const struct riotlb_vduse_vq_state *vq, uint8_t *body)
{
	put_u32(body + VQ_INDEX, vq->index);
	if (!vq->packed) {
		put_u16(body + VQ_RING, vq->ring.split.avail_index);
		return;
	}
	put_u16(body + VQ_RING, vq->ring.packed_ring.last_avail_counter);
	put_u16(body + VQ_RING + 2, vq->ring.packed_ring.last_avail_idx);
	put_u16(body + VQ_RING + 4, vq->ring.packed_ring.last_used_counter);
	put_u16(body + VQ_RING + 6, vq->ring.packed_ring.last_used_idx);
}

static void get_vq(const uint8_t *body, struct riotlb_vduse_vq_state *vq)
{
	vq->index = get_u32(body + VQ_INDEX);
	if (!vq->packed) {
		vq->ring.split.avail_index = get_u16(body + VQ_RING);
		return;
	}
	vq->ring.packed_ring.last_avail_counter = get_u16(body + VQ_RING);
	vq->ring.packed_ring.last_avail_idx = get_u16(body + VQ_RING + 2);
	vq->ring.packed_ring.last_used_counter = get_u16(body + VQ_RING + 4);
	vq->ring.packed_ring.last_used_idx = get_u16(body + VQ_RING + 6);
}

int riotlb_vduse_response_encode(const struct riotlb_vduse_response *response,
				 void *buf, size_t len)
{
	uint8_t *at = buf;

	if (len < RIOTLB_VDUSE_MSG_SIZE)
		return -ENOBUFS;
	if (response->failed && response->has_vq)
		return -EINVAL;
	memset(at, 0, RIOTLB_VDUSE_MSG_SIZE);
	put_u32(at + RESPONSE_ID, response->id);
	put_u32(at + RESPONSE_RESULT,
		response->failed ? RESULT_FAILED : RESULT_OK);
	if (response->has_vq)
		put_vq(&response->vq, at + RESPONSE_BODY);
	return 0;
}

int riotlb_vduse_response_decode(const void *buf, size_t len,
				 struct riotlb_vduse_response *response)
{
	struct riotlb_vduse_response got = { 0 };
	const uint8_t *at = buf;
	uint32_t result;

	if (len != RIOTLB_VDUSE_MSG_SIZE)
		return -EINVAL;
	result = get_u32(at + RESPONSE_RESULT);
	if ((result != RESULT_OK && result != RESULT_FAILED) ||
	    !is_zero(at, RESPONSE_RESERVED, RESPONSE_BODY))
		return -EINVAL;
	got.id = get_u32(at + RESPONSE_ID);
	got.failed = result == RESULT_FAILED;
	/* a failure says nothing else */
	got.has_vq = response->has_vq && !got.failed;
	got.vq.packed = response->vq.packed;
	if (got.has_vq)
		get_vq(at + RESPONSE_BODY, &got.vq);
	*response = got;
	return 0;
}
