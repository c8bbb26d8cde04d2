/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <string.h>

#include "files.h"
#include "html.h"
#include "json.h"

typedef int writer(const struct output_run *run, FILE *file);

static int complain(const char *dir, const char *name, int err)
{
	fprintf(stderr, "riotlb-bench: cannot write %s%s%s: %s\n", dir,
		*name ? "/" : "", name, strerror(-err));
	return err;
}

struct job {
	const struct output_run *run;
	writer *write;
};

static int write_job(const void *ctx, FILE *file)
{
	const struct job *job = ctx;

	return job->write(job->run, file);
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
	int first = files_make_dir(dir);

	if (first)
		return complain(dir, "", first);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct job job = { run, files[i].write };
		int err = files_replace(dir, files[i].name, write_job, &job);

		if (err)
			complain(dir, files[i].name, err);
		if (!first)
			first = err;
	}
	return first;
}
