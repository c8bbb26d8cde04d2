/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>

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
	OPT_NAME = 1,
	OPT_SIZE,
	OPT_FILE,
	OPT_READ_ONLY,
	OPT_QUEUES,
	OPT_QUEUE_SIZE,
	OPT_PACKED,
	OPT_JOURNAL,
	OPT_FLAVOUR,
	OPT_STATS,
	OPT_DESTROY,
	OPT_STALL,
	OPT_HELP,
};

static const struct option known[] = {
	{ "name", required_argument, NULL, OPT_NAME },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "read-only", no_argument, NULL, OPT_READ_ONLY },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "queue-size", required_argument, NULL, OPT_QUEUE_SIZE },
	{ "packed", no_argument, NULL, OPT_PACKED },
	{ "journal", required_argument, NULL, OPT_JOURNAL },
	{ "flavour", required_argument, NULL, OPT_FLAVOUR },
	{ "stats", required_argument, NULL, OPT_STATS },
	{ "destroy", no_argument, NULL, OPT_DESTROY },
	{ "stall", required_argument, NULL, OPT_STALL },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* A number at *text, which is then behind it. */
static bool scan(const char **text, uint64_t *value)
{
	char *behind;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*value = strtoull(*text, &behind, 10);
	*text = behind;
	return errno == 0;
}

static enum status read_count(const char *name, const char *text, uint64_t max,
			      unsigned *count)
{
	const char *at = text;
	uint64_t value;

	if (scan(&at, &value) && !*at && value > 0 && value <= max) {
		*count = (unsigned)value;
		return STATUS_OK;
	}
	say("--%s needs a number from 1 to %ju, not '%s'", name, (uintmax_t)max,
	    text);
	return STATUS_USAGE;
}

static enum status read_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMG";
	const char *at = text, *unit;
	unsigned shift = 0;

	if (scan(&at, size) && *size > 0) {
		unit = *at ? strchr(units, *at) : NULL;
		if (unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			at++;
		}
		if (!*at && *size <= (uint64_t)INT64_MAX >> shift &&
		    (*size << shift) % 512 == 0) {
			*size <<= shift;
			return STATUS_OK;
		}
	}
	say("--size needs whole sectors of 512 bytes, like 65536 or 64M, not "
	    "'%s'",
	    text);
	return STATUS_USAGE;
}

static enum status read_stall(struct options *options, const char *text)
{
	uint64_t ms, every = 1;
	const char *at = text;
	bool ok = scan(&at, &ms);

	if (ok && *at == ':') {
		at++;
		ok = scan(&at, &every);
	}
	if (!ok || *at || ms == 0 || ms > 3600000 || every == 0 ||
	    every > UINT32_MAX) {
		say("--stall needs MS or MS:N, not '%s'", text);
		return STATUS_USAGE;
	}
	options->stall_ms = (unsigned)ms;
	options->stall_every = (unsigned)every;
	return STATUS_OK;
}

static enum status read_flavour(struct options *options, const char *text)
{
	options->qsbr = strcmp(text, "qsbr") == 0;
	if (options->qsbr || strcmp(text, "memb") == 0)
		return STATUS_OK;
	say("--flavour is memb or qsbr, not '%s'", text);
	return STATUS_USAGE;
}

static enum status take_option(struct options *options, int option)
{
	switch (option) {
	case OPT_NAME:
		options->name = optarg;
		return STATUS_OK;
	case OPT_SIZE:
		return read_size(optarg, &options->size);
	case OPT_FILE:
		options->file = optarg;
		return STATUS_OK;
	case OPT_READ_ONLY:
		options->read_only = true;
		return STATUS_OK;
	case OPT_QUEUES:
		return read_count("queues", optarg, OPTIONS_MAX_QUEUES,
				  &options->queues);
	case OPT_QUEUE_SIZE:
		return read_count("queue-size", optarg, OPTIONS_MAX_QUEUE_SIZE,
				  &options->queue_size);
	case OPT_PACKED:
		options->packed = true;
		return STATUS_OK;
	case OPT_JOURNAL:
		options->journal = optarg;
		return STATUS_OK;
	case OPT_FLAVOUR:
		return read_flavour(options, optarg);
	case OPT_STATS:
		options->stats = optarg;
		return STATUS_OK;
	case OPT_DESTROY:
		options->destroy = true;
		return STATUS_OK;
	case OPT_STALL:
		return read_stall(options, optarg);
	default:
		options->help = true;
		return STATUS_OK;
	}
}

static enum status check(const struct options *o, int argc, char **argv)
{
	if (optind < argc)
		say("there is nothing to do with '%s'", argv[optind]);
	else if (!o->name)
		say("no --name; see riotlb-vduse-blk --help");
	else if (!o->size && !o->file)
		say("neither --size nor --file; see riotlb-vduse-blk --help");
	else if (o->read_only && (!o->file || o->size))
		say("--read-only is for a --file that there is, without "
		    "--size");
	else if (o->queue_size & (o->queue_size - 1))
		say("--queue-size is a power of two, not %u", o->queue_size);
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

enum status options_read(struct options *options, int argc, char **argv)
{
	enum status status = STATUS_OK;
	int option;

	*options = (struct options){ .queues = 1, .queue_size = 256 };
	opterr = 0;
	while (status == STATUS_OK && !options->help) {
		option = getopt_long(argc, argv, ":", known, NULL);
		if (option == -1)
			break;
		if (option == ':') {
			say("option '%s' needs an argument", argv[optind - 1]);
			return STATUS_USAGE;
		}
		if (option == '?') {
			say("option '%s' is unknown, or takes no argument",
			    argv[optind - 1]);
			return STATUS_USAGE;
		}
		status = take_option(options, option);
	}
	if (status != STATUS_OK || options->help)
		return status;
	return check(options, argc, argv);
}
