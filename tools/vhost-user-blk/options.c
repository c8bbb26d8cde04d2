/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>
#include <sys/un.h>

const char options_help[] =
	"Usage: riotlb-vhost-user-blk (--socket PATH | --connect PATH)\n"
	"                             (--size SIZE | --file FILE) [OPTION]...\n"
	"\n"
	"Serves a virtio-blk device to a vhost-user front-end, QEMU for "
	"example,\n"
	"with every address of its driver translated by riotlb. With an "
	"emulated\n"
	"IOMMU the translations are asked of the front-end.\n"
	"\n"
	"  --socket PATH       listen there, for one front-end after the "
	"other\n"
	"  --connect PATH      to the front-end that listens there, and end "
	"with it\n"
	"  --size SIZE         bytes, or with K, M, G; without --file the disk "
	"is\n"
	"                      memory of this process\n"
	"  --file FILE         what holds the sectors; made, or set to SIZE, "
	"if\n"
	"                      that is given\n"
	"  --read-only         refuse writes\n"
	"  --queues N          and as many threads (1)\n"
	"  --packed            offer packed rings\n"
	"  --flavour FLAVOUR   of RCU: memb, or qsbr (memb)\n"
	"  --stats FILE        written as JSON at the end and on SIGUSR1\n"
	"  --stall MS[:N]      for tests: every Nth request of a queue "
	"(every)\n"
	"                      takes so much longer, with its lease held\n"
	"  --help              show this\n"
	"\n"
	"SIGTERM and SIGINT end it after the requests in hand.\n"
	"\n"
	"Exit status: 0 success, 1 the front-end that it connected to was "
	"sent\n"
	"away, 2 wrong usage, 3 something that it needs cannot be had.\n";

enum {
	OPT_SOCKET = 1,
	OPT_CONNECT,
	OPT_SIZE,
	OPT_FILE,
	OPT_READ_ONLY,
	OPT_QUEUES,
	OPT_PACKED,
	OPT_FLAVOUR,
	OPT_STATS,
	OPT_STALL,
	OPT_HELP,
};

static const struct option known[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "connect", required_argument, NULL, OPT_CONNECT },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "file", required_argument, NULL, OPT_FILE },
	{ "read-only", no_argument, NULL, OPT_READ_ONLY },
	{ "queues", required_argument, NULL, OPT_QUEUES },
	{ "packed", no_argument, NULL, OPT_PACKED },
	{ "flavour", required_argument, NULL, OPT_FLAVOUR },
	{ "stats", required_argument, NULL, OPT_STATS },
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

static enum status read_path(struct options *options, bool connect,
			     const char *text)
{
	if (options->path) {
		say("one --socket or --connect is enough");
		return STATUS_USAGE;
	}
	if (strlen(text) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		say("'%s' is too long for a socket", text);
		return STATUS_USAGE;
	}
	options->path = text;
	options->connect = connect;
	return STATUS_OK;
}

static enum status take_option(struct options *options, int option)
{
	switch (option) {
	case OPT_SOCKET:
	case OPT_CONNECT:
		return read_path(options, option == OPT_CONNECT, optarg);
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
	case OPT_PACKED:
		options->packed = true;
		return STATUS_OK;
	case OPT_FLAVOUR:
		return read_flavour(options, optarg);
	case OPT_STATS:
		options->stats = optarg;
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
	else if (!o->path)
		say("neither --socket nor --connect; see "
		    "riotlb-vhost-user-blk --help");
	else if (!o->size && !o->file)
		say("neither --size nor --file; see "
		    "riotlb-vhost-user-blk --help");
	else if (o->read_only && (!o->file || o->size))
		say("--read-only is for a --file that there is, without "
		    "--size");
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

enum status options_read(struct options *options, int argc, char **argv)
{
	enum status status = STATUS_OK;
	int option;

	*options = (struct options){ .queues = 1 };
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
