/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"

/* ---- the file ---------------------------------------------------------- */

static enum status problem(const struct json_file *file, const char *what)
{
	return say_usage("--json %s: %s", file->path, what);
}

static bool same_file(const struct stat *info, const char *path)
{
	struct stat other;

	return S_ISREG(info->st_mode) && stat(path, &other) == 0 &&
	       other.st_dev == info->st_dev && other.st_ino == info->st_ino;
}

static enum status open_path(struct json_file *file)
{
	int fd =
		open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	file->created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(file->path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return problem(file, strerror(errno));
	file->stream = fdopen(fd, "w");
	if (file->stream)
		return STATUS_OK;
	close(fd);
	return problem(file, strerror(errno));
}

enum status json_file_open(struct json_file *file, const char *path,
			   char *const *traces, int ntraces)
{
	struct stat info;
	enum status status;

	*file = (struct json_file){ .path = path };
	if (!path)
		return STATUS_OK;
	status = open_path(file);
	if (status != STATUS_OK)
		return status;
	if (fstat(fileno(file->stream), &info) < 0)
		return problem(file, strerror(errno));
	for (int i = 0; i < ntraces; i++) {
		if (same_file(&info, traces[i]))
			return problem(file, "is one of the traces");
	}
	return STATUS_OK;
}

void json_file_close(struct json_file *file)
{
	if (file->created)
		unlink(file->path);
	if (file->stream)
		fclose(file->stream);
	*file = (struct json_file){ 0 };
}

/* ---- the contents ------------------------------------------------------ */

static json_t *mean(const struct result *result, enum op_kind kind)
{
	const struct timing *timing = &result->timings[kind];

	return timing->n ? json_real(timing->mean) : json_null();
}

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

/* Takes `value`; NULL fails, as there was no memory for it. */
static bool set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

static bool set_counts(json_t *object, const struct result *result)
{
	const struct replay_counts *counts = &result->counts;

	return set(object, "maps", count(result->maps)) &&
	       set(object, "unmaps", count(result->unmaps)) &&
	       set(object, "translations", count(result->translations)) &&
	       set(object, "bypassed", count(result->bypassed)) &&
	       set(object, "checked", count(counts->checked)) &&
	       set(object, "mismatches", count(counts->mismatches)) &&
	       set(object, "skipped", count(result->skipped)) &&
	       set(object, "synthetic",
		   json_boolean(result->format == FORMAT_FTRACE)) &&
	       set(object, "peak_mappings", count(counts->peak_mappings));
}

static json_t *trace_object(const struct result *result)
{
	json_t *object = json_object();

	if (set(object, "file", json_path(result->file)) &&
	    set(object, "format", json_string(format_name(result->format))) &&
	    set_counts(object, result) &&
	    set(object, "ns_per_translate", mean(result, OP_TRANSLATE)) &&
	    set(object, "ns_per_map", mean(result, OP_MAP)) &&
	    set(object, "ns_per_unmap", mean(result, OP_UNMAP)) &&
	    set(object, "table_bytes_peak",
		json_hex(result->counts.peak_bytes)))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *document(const struct result *results, size_t n)
{
	json_t *traces = json_array();

	for (size_t i = 0; i < n; i++) {
		if (json_array_append_new(traces, trace_object(&results[i]))) {
			json_decref(traces);
			return NULL;
		}
	}
	return json_pack("{si so}", "schema", JSON_SCHEMA, "traces", traces);
}

/* A pipe or a terminal has nothing to cut off. */
static bool make_empty(FILE *stream)
{
	struct stat info;

	return fstat(fileno(stream), &info) == 0 &&
	       (!S_ISREG(info.st_mode) || ftruncate(fileno(stream), 0) == 0);
}

/* Returns NULL or what went wrong. */
static const char *put(FILE *stream, const json_t *json)
{
	size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(6);

	if (!make_empty(stream))
		return strerror(errno);
	if (json_dumpf(json, stream, flags) && !ferror(stream))
		return "out of memory";
	if (fputc('\n', stream) == EOF || fflush(stream))
		return strerror(errno);
	return NULL;
}

enum status json_file_write(struct json_file *file,
			    const struct result *results, size_t n)
{
	const char *wrong;
	json_t *json;

	if (!file->path)
		return STATUS_OK;
	json = document(results, n);
	if (!json)
		return problem(file, "out of memory");
	wrong = put(file->stream, json);
	json_decref(json);
	if (wrong)
		return problem(file, wrong);
	file->created = false;
	return STATUS_OK;
}
