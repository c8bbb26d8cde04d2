/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <stdlib.h>

#include <jansson.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <unistd.h>

#include <riotlb/vduse_msg.h>

#include "queues.h"
#include "say.h"

#define HAS(features, bit) (!!((features) >> (bit)&1))

struct device {
	const struct port *port;
	const struct blk *blk;
	struct regions *regions;
	struct queues queues;
	_Atomic uint8_t status; /* atomic: what others may report */
	_Atomic bool running;
	bool start_due; /* once the response is written */
	struct queues_kind kind;
	_Atomic uint64_t requests, resets, updates, updates_failed;
};

/* ---- life ------------------------------------------------------ */

int device_create(const struct device_attr *attr, struct device **out)
{
	struct device *device = calloc(1, sizeof(*device));
	int err;

	if (!device)
		return -ENOMEM;
	device->port = attr->port;
	device->blk = attr->blk;
	err = regions_create(attr->port, attr->flavor, &device->regions);
	if (err)
		goto no_regions;
	err = queues_create(&device->queues, attr->port, device->regions,
			    attr->blk, attr->journals);
	if (err)
		goto no_queues;
	*out = device;
	return 0;
no_queues:
	regions_destroy(device->regions);
no_regions:
	free(device);
	return err;
}

void device_stop(struct device *device)
{
	device->running = false;
	queues_stop(&device->queues);
	queues_join(&device->queues);
}

void device_destroy(struct device *device)
{
	queues_destroy(&device->queues);
	regions_destroy(device->regions);
	free(device);
}

struct riotlb *device_engine(struct device *device)
{
	return regions_engine(device->regions);
}

/* ---- features -------------------------------------------------- */

/* Those that no ring of version 1 behind an IOMMU can do without. */
#define REQUIRED                             \
	(UINT64_C(1) << VIRTIO_F_VERSION_1 | \
	 UINT64_C(1) << VIRTIO_F_ACCESS_PLATFORM)

static int read_features(struct device *device)
{
	uint64_t features;
	int err = device->port->get_features(device->port->ctx, &features);

	if (err)
		return err;
	if (features & ~blk_features(device->blk) ||
	    (features & REQUIRED) != REQUIRED)
		return -ENOTSUP;
	device->kind = (struct queues_kind){
		.packed = HAS(features, VIRTIO_F_RING_PACKED),
		.indirect = HAS(features, VIRTIO_RING_F_INDIRECT_DESC),
		.event_idx = HAS(features, VIRTIO_RING_F_EVENT_IDX),
		.write_through = !HAS(features, VIRTIO_BLK_F_FLUSH),
	};
	return 0;
}

/* ---- taking over ----------------------------------------------- */

/*
 * Version 0 has no question about the status. But a configuration interrupt is
 * refused unless DRIVER_OK is set, and where it is, it makes the driver read
 * the configuration once more, and does nothing else.
 */
int device_probe(struct device *device, bool *in_use, bool *packed)
{
	int err = device->port->call_config(device->port->ctx);

	*in_use = *packed = false;
	if (err)
		return err == -EAGAIN ? 0 : err;
	err = read_features(device);
	*in_use = true;
	*packed = device->kind.packed;
	return err;
}

int device_resume(struct device *device)
{
	int err =
		queues_start(&device->queues, &device->kind, BLK_START_RESUME);

	if (!err) {
		device->status =
			VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
			VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK;
		device->running = true;
	}
	return err;
}

/* ---- requests -------------------------------------------------- */

static int drop(struct device *device, uint64_t start, uint64_t last,
		bool stopping, uint64_t since)
{
	struct riotlb_token token;
	uint64_t epoch;
	int err;

	regions_drop(device->regions, start, last, &token, &epoch);
	err = queues_await(&device->queues, token, epoch, stopping, since);
	if (err)
		say("something still uses memory that the driver has taken "
		    "back, and cannot be stopped");
	return err;
}

/*
 * The kernel frees rings without a word after a reset: all of it goes, and what
 * a queue still asks for before it stops does not come back.
 */
static int reset(struct device *device, uint64_t since)
{
	device->resets++;
	device->running = false;
	queues_stop(&device->queues);
	return drop(device, 0, UINT64_MAX, true, since);
}

static int set_status(struct device *device, uint8_t status, uint64_t since)
{
	uint8_t news = status & (uint8_t)~device->status;
	int err = 0;

	if (status == 0)
		err = reset(device, since);
	if (news & VIRTIO_CONFIG_S_FEATURES_OK)
		err = read_features(device);
	if (!err && news & VIRTIO_CONFIG_S_DRIVER_OK) {
		err = read_features(device);
		/*
		 * Before the answer, after which a successor resumes what is
		 * noted; but no queue runs before the kernel knows that it may.
		 */
		if (!err)
			err = queues_note_start(&device->queues, &device->kind);
		device->start_due = !err;
	}
	if (!err)
		device->status = status;
	return err;
}

