/* SPDX-License-Identifier: MIT */
/* Linux: the owner of /dev/vhost-vdpa-N, with a VDUSE device behind it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/vhost.h>

#include <riotlb/vhost_msg.h>

#include "check.h"
#include "device.h"
#include "side.h"

static char path[64];
static int owner = -1;
static bool armed; /* the device is to refuse the next step */

static int64_t ask(unsigned long request, void *argument)
{
	return ioctl(owner, request, argument) < 0 ? -errno : 0;
}

static int64_t open_owner(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	check(owner < 0);
	owner = fd;
	return 0;
}

static void close_owner(void)
{
	if (owner >= 0)
		check_eq(close(owner), 0);
	owner = -1;
}

/* ---- messages ---------------------------------------------------------- */

static int64_t send(const struct message *message, size_t length)
{
	uint8_t bytes[MESSAGE_ROOM];
	ssize_t n;

	message_bytes(message, bytes);
	n = write(owner, bytes, length);
	if (n < 0)
		return -errno;
	/* what is said to have been written, however much that was */
	check_eq(n, RIOTLB_VHOST_MSG_SIZE);
	return 0;
}

static int64_t send_many(const struct step *step)
{
	struct message message = step->message;

	for (uint64_t i = 0; i < step->argument; i++) {
		int64_t err = send(&message, RIOTLB_VHOST_MSG_SIZE);

		if (err)
			return err;
		message.iova += 2 * PAGE;
	}
	return 0;
}

static void must_send(uint8_t type)
{
	struct message message = { .layout = RIOTLB_VHOST_V2, .type = type };

	check_eq(send(&message, RIOTLB_VHOST_MSG_SIZE), 0);
}

/* ---- everything else --------------------------------------------------- */

static int64_t open_twice(void)
{
	int second = open(path, O_RDWR | O_CLOEXEC);

	if (second < 0)
		return -errno;
	close(second);
	return 0;
}

static int64_t set_features(uint64_t features)
{
	return ask(VHOST_SET_BACKEND_FEATURES, &features);
}

static int64_t get_features(void)
{
	uint64_t features;
	int64_t err = ask(VHOST_GET_BACKEND_FEATURES, &features);

	return err ? err : (int64_t)features;
}

static int64_t reset(void)
{
	uint8_t status = 0;

	return ask(VHOST_VDPA_SET_STATUS, &status);
}

static int64_t get_number(unsigned long request)
{
	uint32_t number;
	int64_t err = ask(request, &number);

	return err ? err : (int64_t)number;
}

static int64_t get_iova(bool last)
{
	struct vhost_vdpa_iova_range range;
	int64_t err = ask(VHOST_VDPA_GET_IOVA_RANGE, &range);

	if (err)
		return err;
	return (int64_t)((last ? range.last : range.first) / PAGE);
}

static int64_t vring(unsigned long request, uint64_t index, uint32_t number)
{
	struct vhost_vring_state state = { (uint32_t)index, number };
	int64_t err = ask(request, &state);

	if (err)
		return err;
	return request == VHOST_VDPA_GET_VRING_GROUP ? (int64_t)state.num : 0;
}

static int64_t act(const struct step *step)
{
	switch (step->action) {
	case WRITE:
		return send(&step->message, step->length);
	case WRITE_MANY:
		return send_many(step);
	case SET_FEATURES:
		return set_features(step->argument);
	case GET_FEATURES:
		return get_features();
	case SET_OWNER:
		return ask(VHOST_SET_OWNER, NULL);
	case RESET:
		return reset();
	case CLOSE:
		close_owner();
		return 0;
	case OPEN:
		return open_owner();
	case OPEN_TWICE:
		return open_twice();
	case SET_GROUP_ASID:
		return vring(VHOST_VDPA_SET_GROUP_ASID, step->argument,
			     step->asid);
	case GET_VQ_GROUP:
		return vring(VHOST_VDPA_GET_VRING_GROUP, step->argument, 0);
	case GET_AS_NUM:
		return get_number(VHOST_VDPA_GET_AS_NUM);
	case GET_GROUP_NUM:
		return get_number(VHOST_VDPA_GET_GROUP_NUM);
	case GET_IOVA_FIRST:
	case GET_IOVA_LAST:
		return get_iova(step->action == GET_IOVA_LAST);
	case REFUSE_NEXT:
	case NO_ACTION:
		break;
	}
	check_fail("no such action");
}

static int64_t kernel_perform(const struct step *step)
{
	int64_t result;

	if (step->action == REFUSE_NEXT) {
		armed = true;
		return 0;
	}
	device_refuse(armed);
	result = act(step);
	device_refuse(false);
	armed = false;
	return result;
}

/* ---- cases ------------------------------------------------------------- */

static void find(void)
{
	glob_t found;

	if (path[0])
		return;
	check_eq(glob("/dev/vhost-vdpa-*", 0, NULL, &found), 0);
	check_eq(found.gl_pathc, 1);
	snprintf(path, sizeof(path), "%s", found.gl_pathv[0]);
	globfree(&found);
}

static void kernel_begin(void)
{
	find();
	check_eq(open_owner(), 0);
}

/*
 * VDUSE keeps what was mapped when its owner goes, so it is told to map nothing
 * first.
 */
static void kernel_end(void)
{
	struct message all = { .layout = RIOTLB_VHOST_V2,
			       .type = RIOTLB_IOTLB_INVALIDATE };

	close_owner();
	check_eq(open_owner(), 0);
	check_eq(ask(VHOST_SET_OWNER, NULL), 0);
	must_send(RIOTLB_IOTLB_BATCH_BEGIN);
	check_eq(send(&all, RIOTLB_VHOST_MSG_SIZE), 0);
	must_send(RIOTLB_IOTLB_BATCH_END);
	close_owner();
}

const struct side kernel_side = {
	.begin = kernel_begin,
	.end = kernel_end,
	.perform = kernel_perform,
	.read = device_table,
};
