/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

struct output {
	const char *file;
	struct archive *archive;
	int fd;
	bool removable; /* a file, and not a device or standard output */
};

static enum status problem(const struct output *output, const char *what)
{
	return say_usage("%s: cannot write: %s", output->file,
			 what ? what : "no reason given");
}

static enum status archive_problem(const struct output *output)
{
	return problem(output, archive_error_string(output->archive));
}

static int add_filter(struct archive *archive, const char *file)
{
	const char *dot = strrchr(file, '.');

	if (dot && strcmp(dot, ".xz") == 0)
		return archive_write_add_filter_xz(archive);
	if (dot && strcmp(dot, ".gz") == 0)
		return archive_write_add_filter_gzip(archive);
	if (dot && strcmp(dot, ".zst") == 0)
		return archive_write_add_filter_zstd(archive);
	return archive_write_add_filter_none(archive);
}

/* The format "raw" is one file without a name. */
static bool begin(struct output *output)
{
	struct archive *archive = output->archive;
	struct archive_entry *entry = archive_entry_new();
	bool fine;

	if (!entry)
		return false;
	archive_entry_set_filetype(entry, AE_IFREG);
	fine = archive_write_set_format_raw(archive) == ARCHIVE_OK &&
	       add_filter(archive, output->file) == ARCHIVE_OK &&
	       /* no padding to blocks of a tape */
	       archive_write_set_bytes_in_last_block(archive, 1) ==
		       ARCHIVE_OK &&
	       archive_write_open_fd(archive, output->fd) == ARCHIVE_OK &&
	       archive_write_header(archive, entry) == ARCHIVE_OK;
	archive_entry_free(entry);
	return fine;
}

static int open_file(struct output *output)
{
	struct stat info;

	if (strcmp(output->file, "-") == 0)
		output->fd = dup(STDOUT_FILENO);
	else
		output->fd =
			open(output->file,
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (output->fd < 0 || fstat(output->fd, &info) < 0)
		return -errno;
	output->removable =
		S_ISREG(info.st_mode) && strcmp(output->file, "-") != 0;
	return 0;
}

enum status output_open(const char *file, struct output **out)
{
	struct output *output = calloc(1, sizeof(*output));
	int err;

	if (!output)
		return say_usage("%s: out of memory", file);
	output->file = file;
	err = open_file(output);
	if (err) {
		problem(output, strerror(-err));
		free(output);
		return STATUS_USAGE;
	}
	output->archive = archive_write_new();
	if (!output->archive || !begin(output)) {
		enum status status = output->archive
					     ? archive_problem(output)
					     : problem(output, "out of memory");

		return output_close(output, status);
	}
	*out = output;
	return STATUS_OK;
}

enum status output_write(struct output *output, const void *data, size_t size)
{
	if (archive_write_data(output->archive, data, size) == (la_ssize_t)size)
		return STATUS_OK;
	return archive_problem(output);
}

enum status output_close(struct output *output, enum status status)
{
	if (status == STATUS_OK &&
	    archive_write_close(output->archive) != ARCHIVE_OK)
		status = archive_problem(output);
	archive_write_free(output->archive);
	if (close(output->fd) && status == STATUS_OK)
		status = problem(output, strerror(errno));
	if (status != STATUS_OK && output->removable)
		unlink(output->file);
	free(output);
	return status;
}