static int get_vq_state(struct device *device, uint32_t index,
			struct riotlb_vduse_vq_state *state)
{
	struct blk_place place;

	if (index >= device->queues.n)
		return -EINVAL;
	place = blk_place(device->queues.workers[index].queue.journal);
	state->index = index;
	state->packed = device->kind.packed;
	if (state->packed) {
		/* nothing is available and not used that could be forgotten */
		state->ring.packed_ring.last_avail_counter = place.used_wrap;
		state->ring.packed_ring.last_avail_idx = place.used;
		state->ring.packed_ring.last_used_counter = place.used_wrap;
		state->ring.packed_ring.last_used_idx = place.used;
	} else {
		state->ring.split.avail_index = place.used;
	}
	return 0;
}

static int serve(struct device *device, const struct riotlb_vduse_request *r,
		 struct riotlb_vduse_response *response)
{
	uint64_t since = queues_now();
	int err;

	switch (r->type) {
	case RIOTLB_VDUSE_GET_VQ_STATE:
		err = get_vq_state(device, r->vq, &response->vq);
		response->has_vq = !err;
		return err;
	case RIOTLB_VDUSE_SET_STATUS:
		return set_status(device, r->status, since);
	default:
		device->updates++;
		err = drop(device, r->iova.start, r->iova.last, false, since);
		device->updates_failed += !!err;
		return err;
	}
}

static int answer(struct device *device,
		  const struct riotlb_vduse_response *response)
{
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE];
	int err = riotlb_vduse_response_encode(response, buf, sizeof(buf));
	ssize_t n;

	if (err)
		return err;
	do
		n = write(device->port->fd, buf, sizeof(buf));
	while (n < 0 && errno == EINTR);
	/* it has been waited for too long, or the process that asked is gone */
	if (n < 0 && errno == ENOENT)
		return 0;
	return n == (ssize_t)sizeof(buf) ? 0 : n < 0 ? -errno : -EIO;
}

static int start_if_due(struct device *device)
{
	int err;

	if (!device->start_due)
		return 0;
	device->start_due = false;
	err = queues_start(&device->queues, &device->kind, BLK_START_AT);
	device->running = !err;
	return err;
}

int device_handle(struct device *device)
{
	struct riotlb_vduse_request request = { 0 };
	struct riotlb_vduse_response response = { 0 };
	uint8_t buf[RIOTLB_VDUSE_MSG_SIZE];
	ssize_t n = read(device->port->fd, buf, sizeof(buf));
	int err;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n != (ssize_t)sizeof(buf))
		return -EIO;
	device_tidy(device);
	device->requests++;
	err = riotlb_vduse_request_decode(buf, (size_t)n, &request);
	if (!err)
		err = serve(device, &request, &response);
	response.id = request.id;
	response.failed = !!err;
	err = answer(device, &response);
	return err ? err : start_if_due(device);
}

bool device_tidy(struct device *device)
{
	return queues_tidy(&device->queues);
}

/* ---- report ---------------------------------------------------- */

static json_t *report_regions(struct device *device)
{
	struct regions_stats s;

	regions_get_stats(device->regions, &s);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "mapped",
			 (json_int_t)s.mapped, "stale", (json_int_t)s.stale,
			 "unknown", (json_int_t)s.unknown, "dropped",
			 (json_int_t)s.dropped, "released",
			 (json_int_t)s.released, "revoked",
			 (json_int_t)s.revoked, "live", (json_int_t)s.live);
}

static json_t *report_queues(struct device *device)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < device->queues.n; i++) {
		struct worker *w = &device->queues.workers[i];
		json_t *queue = blk_queue_report(&w->queue);

		if (!queue || json_array_append_new(list, queue)) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *device_report(struct device *device)
{
	const struct queues *q = &device->queues;

	return json_pack(
		"{s:i, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
		"status", device->status, "running", device->running, "packed",
		device->kind.packed, "messages", (json_int_t)device->requests,
		"resets", (json_int_t)device->resets, "updates",
		(json_int_t)device->updates, "updates_failed",
		(json_int_t)device->updates_failed, "lease_waits",
		(json_int_t)q->waits, "fenced", (json_int_t)q->fenced, "broken",
		(json_int_t)q->broken, "regions", report_regions(device),
		"queues", report_queues(device));
}
