/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <linux/virtio_ids.h>
#include <poll.h>

#include <urcu/urcu-qsbr.h>

#include "device.h"
#include "journal.h"
#include "kernel.h"
#include "options.h"
#include "program.h"

/* VENDOR_ID of no one: QEMU and vhost have such, too. */
#define VENDOR 0x544f4952 /* "RIOT" */

/* How often what fenced requests left behind is looked after. */
#define TIDY_MS 100

struct vduse_blk {
	struct options options;
	struct program program;
	struct journal journal;
	struct kernel kernel;
	struct device *device;
};

static struct json_t *report(void *ctx)
{
	struct vduse_blk *p = ctx;
	json_t *object = device_report(p->device);

	if (object &&
	    json_object_set_new(object, "name", json_string(p->options.name))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* ---- setting up ------------------------------------------------ */

static enum status open_journal(struct vduse_blk *p)
{
	const struct options *o = &p->options;
	int err;

	if (!o->journal)
		return STATUS_OK;
	err = journal_open(&p->journal, o->journal, o->name, o->common.queues);
	return err ? program_cannot("use that journal", err) : STATUS_OK;
}

/* Is all there that it takes to go on with it? */
static enum status take_over(struct vduse_blk *p)
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
		return program_cannot("look at the device", err);
	if (!in_use)
		return STATUS_OK;
	if (disk_is_ram(&p->program.disk)) {
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
		return program_cannot("go on with the rings", err);
	printf("%s is in use: going on\n", p->options.name);
	return STATUS_OK;
}

static enum status open_kernel(struct vduse_blk *p, bool *existed)
{
	struct virtio_blk_config config;
	struct kernel_device device = {
		.name = p->options.name,
		.vendor = VENDOR,
		.device = VIRTIO_ID_BLOCK,
		.features = blk_features(&p->program.blk),
		.nqueues = p->program.blk.nqueues,
		.queue_size = (uint16_t)p->options.queue_size,
		.config = &config,
		.config_size = sizeof(config),
	};
	const char *what;
	int err;

	blk_config(&p->program.blk, &config);
	err = kernel_open(&p->kernel, &device, existed, &what);
	return err ? program_cannot(what, err) : STATUS_OK;
}

/* ---- running --------------------------------------------------- */

static enum status run(struct vduse_blk *p)
{
	struct pollfd fds[] = {
		{ .fd = p->program.signals, .events = POLLIN },
		{ .fd = p->kernel.port.fd, .events = POLLIN },
	};
	int err = 0, tidy = -1;

	while (!err) {
		if (poll(fds, 2, tidy) < 0 && errno != EINTR)
			return program_cannot("poll", -errno);
		if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
			err = -EIO;
			break;
		}
		if (fds[0].revents && !program_take_signals(&p->program))
			return STATUS_OK;
		if (fds[1].revents)
			err = device_handle(p->device);
		tidy = device_tidy(p->device) ? TIDY_MS : -1;
	}
	say("the kernel has given up the device: %s", strerror(-err));
	return STATUS_LOST;
}

static enum status serve(struct vduse_blk *p, bool existed)
{
	struct device_attr attr = {
		.port = &p->kernel.port,
		.blk = &p->program.blk,
		.flavor = p->options.common.qsbr ? &urcu_qsbr_flavor : NULL,
		.journals = p->journal.words,
	};
	int err = device_create(&attr, &p->device);
	enum status status = STATUS_OK;

	if (err)
		return program_cannot("start", err);
	if (existed)
		status = take_over(p);
	if (status == STATUS_OK) {
		printf("/dev/vduse/%s is served\n", p->options.name);
		fflush(stdout);
		status = run(p);
	}
	device_stop(p->device);
	program_write_stats(&p->program);
	device_destroy(p->device);
	return status;
}

static enum status with_kernel(struct vduse_blk *p)
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
			status = program_cannot("destroy the device", err);
	}
	return status;
}

static enum status with_disk(void *ctx)
{
	struct vduse_blk *p = ctx;
	enum status status = open_journal(p);

	if (status == STATUS_OK) {
		status = with_kernel(p);
		journal_close(&p->journal);
	}
	return status;
}

int main(int argc, char **argv)
{
	static struct vduse_blk p;
	enum status status = options_read(&p.options, argc, argv);

	if (status != STATUS_OK)
		return (int)status;
	if (p.options.common.help) {
		fputs(options_help, stdout);
		return STATUS_OK;
	}
	p.program.options = &p.options.common;
	p.program.id = p.options.name;
	p.program.report = report;
	p.program.serve = with_disk;
	p.program.ctx = &p;
	return (int)program_run(&p.program);
}
