/* SPDX-License-Identifier: MIT */
#include "options.h"

const char options_help[] =
	"Usage: riotlb-vduse-blk --name NAME (--size SIZE | --file FILE) "
	"[OPTION]...\n"
	"\n"
	"Serves a virtio-blk device through VDUSE, with every address of its\n"
	"driver translated by riotlb. If there is a device of that name, it "
	"is\n"
	"taken over.\n"
	"\n"
	"  --name NAME         of /dev/vduse/NAME\n"
	"  --size SIZE         bytes, or with K, M, G; without --file the disk "
	"is\n"
	"                      memory of this process\n"
	"  --file FILE         what holds the sectors; made, or set to SIZE, "
	"if\n"
	"                      that is given\n"
	"  --read-only         refuse writes\n"
	"  --queues N          and as many threads (1)\n"
	"  --queue-size N      at most, a power of two (256)\n"
	"  --packed            offer packed rings\n"
	"  --journal FILE      where packed rings stand, for whoever takes "
	"over\n"
	"  --flavour FLAVOUR   of RCU: memb, or qsbr (memb)\n"
	"  --stats FILE        written as JSON at the end and on SIGUSR1\n"
	"  --destroy           destroy the device at the end\n"
	"  --stall MS[:N]      for tests: every Nth request of a queue "
	"(every)\n"
	"                      takes so much longer, with its lease held\n"
	"  --help              show this\n"
	"\n"
	"SIGTERM and SIGINT end it after the requests in hand; the device "
	"stays,\n"
	"for the next one to take over, unless it is destroyed.\n"
	"\n"
	"Exit status: 0 success, 1 the kernel gave up the device, 2 wrong "
	"usage,\n"
	"3 something that it needs cannot be had.\n";

enum {
	OPT_NAME = PROGRAM_OPTION_OWN,
	OPT_QUEUE_SIZE,
	OPT_JOURNAL,
	OPT_DESTROY,
};

static const struct option known[] = {
	PROGRAM_OPTIONS,
	{ "name", required_argument, NULL, OPT_NAME },
	{ "queue-size", required_argument, NULL, OPT_QUEUE_SIZE },
	{ "journal", required_argument, NULL, OPT_JOURNAL },
	{ "destroy", no_argument, NULL, OPT_DESTROY },
	{ NULL, 0, NULL, 0 },
};

static enum status take(void *ctx, int option)
{
	struct options *options = ctx;

	switch (option) {
	case OPT_NAME:
		options->name = optarg;
		return STATUS_OK;
	case OPT_QUEUE_SIZE:
		return program_options_count("queue-size", optarg,
					     OPTIONS_MAX_QUEUE_SIZE,
					     &options->queue_size);
	case OPT_JOURNAL:
		options->journal = optarg;
		return STATUS_OK;
	default:
		options->destroy = true;
		return STATUS_OK;
	}
}

static enum status check(const struct options *o, int argc, char **argv)
{
	enum status status = program_options_check_end(argc, argv);

	if (status == STATUS_OK && !o->name) {
		say("no --name; see riotlb-vduse-blk --help");
		return STATUS_USAGE;
	}
	if (status == STATUS_OK)
		status = program_options_check(&o->common);
	if (status == STATUS_OK && o->queue_size & (o->queue_size - 1)) {
		say("--queue-size is a power of two, not %u", o->queue_size);
		return STATUS_USAGE;
	}
	return status;
}

enum status options_read(struct options *options, int argc, char **argv)
{
	enum status status;

	*options = (struct options){ .queue_size = 256 };
	status = program_options_read(&options->common, argc, argv, known, take,
				      options);
	if (status != STATUS_OK || options->common.help)
		return status;
	return check(options, argc, argv);
}
