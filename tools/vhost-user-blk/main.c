/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <urcu/urcu-qsbr.h>

#include "guard.h"
#include "options.h"
#include "session.h"
#include "socket.h"

struct program {
	struct options options;
	struct disk disk;
	struct blk blk;
	struct device device;
	int signals;
	atomic_uint stalls[OPTIONS_MAX_QUEUES];
};

static enum status cannot(const char *what, int err)
{
	say("cannot %s: %s", what, strerror(-err));
	return STATUS_SETUP;
}

/* ---- statistics ------------------------------------------------ */

/* Under another name first, so that nobody reads half of it. */
static void write_stats(struct program *p)
{
	const char *path = p->options.stats;
	char *part = NULL;
	json_t *object;
	bool ok;

	if (!path)
		return;
	object = device_report(&p->device);
	ok = object &&
	     json_object_set_new(
		     object, "flavour",
		     json_string(p->options.qsbr ? "qsbr" : "memb")) == 0 &&
	     asprintf(&part, "%s.part", path) > 0 &&
	     json_dump_file(object, part, JSON_INDENT(1)) == 0 &&
	     rename(part, path) == 0;
	if (!ok)
		say("cannot write '%s'", path);
	json_decref(object);
	free(part);
}

static void print_counts(struct program *p)
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

/* ---- setting up ------------------------------------------------ */

/* Before there are threads, which all are to have them blocked. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void stall(void *ctx, unsigned queue)
{
	struct program *p = ctx;
	struct timespec time = {
		.tv_sec = p->options.stall_ms / 1000,
		.tv_nsec = p->options.stall_ms % 1000 * 1000000L,
	};

	if (++p->stalls[queue] % p->options.stall_every == 0)
		nanosleep(&time, NULL);
}

static enum status open_disk(struct program *p)
{
	const struct options *o = &p->options;
	int err;

	if (o->file)
		err = disk_open_file(&p->disk, o->file, o->size, o->read_only);
	else
		err = disk_open_ram(&p->disk, o->size);
	if (err)
		return cannot(o->file ? "use that file"
				      : "get that much memory",
			      err);
	p->blk = (struct blk){
		.disk = &p->disk,
		.id = "riotlb-vhost-user",
		.nqueues = (uint16_t)o->queues,
		.packed = o->packed,
		.stall = o->stall_ms ? stall : NULL,
		.stall_ctx = p,
	};
	return STATUS_OK;
}

/* ---- running --------------------------------------------------- */

/* Returns false if it is to end. */
static bool take_signals(void *ctx)
{
	struct program *p = ctx;
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		write_stats(p);
	}
	return true;
}

static int serve(struct program *p, int fd)
{
	int err = session_run(&p->device, fd, p->signals, take_signals, p);

	if (err)
		printf("the front-end %s\n",
		       err == -EPIPE ? "has gone" : "was sent away");
	fflush(stdout);
	return err;
}

static enum status serve_all(struct program *p, int listener)
{
	struct pollfd fds[] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = listener, .events = POLLIN },
	};
	int fd, err = -EPIPE;

	printf("listening at %s\n", p->options.path);
	fflush(stdout);
	while (err) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return cannot("poll", -errno);
		if (fds[0].revents && !take_signals(p))
			break;
		if (!fds[1].revents)
			continue;
		fd = socket_accept(listener);
		if (fd == -EAGAIN)
			continue;
		if (fd < 0)
			return cannot("accept", fd);
		err = serve(p, fd);
	}
	return STATUS_OK;
}

static enum status run(struct program *p)
{
	const char *path = p->options.path;
	enum status status;
	int fd, err;

	if (p->options.connect) {
		fd = socket_connect(path);
		if (fd < 0)
			return cannot("connect to that socket", fd);
		err = serve(p, fd);
		return err && err != -EPIPE ? STATUS_LOST : STATUS_OK;
	}
	fd = socket_listen(path);
	if (fd < 0)
		return cannot("listen at that socket", fd);
	status = serve_all(p, fd);
	close(fd);
	unlink(path);
	return status;
}

static enum status with_disk(struct program *p)
{
	enum status status;
	int err = device_create(&p->device, &p->blk,
				p->options.qsbr ? &urcu_qsbr_flavor : NULL);

	if (err)
		return cannot("start", err);
	status = run(p);
	write_stats(p);
	print_counts(p);
	device_destroy(&p->device);
	return status;
}

int main(int argc, char **argv)
{
	static struct program p;
	enum status status = options_read(&p.options, argc, argv);
	int err;

	if (status != STATUS_OK)
		return (int)status;
	if (p.options.help) {
		fputs(options_help, stdout);
		return STATUS_OK;
	}
	p.signals = block_signals();
	err = p.signals < 0 ? -errno : guard_install();
	if (err)
		return (int)cannot("set up signals", err);
	status = open_disk(&p);
	if (status == STATUS_OK) {
		status = with_disk(&p);
		disk_close(&p.disk);
	}
	return (int)status;
}
