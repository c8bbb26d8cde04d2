/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include <riotlb/version.h>

#include "commands.h"

static const char help[] =
	"Usage: riotlb-gate COMMAND [OPTION]...\n"
	"\n"
	"Says whether a change of riotlb made it slower.\n"
	"\n"
	"Options:\n"
	"  --help     show this, or after a command what that command does\n"
	"  --version  show the version\n"
	"\n"
	"Exit status: 0 pass, 1 a regression, 2 wrong usage, 3 the sides "
	"cannot\n"
	"be compared, 4 inconclusive, 5 a failure of the gate itself.\n"
	"\n"
	"Commands:\n";

static const struct {
	const char *name;
	enum status (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{ "compare", command_compare, "is HEAD slower than BASE?" },
	{ "explain", command_explain, "verdicts again, from a gate.json" },
	{ "self-test", command_self_test,
	  "slow a library down, and look whether that is seen" },
	{ "rates", command_rates, "what many self-tests add up to" },
	{ "budget", command_budget,
	  "compare counts of this build with those that the tree keeps" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static enum status show_help(void)
{
	fputs(help, stdout);
	for (size_t i = 0; i < COMMANDS; i++) {
		printf("  %-10s %s\n", commands[i].name, commands[i].what);
	}
	return STATUS_PASS;
}

static enum status run(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(command, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(command, "--help") == 0)
		return show_help();
	if (strcmp(command, "--version") == 0) {
		puts("riotlb-gate " RIOTLB_VERSION);
		return STATUS_PASS;
	}
	if (*command)
		return say(STATUS_USAGE,
			   "no command '%s'; see 'riotlb-gate --help'",
			   command);
	return say(STATUS_USAGE, "no command; see 'riotlb-gate --help'");
}

int main(int argc, char **argv)
{
	enum status status = run(argc, argv);

	if (fflush(stdout) || ferror(stdout))
		status = status_worse(status, say(STATUS_INTERNAL,
						  "cannot write to standard "
						  "output"));
	return (int)status;
}
