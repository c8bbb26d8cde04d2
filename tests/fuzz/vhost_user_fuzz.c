/* SPDX-License-Identifier: MIT */
/*
 * A front-end of vhost-user that sends what it likes: an input is messages,
 * with a byte before each that says how many descriptors of which kind go with
 * it, or that it is a reply on the back-end's channel. One device takes them
 * all, a session for each input; whatever was said, there is nothing left of it
 * afterwards. A message that decodes keeps to its bounds.
 *
 * An input may start queues, which then run in their threads on memory that is
 * the front-end's, and hold what the input writes there.
 */
#include "fuzz.h"

#include <stdarg.h>
#include <string.h>

#include <dirent.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bytes.h"
#include "check.h"
#include "device.h"
#include "guard.h"
#include "say.h"

enum { QUEUES = 2, MEMORY = 1 << 16, DISK = 1 << 16 };

static struct {
	struct device device;
	struct disk disk;
	struct blk blk;
	int memory, event, pipe;
	int channel[2]; /* the back-end's: its end, and the front-end's */
	bool is_set_up;
} fuzz;

/* In place of the program's: a fuzzer's own messages must not drown. */
void say(const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	check(vsnprintf(text, sizeof(text), format, args) > 0);
	va_end(args);
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	check(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void set_up(void)
{
	int pipes[2];

	check_eq(guard_install(), 0);
	check_eq(disk_open_ram(&fuzz.disk, DISK), 0);
	fuzz.blk = (struct blk){
		.disk = &fuzz.disk,
		.nqueues = QUEUES,
		.packed = true,
	};
	check_eq(device_create(&fuzz.device, &fuzz.blk, NULL), 0);
	fuzz.memory = memfd_create("memory", MFD_CLOEXEC);
	check_eq(ftruncate(fuzz.memory, MEMORY), 0);
	fuzz.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	check_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
			    fuzz.channel),
		 0);
	check_eq(pipe(pipes), 0);
	fuzz.pipe = pipes[1];
	fuzz.is_set_up = true;
}

static int fd_of(unsigned kind)
{
	const int fds[] = { fuzz.memory, fuzz.event, fuzz.channel[0],
			    fuzz.pipe };

	return fds[kind % 4];
}

/* ---- decoding alone -------------------------------------------- */

static void check_decoded(const struct wire_msg *msg)
{
	check(strcmp(wire_name(msg->request), "an unknown request") != 0);
	switch (msg->request) {
	case WIRE_SET_MEM_TABLE:
		check(msg->table.n <= WIRE_MAX_REGIONS);
		break;
	case WIRE_GET_CONFIG:
	case WIRE_SET_CONFIG:
		check(msg->config.size <= WIRE_MAX_CONFIG);
		break;
	case WIRE_SET_VRING_KICK:
	case WIRE_SET_VRING_CALL:
	case WIRE_SET_VRING_ERR:
		check(msg->file.index < 256);
		break;
	case WIRE_IOTLB_MSG:
		if (msg->iotlb.type == RIOTLB_IOTLB_UPDATE)
			check(msg->iotlb.size > 0);
		check(msg->iotlb.size == 0 ||
		      msg->iotlb.iova + (msg->iotlb.size - 1) >=
			      msg->iotlb.iova);
		break;
	default:
		break;
	}
}

static void decode(const uint8_t *bytes, size_t size, unsigned nfds)
{
	struct wire_header header;
	struct wire_msg msg;

	if (wire_decode_header(bytes, &header) ||
	    header.size > size - WIRE_HEADER)
		return;
	if (wire_decode(&header, bytes + WIRE_HEADER, nfds, &msg) == 0)
		check_decoded(&msg);
}

/* ---- a session ------------------------------------------------- */

static void send_message(int to, const uint8_t *bytes, size_t size,
			 unsigned nfds, unsigned kind)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)bytes, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		for (unsigned i = 0; i < nfds; i++) {
			int fd = fd_of(kind);

			memcpy(CMSG_DATA(c) + i * sizeof(fd), &fd, sizeof(fd));
		}
	}
	(void)!sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* The size of the message at `bytes`, as its header has it, or what is left. */
static size_t size_of(const struct bytes *bytes)
{
	uint32_t payload;

	if (bytes->left < WIRE_HEADER)
		return bytes->left;
	memcpy(&payload, bytes->at + 8, sizeof(payload));
	if (payload > bytes->left - WIRE_HEADER)
		return bytes->left;
	return WIRE_HEADER + payload;
}

/* What came, and nobody reads. */
static void drop(int fd)
{
	uint8_t bytes[1024];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

enum { NFDS = 15, KIND_SHIFT = 4, IS_REPLY = 1 << 7 };

static int step(struct bytes *bytes, int to)
{
	unsigned how = bytes_u8(bytes), nfds = how & NFDS;
	size_t size = size_of(bytes);
	int err;

	if (size == 0)
		return -EPIPE;
	if (size >= WIRE_HEADER)
		decode(bytes->at, size, nfds);
	send_message(how & IS_REPLY ? fuzz.channel[1] : to, bytes->at, size,
		     nfds, how >> KIND_SHIFT);
	bytes->at += size;
	bytes->left -= size;
	err = device_receive(&fuzz.device);
	if (!err)
		err = device_receive_replies(&fuzz.device);
	if (!err)
		err = device_send_misses(&fuzz.device);
	drop(to);
	drop(fuzz.channel[1]);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	int pair[2], fds;

	if (!fuzz.is_set_up)
		set_up();
	fds = count_fds();
	/* so that rings hold something */
	check(pwrite(fuzz.memory, data, size, 0) == (ssize_t)size);
	check_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	device_begin(&fuzz.device, pair[1]);
	while (bytes.left > 0 && !step(&bytes, pair[0]))
		;
	device_end(&fuzz.device);
	close(pair[0]);
	drop(fuzz.channel[0]);
	drop(fuzz.channel[1]);
	check_eq(count_fds(), fds);
	return 0;
}
