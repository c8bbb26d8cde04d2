/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "html.h"
#include "json.h"

typedef int writer(const struct output_run *run, FILE *file);

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

static int complain(const char *dir, const char *name, int err)
{
	fprintf(stderr, "riotlb-bench: cannot write %s%s%s: %s\n", dir,
		*name ? "/" : "", name, strerror(-err));
	return err;
}

static int make_dir(const char *dir)
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
static int fill(const struct output_run *run, writer *write, const char *path)
{
	FILE *file = fopen(path, "w");
	int err;

	if (!file)
		return -errno;
	err = write(run, file);
	errno = EIO;
	if (!err && (fflush(file) || ferror(file)))
		err = -errno;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}

/* Whoever reads the file while it is replaced has the old or the new one. */
static int replace(const struct output_run *run, writer *write, const char *dir,
		   const char *name)
{
	char *path = text_of("%s/%s", dir, name);
	char *draft = text_of("%s/.%s.%ld", dir, name, (long)getpid());
	int err = path && draft ? fill(run, write, draft) : -ENOMEM;

	if (!err && rename(draft, path))
		err = -errno;
	if (err) {
		complain(dir, name, err);
		if (draft)
			unlink(draft);
	}
	free(draft);
	free(path);
	return err;
}

int output_write(const struct output_run *run, const char *dir)
{
	static const struct {
		const char *name;
		writer *write;
	} files[] = {
		{ "full.json", json_full },
		{ "ci.json", json_ci },
		{ "summary.json", json_summary },
		{ "report.html", html_report },
	};
	int first = make_dir(dir);

	if (first)
		return complain(dir, "", first);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int err = replace(run, files[i].write, dir, files[i].name);

		if (!first)
			first = err;
	}
	return first;
}
