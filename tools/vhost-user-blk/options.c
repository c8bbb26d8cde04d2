/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>

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
	OPT_SOCKET = PROGRAM_OPTION_OWN,
	OPT_CONNECT,
};

static const struct option known[] = {
	PROGRAM_OPTIONS,
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "connect", required_argument, NULL, OPT_CONNECT },
	{ NULL, 0, NULL, 0 },
};

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

static enum status take(void *ctx, int option)
{
	return read_path(ctx, option == OPT_CONNECT, optarg);
}

static enum status check(const struct options *o, int argc, char **argv)
{
	enum status status = program_options_check_end(argc, argv);

	if (status == STATUS_OK && !o->path) {
		say("neither --socket nor --connect; see "
		    "riotlb-vhost-user-blk --help");
		return STATUS_USAGE;
	}
	return status == STATUS_OK ? program_options_check(&o->common) : status;
}

enum status options_read(struct options *options, int argc, char **argv)
{
	enum status status;

	*options = (struct options){ 0 };
	status = program_options_read(&options->common, argc, argv, known, take,
				      options);
	if (status != STATUS_OK || options->common.help)
		return status;
	return check(options, argc, argv);
}
