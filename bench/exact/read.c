/* SPDX-License-Identifier: MIT */
#include "exact/read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST_PATH 512
#define CANNOT_EXECUTE 127

extern char **environ;

/* ---- one dump ----------------------------------------------------------- */

static bool allocates(const char *function)
{
	static const char *const names[] = {
		"malloc",         "calloc",        "realloc", "memalign",
		"posix_memalign", "aligned_alloc", "mmap",    "reallocarray",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(function, names[i]) == 0)
			return true;
	}
	return false;
}

/* "events: Ir Ge": in which column are the global bus events? */
static bool read_events(const char *line, int *column)
{
	char copy[128];
	char *rest;
	int at = 0;

	*column = -1;
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *event = strtok_r(copy, " ", &rest); event;
	     event = strtok_r(NULL, " ", &rest), at++) {
		if (at == 0 && strcmp(event, "Ir") != 0)
			return false;
		if (strcmp(event, "Ge") == 0)
			*column = at;
	}
	return *column > 0;
}

/* Columns of zeros at the end are left out. */
static void read_totals(const char *line, int column, struct exact_dump *dump)
{
	char *rest;

	dump->instructions = strtoull(line, &rest, 10);
	for (int at = 1; at <= column; at++)
		dump->locked = strtoull(rest, &rest, 10);
}

/* The text after the prefix, or NULL. */
static const char *after(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) == 0 ? line + n : NULL;
}

bool exact_read(FILE *file, struct exact_dump *dump)
{
	bool has_totals = false;
	bool in_call = false;
	char *line = NULL;
	size_t room = 0;
	int column = -1;
	ssize_t n;

	*dump = (struct exact_dump){ .instructions = 0 };
	while ((n = getline(&line, &room, file)) > 0) {
		const char *text;

		line[strcspn(line, "\n")] = '\0';
		if ((text = after(line, "desc: Trigger: Client Request: "))) {
			snprintf(dump->name, sizeof(dump->name), "%s", text);
		} else if ((text = after(line, "events: "))) {
			if (!read_events(text, &column))
				break;
		} else if ((text = after(line, "totals: "))) {
			has_totals = column > 0;
			read_totals(text, column, dump);
		} else if ((text = after(line, "cfn="))) {
			in_call = allocates(text);
		} else if (in_call && (text = after(line, "calls="))) {
			dump->allocations += strtoull(text, NULL, 10);
			in_call = false;
		}
	}
	free(line);
	return has_totals;
}

/* ---- all of a run ------------------------------------------------------- */

static int add_dump(struct exact_dumps *dumps, const char *path)
{
	struct exact_dump dump;
	struct exact_dump *all;
	FILE *file = fopen(path, "r");
	bool ok;

	if (!file)
		return -errno;
	ok = exact_read(file, &dump);
	fclose(file);
	if (!ok)
		return -EIO;
	all = realloc(dumps->all, (dumps->n + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	dumps->all = all;
	all[dumps->n++] = dump;
	return 0;
}

/* Reads the files of the directory, and removes them. */
static int take_dumps(const char *directory, struct exact_dumps *dumps)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char path[LONGEST_PATH];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (!err && dumps)
			err = add_dump(dumps, path);
		unlink(path);
	}
	closedir(dir);
	return err;
}

/* valgrind's own words go nowhere; the program's errors are shown. */
static int spawn(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
					       "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int run(char *const argv[])
{
	int status;
	pid_t pid;
	int err = spawn(argv, &pid);

	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_EXECUTE)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int run_into(char *const argv[], const char *directory)
{
	static const char *const options[] = {
		"valgrind",
		"--tool=callgrind",
		"--quiet",
		"--collect-bus=yes",
		"--collect-atstart=no",
		"--instr-atstart=no",
		"--compress-strings=no",
		"--compress-pos=no",
	};
	const size_t n = sizeof(options) / sizeof(options[0]);
	char out[LONGEST_PATH];
	char **all;
	size_t args = 0;
	int err;

	while (argv[args])
		args++;
	all = calloc(n + args + 2, sizeof(*all));
	if (!all)
		return -ENOMEM;
	snprintf(out, sizeof(out), "--callgrind-out-file=%s/out", directory);
	for (size_t i = 0; i < n; i++)
		all[i] = (char *)(uintptr_t)options[i];
	all[n] = out;
	memcpy(all + n + 1, argv, args * sizeof(*all));
	err = run(all);
	free(all);
	return err;
}

int exact_run(char *const argv[], struct exact_dumps *dumps)
{
	const char *base = getenv("TMPDIR");
	char directory[LONGEST_PATH / 2];
	int err;

	*dumps = (struct exact_dumps){ .n = 0 };
	if ((size_t)snprintf(
		    directory, sizeof(directory), "%s/riotlb-bench.XXXXXX",
		    base && *base ? base : "/tmp") >= sizeof(directory))
		return -ENAMETOOLONG;
	if (!mkdtemp(directory))
		return errno == ENOENT ? -ENOTDIR : -errno;
	err = run_into(argv, directory);
	if (!err)
		err = take_dumps(directory, dumps);
	else
		take_dumps(directory, NULL);
	rmdir(directory);
	if (err)
		exact_free(dumps);
	return err;
}

void exact_free(struct exact_dumps *dumps)
{
	free(dumps->all);
	*dumps = (struct exact_dumps){ .n = 0 };
}

const struct exact_dump *exact_find(const struct exact_dumps *dumps,
				    const char *name, size_t n)
{
	char wanted[EXACT_LONGEST_DUMP];

	snprintf(wanted, sizeof(wanted), "%s:%zu", name, n);
	for (size_t i = 0; i < dumps->n; i++) {
		if (strcmp(dumps->all[i].name, wanted) == 0)
			return &dumps->all[i];
	}
	return NULL;
}

bool exact_cost(const struct exact_dumps *dumps, const char *name, size_t n,
		struct exact_cost *cost)
{
	const struct exact_dump *one = exact_find(dumps, name, n);
	const struct exact_dump *two = exact_find(dumps, name, 2 * n);

	if (!one || !two)
		return false;
	cost->instructions =
		(double)(two->instructions - one->instructions) / (double)n;
	cost->locked = (double)(two->locked - one->locked) / (double)n;
	cost->allocations =
		(double)(two->allocations - one->allocations) / (double)n;
	return true;
}
