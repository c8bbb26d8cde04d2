/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "path.h"

#define BLOCK 65536

static enum status wrong(const struct library *l, struct archive *a)
{
	return say(STATUS_USAGE, "%s: %s", l->file, archive_error_string(a));
}

/* The index, and the table of long names, are no members. */
static bool is_member(const char *name)
{
	return name && *name && *name != '/' && !strchr(name, '/') &&
	       strcmp(name, "__.SYMDEF") != 0;
}

static enum status unpack_member(struct library *l, struct archive *a,
				 const char *name)
{
	char *path;
	int fd;
	int result;

	if (l->object_count == OBJECTS_MAX)
		return say(STATUS_USAGE, "%s: more than %d members", l->file,
			   OBJECTS_MAX);
	/* two members may have one name */
	if (asprintf(&path, "%s/objects/%s", l->dir, name) < 0)
		return say(STATUS_INTERNAL, "out of memory");
	if (access(path, F_OK) == 0) {
		free(path);
		return say(STATUS_USAGE, "%s: two members are called %s",
			   l->file, name);
	}
	l->objects[l->object_count++] = path;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return say(STATUS_INTERNAL, "%s: %s", path, strerror(errno));
	result = archive_read_data_into_fd(a, fd);
	if (close(fd) || result != ARCHIVE_OK)
		return wrong(l, a);
	return STATUS_PASS;
}

static enum status unpack_all(struct library *l, struct archive *a)
{
	struct archive_entry *entry;
	enum status status = STATUS_PASS;
	int result = ARCHIVE_OK;

	while (!status &&
	       (result = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (is_member(name))
			status = unpack_member(l, a, name);
	}
	if (!status && result != ARCHIVE_EOF)
		return wrong(l, a);
	if (!status && !l->object_count)
		return say(STATUS_USAGE, "%s: no members", l->file);
	return status;
}

enum status unpack_archive(struct library *l)
{
	struct archive *a = archive_read_new();
	char dir[PATH_MAX];
	enum status status;

	path_make(dir, sizeof(dir), "%s/objects", l->dir);
	if (!a || mkdir(dir, 0777)) {
		archive_read_free(a);
		return say(STATUS_INTERNAL, "%s: %s", dir, strerror(errno));
	}
	archive_read_support_format_ar(a);
	if (archive_read_open_filename(a, l->file, BLOCK) != ARCHIVE_OK)
		status = wrong(l, a);
	else
		status = unpack_all(l, a);
	archive_read_free(a);
	return status;
}
