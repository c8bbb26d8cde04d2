/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#define MAX_ARGS 32

static char directory[] = "run-XXXXXX"; /* in the build directory */
static struct run last;
static const char *next_stdin;
static const char *next_stdout;
static json_t *document;

/* ---- fixtures ---------------------------------------------------------- */

int support_setup(void **state)
{
	(void)state;
	/* else a report would look like "a translation differs" */
	setenv("ASAN_OPTIONS", "exitcode=99", 1);
	setenv("UBSAN_OPTIONS", "exitcode=99", 1);
	setenv("TSAN_OPTIONS", "exitcode=99", 1);
	unsetenv("LC_ALL");
	setenv("LANG", "C", 1);
	if (!mkdtemp(directory))
		return -1;
	return chdir(directory);
}

int support_teardown(void **state)
{
	char command[sizeof(directory) + 16];

	(void)state;
	free(last.out);
	free(last.err);
	json_decref(document);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return chdir("..") || system(command);
}

/* ---- running ----------------------------------------------------------- */

void run_stdin(const char *file)
{
	next_stdin = file;
}

void run_stdout(const char *file)
{
	next_stdout = file;
}

static void redirect(int to, const char *file, int flags)
{
	int fd = open(file, flags, 0600);

	if (fd < 0 || dup2(fd, to) < 0)
		_exit(98);
	close(fd);
}

static pid_t start(const char *program, const char *const *args)
{
	const char *argv[MAX_ARGS + 2] = { "riotlb" };
	pid_t pid = fork();
	int n = 0;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	while (args[n] && n < MAX_ARGS) {
		argv[n + 1] = args[n];
		n++;
	}
	redirect(STDIN_FILENO, next_stdin ? next_stdin : "/dev/null", O_RDONLY);
	redirect(STDOUT_FILENO, next_stdout ? next_stdout : "stdout",
		 O_WRONLY | O_CREAT | O_TRUNC);
	redirect(STDERR_FILENO, "stderr", O_WRONLY | O_CREAT | O_TRUNC);
	execv(program, (char *const *)argv);
	_exit(97);
}

const struct run *run_program(const char *program, const char *const *args)
{
	pid_t pid = start(program ? program : RIOTLB_CLI, args);
	struct rusage usage;
	size_t size;
	int status;

	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	free(last.out);
	free(last.err);
	last.out = next_stdout ? strdup("") : file_read("stdout", &size);
	last.err = file_read("stderr", &size);
	last.peak_kib = usage.ru_maxrss;
	next_stdin = NULL;
	next_stdout = NULL;
	if (!WIFEXITED(status) || strstr(last.err, "Sanitizer"))
		fail_msg("the program died (wait status %x): %s",
			 (unsigned int)status, last.err);
	last.status = WEXITSTATUS(status);
	return &last;
}

static size_t collect(const char **args, size_t n, const char *first,
		      va_list more)
{
	for (; first; first = va_arg(more, const char *)) {
		assert_true(n < MAX_ARGS);
		args[n++] = first;
	}
	args[n] = NULL;
	return n;
}

const struct run *run_cli(const char *first, ...)
{
	const char *args[MAX_ARGS + 1];
	va_list more;

	va_start(more, first);
	collect(args, 0, first, more);
	va_end(more);
	return run_program(NULL, args);
}

const struct run *run_replay(const char *first, ...)
{
	const char *args[MAX_ARGS + 1] = { "replay", "--verify", "--json",
					   "out.json" };
	va_list more;

	unlink("out.json");
	va_start(more, first);
	collect(args, 4, first, more);
	va_end(more);
	return run_program(NULL, args);
}

/* ---- files ------------------------------------------------------------- */

void file_write(const char *name, const void *data, size_t size)
{
	FILE *stream = fopen(name, "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(data, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

void file_text(const char *name, const char *text)
{
	file_write(name, text, strlen(text));
}

char *file_read(const char *name, size_t *size)
{
	FILE *stream = fopen(name, "r");
	struct stat info;
	char *data;

	assert_non_null(stream);
	assert_int_equal(fstat(fileno(stream), &info), 0);
	*size = (size_t)info.st_size;
	data = malloc(*size + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *size, stream), *size);
	data[*size] = '\0';
	fclose(stream);
	return data;
}

bool file_exists(const char *name)
{
	return access(name, F_OK) == 0;
}

static void add_filter(struct archive *archive, const char *how)
{
	int err;

	if (strcmp(how, "xz") == 0)
		err = archive_write_add_filter_xz(archive);
	else if (strcmp(how, "gz") == 0)
		err = archive_write_add_filter_gzip(archive);
	else
		err = archive_write_add_filter_zstd(archive);
	assert_int_equal(err, ARCHIVE_OK);
}

void file_compress(const char *name, const void *data, size_t size,
		   const char *how, int times)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	for (int i = 0; i < times; i++)
		add_filter(archive, how);
	archive_write_set_format_raw(archive);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_open_filename(archive, name),
			 ARCHIVE_OK);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, data, size), size);
	assert_int_equal(archive_write_free(archive), ARCHIVE_OK);
	archive_entry_free(entry);
}

/* ---- results ----------------------------------------------------------- */

json_t *result_trace(size_t n)
{
	json_error_t error;

	json_decref(document);
	document = json_load_file("out.json", JSON_REJECT_DUPLICATES, &error);
	if (!document)
		fail_msg("out.json:%d: %s", error.line, error.text);
	return json_array_get(json_object_get(document, "traces"), n);
}

long long result(const char *key)
{
	json_t *value = json_object_get(result_trace(0), key);

	if (!json_is_integer(value))
		fail_msg("out.json: %s is no integer", key);
	return json_integer_value(value);
}

void assert_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

void assert_status(const struct run *run, int status)
{
	if (run->status != status)
		fail_msg("exit status %d instead of %d\n%s%s", run->status,
			 status, run->out, run->err);
}
