/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <linux/virtio_ids.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <urcu/urcu-qsbr.h>

#include "device.h"
#include "guard.h"
#include "journal.h"
#include "kernel.h"
#include "options.h"

/* VENDOR_ID of no one: QEMU and vhost have such, too. */
#define VENDOR 0x544f4952 /* "RIOT" */

/* How often what fenced requests left behind is looked after. */
#define TIDY_MS 100

struct program {
	struct options options;
	struct disk disk;
	struct blk blk;
	struct journal journal;
	struct kernel kernel;
	struct device *device;
	int signals;
	atomic_uint stalls[OPTIONS_MAX_QUEUES];
};

static enum status cannot(const char *what, int err)
{
	say("cannot %s: %s", what, strerror(-err));
	return STATUS_SETUP;
}

/* ---- statistics ------------------------------------------------ */

static json_t *report(struct program *p)
{
	json_t *object = device_report(p->device);

	if (!object ||
	    json_object_set_new(object, "name", json_string(p->options.name)) ||
	    json_object_set_new(
		    object, "flavour",
		    json_string(p->options.qsbr ? "qsbr" : "memb"))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Under another name first, so that nobody reads half of it. */
static void write_stats(struct program *p)
{
	const char *path = p->options.stats;
	char *part = NULL;
	json_t *object;
	bool ok;

	if (!path)
		return;
	object = report(p);
	ok = object && asprintf(&part, "%s.part", path) > 0 &&
	     json_dump_file(object, part, JSON_INDENT(1)) == 0 &&
	     rename(part, path) == 0;
	if (!ok)
		say("cannot write '%s'", path);
	json_decref(object);
	free(part);
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
		.nqueues = (uint16_t)o->queues,
		.packed = o->packed,
		.stall = o->stall_ms ? stall : NULL,
		.stall_ctx = p,
	};
	memcpy(p->blk.id, o->name, strnlen(o->name, sizeof(p->blk.id)));
	return STATUS_OK;
}

static enum status open_journal(struct program *p)
{
	const struct options *o = &p->options;
	int err;

	if (!o->journal)
		return STATUS_OK;
	err = journal_open(&p->journal, o->journal, o->name, o->queues);
	return err ? cannot("use that journal", err) : STATUS_OK;
}

/* Is all there that it takes to go on with it? */
static enum status take_over(struct program *p)
{
	bool in_use, packed;
	int err = device_probe(p->device, &in_use, &packed);

	if (err == -ENOTSUP) {
		say("the driver of %s uses features that the options here do "
		    "not offer",
		    p->options.name);
		return STATUS_SETUP;
	}
	if (err)
		return cannot("look at the device", err);
	if (!in_use)
		return STATUS_OK;
	if (disk_is_ram(&p->disk)) {
		say("%s is in use, and its disk was memory of a process that "
		    "is gone",
		    p->options.name);
		return STATUS_SETUP;
	}
	if (packed && (!p->options.journal || p->journal.is_new)) {
		say("%s is in use with packed rings, and there is no journal "
		    "of where they stand",
		    p->options.name);
		return STATUS_SETUP;
	}
	err = device_resume(p->device);
	if (err)
		return cannot("go on with the rings", err);
	printf("%s is in use: going on\n", p->options.name);
	return STATUS_OK;
}

static enum status open_kernel(struct program *p, bool *existed)
{
	struct virtio_blk_config config;
	struct kernel_device device = {
		.name = p->options.name,
		.vendor = VENDOR,
		.device = VIRTIO_ID_BLOCK,
		.features = blk_features(&p->blk),
		.nqueues = p->blk.nqueues,
		.queue_size = (uint16_t)p->options.queue_size,
		.config = &config,
		.config_size = sizeof(config),
	};
	const char *what;
	int err;

	blk_config(&p->blk, &config);
	err = kernel_open(&p->kernel, &device, existed, &what);
	return err ? cannot(what, err) : STATUS_OK;
}

/* ---- running --------------------------------------------------- */

/* Returns false if it is to end. */
static bool take_signals(struct program *p)
{
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		write_stats(p);
	}
	return true;
}

static enum status run(struct program *p)
{
	struct pollfd fds[] = {
		{ .fd = p->signals, .events = POLLIN },
		{ .fd = p->kernel.port.fd, .events = POLLIN },
	};
	int err = 0, tidy = -1;

	while (!err) {
		if (poll(fds, 2, tidy) < 0 && errno != EINTR)
			return cannot("poll", -errno);
		if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
			err = -EIO;
			break;
		}
		if (fds[0].revents && !take_signals(p))
			return STATUS_OK;
		if (fds[1].revents)
			err = device_handle(p->device);
		tidy = device_tidy(p->device) ? TIDY_MS : -1;
	}
	say("the kernel has given up the device: %s", strerror(-err));
	return STATUS_LOST;
}

static enum status serve(struct program *p, bool existed)
{
	struct device_attr attr = {
		.port = &p->kernel.port,
		.blk = &p->blk,
		.flavor = p->options.qsbr ? &urcu_qsbr_flavor : NULL,
		.journals = p->journal.words,
	};
	int err = device_create(&attr, &p->device);
	enum status status = STATUS_OK;

	if (err)
		return cannot("start", err);
	if (existed)
		status = take_over(p);
	if (status == STATUS_OK) {
		printf("/dev/vduse/%s is served\n", p->options.name);
		fflush(stdout);
		status = run(p);
	}
	device_stop(p->device);
	write_stats(p);
	device_destroy(p->device);
	return status;
}

static enum status with_kernel(struct program *p)
{
	bool existed;
	enum status status = open_kernel(p, &existed);
	int err;

	if (status != STATUS_OK)
		return status;
	status = serve(p, existed);
	kernel_close(&p->kernel);
	if (status == STATUS_OK && p->options.destroy) {
		err = kernel_destroy(p->options.name);
		if (err)
			status = cannot("destroy the device", err);
	}
	return status;
}

static enum status with_disk(struct program *p)
{
	enum status status = open_disk(p);

	if (status != STATUS_OK)
		return status;
	status = open_journal(p);
	if (status == STATUS_OK) {
		status = with_kernel(p);
		journal_close(&p->journal);
	}
	disk_close(&p->disk);
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
		return 0;
	}
	p.signals = block_signals();
	err = p.signals < 0 ? -errno : guard_install();
	if (err)
		return (int)cannot("set up signals", err);
	return (int)with_disk(&p);
}
