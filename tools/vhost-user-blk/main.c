/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include <poll.h>
#include <unistd.h>

#include <urcu/urcu-qsbr.h>

#include "options.h"
#include "program.h"
#include "session.h"
#include "socket.h"

struct vhost_user_blk {
	struct options options;
	struct program program;
	struct device device;
};

static struct json_t *report(void *ctx)
{
	struct vhost_user_blk *p = ctx;

	return device_report(&p->device);
}

static void print_counts(struct vhost_user_blk *p)
{
	struct memory_stats memory;
	struct misses_stats misses;
	uint64_t descriptors = device_descriptors(&p->device);

	memory_get_stats(p->device.memory, &memory);
	misses_get_stats(&p->device.queues.misses, &misses);
	printf("%ju descriptors translated (hits); %ju misses, %ju of them "
	       "asked, "
	       "%ju joined, %ju failed; %ju updates; %ju invalidations, %ju "
	       "found requests at work\n",
	       (uintmax_t)descriptors, (uintmax_t)misses.queued,
	       (uintmax_t)misses.asked, (uintmax_t)misses.joined,
	       (uintmax_t)misses.failed, (uintmax_t)memory.updates,
	       (uintmax_t)memory.invalidations,
	       (uintmax_t)p->device.stats.held);
}

/* ---- running --------------------------------------------------- */

static bool take_signals(void *ctx)
{
	struct vhost_user_blk *p = ctx;

	return program_take_signals(&p->program);
}

static int serve(struct vhost_user_blk *p, int fd)
{
	int err = session_run(&p->device, fd, p->program.signals, take_signals,
			      p);

	if (err)
		printf("the front-end %s\n",
		       err == -EPIPE ? "has gone" : "was sent away");
	fflush(stdout);
	return err;
}

static enum status serve_all(struct vhost_user_blk *p, int listener)
{
	struct pollfd fds[] = {
		{ .fd = p->program.signals, .events = POLLIN },
		{ .fd = listener, .events = POLLIN },
	};
	int fd, err = -EPIPE;

	printf("listening at %s\n", p->options.path);
	fflush(stdout);
	while (err) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return program_cannot("poll", -errno);
		if (fds[0].revents && !take_signals(p))
			break;
		if (!fds[1].revents)
			continue;
		fd = socket_accept(listener);
		if (fd == -EAGAIN)
			continue;
		if (fd < 0)
			return program_cannot("accept", fd);
		err = serve(p, fd);
	}
	return STATUS_OK;
}

static enum status run(struct vhost_user_blk *p)
{
	const char *path = p->options.path;
	enum status status;
	int fd, err;

	if (p->options.connect) {
		fd = socket_connect(path);
		if (fd < 0)
			return program_cannot("connect to that socket", fd);
		err = serve(p, fd);
		return err && err != -EPIPE ? STATUS_LOST : STATUS_OK;
	}
	fd = socket_listen(path);
	if (fd < 0)
		return program_cannot("listen at that socket", fd);
	status = serve_all(p, fd);
	close(fd);
	unlink(path);
	return status;
}

static enum status with_disk(void *ctx)
{
	struct vhost_user_blk *p = ctx;
	enum status status;
	int err = device_create(&p->device, &p->program.blk,
				p->options.common.qsbr ? &urcu_qsbr_flavor
						       : NULL);

	if (err)
		return program_cannot("start", err);
	status = run(p);
	program_write_stats(&p->program);
	print_counts(p);
	device_destroy(&p->device);
	return status;
}

int main(int argc, char **argv)
{
	static struct vhost_user_blk p;
	enum status status = options_read(&p.options, argc, argv);

	if (status != STATUS_OK)
		return (int)status;
	if (p.options.common.help) {
		fputs(options_help, stdout);
		return STATUS_OK;
	}
	p.program.options = &p.options.common;
	p.program.id = "riotlb-vhost-user";
	p.program.report = report;
	p.program.serve = with_disk;
	p.program.ctx = &p;
	return (int)program_run(&p.program);
}
