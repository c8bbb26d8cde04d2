/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

__attribute__((format(printf, 1, 2))) static char *text_of(const char *format,
							   ...)
{
	char *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

int files_make_dir(const char *dir)
{
	char *path = strdup(dir);
	int err = 0;

	if (!path)
		return -ENOMEM;
	if (!*path)
		err = -ENOENT;
	for (char *p = path + 1; !err; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(path, 0777) && errno != EEXIST)
			err = -errno;
		*p = c;
		if (!c)
			break;
	}
	free(path);
	return err;
}

/* Buffered text may only be refused when the file is closed. */
static int fill(const void *ctx, files_writer *write, const char *path)
{
	FILE *file = fopen(path, "w");
	int err;

	if (!file)
		return -errno;
	err = write(ctx, file);
	errno = EIO;
	if (!err && (fflush(file) || ferror(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

int files_replace(const char *dir, const char *name, files_writer *write,
		  const void *ctx)
{
	char *path = text_of("%s/%s", dir, name);
	char *draft = text_of("%s/.%s.%ld", dir, name, (long)getpid());
	int err = path && draft ? fill(ctx, write, draft) : -ENOMEM;

	if (!err && rename(draft, path))
		err = -errno;
	if (err && draft)
		unlink(draft);
	free(draft);
	free(path);
	return err;
}
