/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "output/files.h"

#include "record.h"
#include "report.h"

struct job {
	const struct gate *gate;
	int (*write)(const struct gate *gate, FILE *file);
};

static int write_job(const void *ctx, FILE *file)
{
	const struct job *job = ctx;

	return job->write(job->gate, file);
}

enum status report_write(const struct gate *gate, const char *dir)
{
	static const struct {
		const char *name;
		int (*write)(const struct gate *gate, FILE *file);
	} files[] = {
		{ "gate.json", record_write },  { "gate.md", report_markdown },
		{ "junit.xml", report_junit },  { "gb.json", report_gbench },
		{ "report.html", report_html },
	};
	int err = files_make_dir(dir);
	enum status status = STATUS_PASS;

	if (err)
		return say(STATUS_INTERNAL, "cannot make %s: %s", dir,
			   strerror(-err));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct job job = { gate, files[i].write };

		err = files_replace(dir, files[i].name, write_job, &job);
		if (err)
			status = say(STATUS_INTERNAL, "cannot write %s/%s: %s",
				     dir, files[i].name, strerror(-err));
	}
	return status;
}
