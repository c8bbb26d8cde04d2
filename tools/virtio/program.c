/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"

enum status program_cannot(const char *what, int err)
{
	say("cannot %s: %s", what, strerror(-err));
	return STATUS_SETUP;
}

/* Under another name first, so that nobody reads half of it. */
void program_write_stats(struct program *p)
{
	const char *path = p->options->stats;
	char *part = NULL;
	json_t *object;
	bool ok;

	if (!path)
		return;
	object = p->report(p->ctx);
	ok = object &&
	     json_object_set_new(
		     object, "flavour",
		     json_string(p->options->qsbr ? "qsbr" : "memb")) == 0 &&
	     asprintf(&part, "%s.part", path) > 0 &&
	     json_dump_file(object, part, JSON_INDENT(1)) == 0 &&
	     rename(part, path) == 0;
	if (!ok)
		say("cannot write '%s'", path);
	json_decref(object);
	free(part);
}

bool program_take_signals(struct program *p)
{
	struct signalfd_siginfo info;

	while (read(p->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGUSR1)
			return false;
		program_write_stats(p);
	}
	return true;
}

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
		.tv_sec = p->options->stall_ms / 1000,
		.tv_nsec = p->options->stall_ms % 1000 * 1000000L,
	};

	if (++p->stalls[queue] % p->options->stall_every == 0)
		nanosleep(&time, NULL);
}

static enum status open_disk(struct program *p)
{
	const struct program_options *o = p->options;
	int err;

	if (o->file)
		err = disk_open_file(&p->disk, o->file, o->size, o->read_only);
	else
		err = disk_open_ram(&p->disk, o->size);
	if (err)
		return program_cannot(o->file ? "use that file"
					      : "get that much memory",
				      err);
	p->blk = (struct blk){
		.disk = &p->disk,
		.nqueues = (uint16_t)o->queues,
		.packed = o->packed,
		.stall = o->stall_ms ? stall : NULL,
		.stall_ctx = p,
	};
	memcpy(p->blk.id, p->id, strnlen(p->id, sizeof(p->blk.id)));
	return STATUS_OK;
}

enum status program_run(struct program *p)
{
	enum status status;
	int err;

	p->signals = block_signals();
	err = p->signals < 0 ? -errno : guard_install();
	if (err)
		return program_cannot("set up signals", err);
	status = open_disk(p);
	if (status == STATUS_OK) {
		status = p->serve(p->ctx);
		disk_close(&p->disk);
	}
	return status;
}
