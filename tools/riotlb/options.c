/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <inttypes.h>
#include <string.h>

#include <getopt.h>

#include "scan.h"

enum {
	OPT_FORMAT = 1, /* above any character, below none: no short options */
	OPT_LIMIT,
	OPT_VERIFY,
	OPT_REPEAT,
	OPT_COPIES,
	OPT_JSON,
	OPT_SHAPE,
	OPT_ENTRIES,
	OPT_WHOLE,
	OPT_SYNTHETIC,
	OPT_HELP,
};

static const struct option replay_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "verify", no_argument, NULL, OPT_VERIFY },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "copies", required_argument, NULL, OPT_COPIES },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct option dump_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "shape", no_argument, NULL, OPT_SHAPE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct option convert_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct option cache_options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "entries", required_argument, NULL, OPT_ENTRIES },
	{ "whole", no_argument, NULL, OPT_WHOLE },
	{ "synthetic", no_argument, NULL, OPT_SYNTHETIC },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static enum status read_format(const char *text, enum format *format)
{
	if (strcmp(text, "auto") == 0)
		*format = FORMAT_AUTO;
	else if (strcmp(text, "virtio-iommu") == 0)
		*format = FORMAT_VIRTIO_IOMMU;
	else if (strcmp(text, "ftrace") == 0)
		*format = FORMAT_FTRACE;
	else
		return say_usage("--format is auto, virtio-iommu or ftrace, "
				 "not '%s'",
				 text);
	return STATUS_OK;
}

static enum status read_count(const char *name, const char *text, uint64_t max,
			      uint64_t *count)
{
	struct scan scan = scan_begin(text, strlen(text));

	if (scan_decimal(&scan, max, count) && scan.at == scan.past && *count)
		return STATUS_OK;
	return say_usage("--%s needs a number from 1 to %" PRIu64 ", not '%s'",
			 name, max, text);
}

/* Numbers with commas between them. */
static enum status read_entries(const char *text, struct options *options)
{
	struct scan scan = scan_begin(text, strlen(text));
	uint64_t value;

	options->nentries = 0;
	do {
		if (options->nentries == OPTIONS_MAX_ENTRIES ||
		    !scan_decimal(&scan, OPTIONS_MAX_ENTRY, &value) || !value)
			break;
		options->entries[options->nentries++] = (uint32_t)value;
		if (scan.at == scan.past)
			return STATUS_OK;
	} while (scan_text(&scan, ","));
	return say_usage("--entries needs up to %u numbers from 1 to %u with "
			 "commas between them, not '%s'",
			 OPTIONS_MAX_ENTRIES, OPTIONS_MAX_ENTRY, text);
}

static enum status take_option(struct options *options, int option)
{
	switch (option) {
	case OPT_FORMAT:
		return read_format(optarg, &options->format);
	case OPT_LIMIT:
		return read_count("limit", optarg, UINT64_MAX, &options->limit);
	case OPT_REPEAT:
		return read_count("repeat", optarg, OPTIONS_MAX_REPEAT,
				  &options->repeat);
	case OPT_COPIES:
		return read_count("copies", optarg, UINT64_MAX,
				  &options->copies);
	case OPT_VERIFY:
		options->verify = true;
		return STATUS_OK;
	case OPT_JSON:
		options->json = true;
		options->json_file = optarg;
		return STATUS_OK;
	case OPT_SHAPE:
		options->shape = true;
		return STATUS_OK;
	case OPT_ENTRIES:
		return read_entries(optarg, options);
	case OPT_WHOLE:
		options->whole = true;
		return STATUS_OK;
	case OPT_SYNTHETIC:
		options->synthetic = true;
		return STATUS_OK;
	default:
		options->help = true;
		return STATUS_OK;
	}
}

static enum status complain(int option, char *const *argv)
{
	const char *last = argv[optind - 1];

	if (option == ':')
		return say_usage("%s: option '%s' needs an argument", argv[0],
				 last);
	/* an argument where none is allowed has a known option */
	if (optopt > 0 && optopt <= OPT_HELP)
		return say_usage("%s: option '%s' takes no argument", argv[0],
				 last);
	if (optopt)
		return say_usage("%s: unknown option '-%c'", argv[0], optopt);
	return say_usage("%s: unknown option '%s'", argv[0], last);
}

static enum status read_options(struct options *options,
				const struct option *known, int argc,
				char **argv)
{
	enum status status = STATUS_OK;
	int option;

	*options = (struct options){ .repeat = 1, .copies = 1 };
	opterr = 0;
	optind = 1;
	while (status == STATUS_OK && !options->help) {
		option = getopt_long(argc, argv, ":", known, NULL);
		if (option == -1)
			break;
		if (option == '?' || option == ':')
			return complain(option, argv);
		status = take_option(options, option);
	}
	options->files = argv + optind;
	options->nfiles = argc - optind;
	return status;
}

enum status options_replay(struct options *options, int argc, char **argv)
{
	enum status status = read_options(options, replay_options, argc, argv);

	if (status == STATUS_OK && !options->help && !options->nfiles)
		return say_usage("replay: no TRACE; see 'riotlb replay "
				 "--help'");
	return status;
}

enum status options_dump(struct options *options, int argc, char **argv)
{
	enum status status = read_options(options, dump_options, argc, argv);

	if (status == STATUS_OK && !options->help && options->nfiles != 1)
		return say_usage("dump: one TRACE, not %d; see 'riotlb dump "
				 "--help'",
				 options->nfiles);
	return status;
}

enum status options_convert(struct options *options, int argc, char **argv)
{
	enum status status = read_options(options, convert_options, argc, argv);

	if (status == STATUS_OK && !options->help && options->nfiles != 2)
		return say_usage("convert: IN and OUT, not %d names; see "
				 "'riotlb convert --help'",
				 options->nfiles);
	return status;
}

enum status options_cache(struct options *options, int argc, char **argv)
{
	enum status status = read_options(options, cache_options, argc, argv);

	if (status == STATUS_OK && !options->help && !options->nfiles &&
	    !options->synthetic)
		return say_usage("cache: no TRACE and no --synthetic; see "
				 "'riotlb cache --help'");
	return status;
}
