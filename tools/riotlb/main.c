/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <riotlb/riotlb.h>

#include "commands.h"
#include "say.h"

static const char help[] =
	"Usage: riotlb COMMAND [OPTION]... TRACE...\n"
	"\n"
	"Plays recorded IOMMU traffic through the riotlb engine.\n"
	"\n"
	"Commands:\n"
	"  replay    replay traces, compare every translation, take the time\n"
	"  dump      show what is mapped after a replay\n"
	"  convert   write a trace in a compact form\n"
#ifdef RIOTLB_CLI_VDPA
	"  cache     what an IOTLB of few entries would find of a trace\n"
#endif
	"\n"
	"Options:\n"
	"  --help     show this, or after a command what that command does\n"
	"  --version  show the version\n"
	"\n"
	"Exit status: 0 success, 1 a translation differs from the trace,\n"
	"2 wrong usage, 3 a trace cannot be read.\n";

static enum status run(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "replay") == 0)
		return command_replay(argc - 1, argv + 1);
	if (strcmp(command, "dump") == 0)
		return command_dump(argc - 1, argv + 1);
	if (strcmp(command, "convert") == 0)
		return command_convert(argc - 1, argv + 1);
#ifdef RIOTLB_CLI_VDPA
	if (strcmp(command, "cache") == 0)
		return command_cache(argc - 1, argv + 1);
#endif
	if (strcmp(command, "--help") == 0) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	if (strcmp(command, "--version") == 0) {
		printf("riotlb %s\n", riotlb_version());
		return STATUS_OK;
	}
	if (*command)
		return say_usage("no command '%s'; see 'riotlb --help'",
				 command);
	return say_usage("no command; see 'riotlb --help'");
}

int main(int argc, char **argv)
{
	enum status status = run(argc, argv);

	if (fflush(stdout) || ferror(stdout))
		status = say_usage("cannot write to standard output");
	return (int)status;
}
