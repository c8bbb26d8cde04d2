/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "html.h"

extern char **environ;

/* ---- the child ---------------------------------------------------------- */

/* -d: nothing of the user's own settings */
static int spawn(FILE *in, FILE *out)
{
	char *const argv[] = { "gnuplot", "-d", "-", NULL };
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	int err = -posix_spawn_file_actions_init(&actions);

	if (err)
		return err;
	err = -posix_spawn_file_actions_adddup2(&actions, fileno(in), 0);
	if (!err)
		err = -posix_spawn_file_actions_adddup2(&actions, fileno(out),
							1);
	if (!err)
		err = -posix_spawnp(&pid, "gnuplot", &actions, NULL, argv,
				    environ);
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return err;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	/* 127 is a spawn that could not execute, where libc says it so */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return status == 0 ? 0 : -EIO;
}

/* All of a file, as a string to be freed; NULL: no memory, or unreadable. */
static char *slurp(FILE *file)
{
	long size;
	char *text;

	if (fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		return NULL;
	rewind(file);
	text = malloc((size_t)size + 1);
	if (!text)
		return NULL;
	text[fread(text, 1, (size_t)size, file)] = '\0';
	return text;
}

/* The script and what it draws go through files: no pipe can fill up. */
static int run(const char *script, char **drawn)
{
	FILE *in = tmpfile();
	FILE *out = tmpfile();
	int err = 0;

	if (!in || !out || fputs(script, in) == EOF || fflush(in))
		err = -EIO;
	if (!err) {
		rewind(in);
		err = spawn(in, out);
	}
	*drawn = err ? NULL : slurp(out);
	if (!err && !*drawn)
		err = -ENOMEM;
	if (in)
		fclose(in);
	if (out)
		fclose(out);
	return err;
}

/* ---- from a file of SVG to a piece of a page ---------------------------- */

/* The ids that gnuplot gives are the same in each of its files. */
static const char *const shared_ids[] = {
	"gpPt", "gpDot", "textbox", "greybox", "gnuplot_canvas",
};

static const char *shared_id(const char *at)
{
	for (size_t i = 0; i < sizeof(shared_ids) / sizeof(*shared_ids); i++) {
		if (strncmp(at, shared_ids[i], strlen(shared_ids[i])) == 0)
			return shared_ids[i];
	}
	return NULL;
}

static void copy(FILE *out, const char *text, const char *name)
{
	while (*text) {
		const char *id =
			*text == 'g' || *text == 't' ? shared_id(text) : NULL;

		if (id) {
			fprintf(out, "%s-%s", name, id);
			text += strlen(id);
		} else if (strncmp(text, "\n\n", 2) == 0) {
			text++;
		} else {
			fputc(*text++, out);
		}
	}
}

int svg_draw(FILE *out, const char *script, const char *name,
	     const char *css_class, const char *description)
{
	char *drawn;
	char *body = NULL;
	char *box;
	size_t box_size;
	int err = run(script, &drawn);

	if (err)
		return err;
	box = strstr(drawn, "viewBox=\"");
	if (box)
		body = strstr(box, "</desc>");
	if (!body || !strstr(body, "</svg>")) {
		free(drawn);
		return -EIO;
	}
	box += strlen("viewBox=\"");
	box_size = strcspn(box, "\"");
	fprintf(out,
		"<svg class=\"plot %s\" role=\"img\" viewBox=\"%.*s\" "
		"aria-label=\"",
		css_class, (int)box_size, box);
	html_text(out, description);
	fputs("\">", out);
	copy(out, body + strlen("</desc>"), name);
	free(drawn);
	return 0;
}
