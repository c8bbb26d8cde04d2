/* SPDX-License-Identifier: MIT */
/*
 * riotlb-vdpa: the requests that /dev/vduse/NAME reads, and the responses that
 * it takes, from bytes and to bytes. API version 0. No kernel header is needed.
 *
 * Numbers are in the byte order of the machine; buffers may be of any
 * alignment. Errors are negative errno values. Context: any.
 */
#ifndef RIOTLB_VDUSE_MSG_H
#define RIOTLB_VDUSE_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <riotlb/riotlb.h>

RIOTLB_BEGIN_DECLS

/* Of vduse_dev_request and vduse_dev_response both. */
enum { RIOTLB_VDUSE_MSG_SIZE = 152 };

/* The values of enum vduse_req_type. */
enum riotlb_vduse_type {
	RIOTLB_VDUSE_GET_VQ_STATE = 0, /* vq */
	RIOTLB_VDUSE_SET_STATUS = 1,   /* status */
	RIOTLB_VDUSE_UPDATE_IOTLB = 2, /* iova */
};

struct riotlb_vduse_request {
	uint32_t type; /* enum riotlb_vduse_type, if decoding succeeded */
	uint32_t id;
	uint32_t vq;
	uint8_t status;
	struct riotlb_range iova;
};

/*
 * From what read(2) gave; fields of other types than this are 0.
 * Errors: -EINVAL (len is not RIOTLB_VDUSE_MSG_SIZE; iova ends before it
 * begins), -EOPNOTSUPP (no such type, or a reserved or padding byte that is not
 * 0: from a kernel that says more than version 0).
 * On error *request is as it was, but if len is right, type and id are those of
 * the message, since a request that nobody understands is answered too: the
 * kernel gives up a device that does not.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vduse_request_decode(const void *buf, size_t len,
			    struct riotlb_vduse_request *request);

/*
 * For a peer in the kernel's place: tests, emulators. Errors: as decode's;
 * -ENOBUFS (len is less than RIOTLB_VDUSE_MSG_SIZE).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vduse_request_encode(const struct riotlb_vduse_request *request,
			    void *buf, size_t len);

/*
 * The state of a virtqueue. The message does not say whether the queue is
 * packed: that is the negotiated feature VIRTIO_F_RING_PACKED.
 */
struct riotlb_vduse_vq_state {
	uint32_t index;
	bool packed;
	union {
		struct {
			uint16_t avail_index;
		} split;
		struct {
			uint16_t last_avail_counter;
			uint16_t last_avail_idx;
			uint16_t last_used_counter;
			uint16_t last_used_idx;
		} packed_ring;
	} ring;
};

struct riotlb_vduse_response {
	uint32_t id;
	bool failed;
	/*
	 * what GET_VQ_STATE is answered with; other requests leave has_vq off
	 */
	bool has_vq;
	struct riotlb_vduse_vq_state vq;
};

/*
 * For write(2). A failed response carries no state.
 * Errors: -EINVAL (failed and has_vq), -ENOBUFS (len is less than
 * RIOTLB_VDUSE_MSG_SIZE).
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vduse_response_encode(const struct riotlb_vduse_response *response,
			     void *buf, size_t len);

/*
 * For a peer in the kernel's place. The message says neither what was asked nor
 * what kind of queue it is about, so *response says that on entry, in has_vq
 * and vq.packed.
 * Errors: -EINVAL (len; a result that is neither OK nor FAILED; a reserved byte
 * that is not 0), and *response is as it was.
 */
RIOTLB_API RIOTLB_MUST_CHECK int
riotlb_vduse_response_decode(const void *buf, size_t len,
			     struct riotlb_vduse_response *response);

RIOTLB_END_DECLS

#endif
