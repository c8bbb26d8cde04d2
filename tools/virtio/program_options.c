/* SPDX-License-Identifier: MIT */
#include "program_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

enum status program_options_count(const char *name, const char *text,
				  uint64_t max, unsigned *count)
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

static enum status read_stall(struct program_options *options, const char *text)
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

static enum status read_flavour(struct program_options *options,
				const char *text)
{
	options->qsbr = strcmp(text, "qsbr") == 0;
	if (options->qsbr || strcmp(text, "memb") == 0)
		return STATUS_OK;
	say("--flavour is memb or qsbr, not '%s'", text);
	return STATUS_USAGE;
}

static enum status take_common(struct program_options *options, int option)
{
	switch (option) {
	case PROGRAM_OPTION_SIZE:
		return read_size(optarg, &options->size);
	case PROGRAM_OPTION_FILE:
		options->file = optarg;
		return STATUS_OK;
	case PROGRAM_OPTION_READ_ONLY:
		options->read_only = true;
		return STATUS_OK;
	case PROGRAM_OPTION_QUEUES:
		return program_options_count(
			"queues", optarg, PROGRAM_MAX_QUEUES, &options->queues);
	case PROGRAM_OPTION_PACKED:
		options->packed = true;
		return STATUS_OK;
	case PROGRAM_OPTION_FLAVOUR:
		return read_flavour(options, optarg);
	case PROGRAM_OPTION_STATS:
		options->stats = optarg;
		return STATUS_OK;
	case PROGRAM_OPTION_STALL:
		return read_stall(options, optarg);
	default:
		options->help = true;
		return STATUS_OK;
	}
}

enum status program_options_check_end(int argc, char **argv)
{
	if (optind == argc)
		return STATUS_OK;
	say("there is nothing to do with '%s'", argv[optind]);
	return STATUS_USAGE;
}

enum status program_options_check(const struct program_options *o)
{
	if (!o->size && !o->file)
		say("neither --size nor --file; see %s --help",
		    program_invocation_short_name);
	else if (o->read_only && (!o->file || o->size))
		say("--read-only is for a --file that there is, without "
		    "--size");
	else
		return STATUS_OK;
	return STATUS_USAGE;
}

enum status program_options_read(struct program_options *options, int argc,
				 char **argv, const struct option *known,
				 enum status (*take)(void *ctx, int option),
				 void *ctx)
{
	enum status status = STATUS_OK;
	int option;

	*options = (struct program_options){ .queues = 1 };
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
		status = option < PROGRAM_OPTION_OWN
				 ? take_common(options, option)
				 : take(ctx, option);
	}
	return status;
}
