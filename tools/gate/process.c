/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- arguments ---------------------------------------------------------- */

void args_add(struct args *args, const char *format, ...)
{
	va_list list;
	int n;

	if (args->n == ARGS_MAX) {
		args->full = true;
		return;
	}
	va_start(list, format);
	n = vasprintf(&args->at[args->n], format, list);
	va_end(list);
	if (n < 0) {
		args->full = true;
		return;
	}
	args->at[++args->n] = NULL;
}

void args_add_words(struct args *args, const char *words)
{
	while (*(words += strspn(words, " \t\n"))) {
		size_t length = strcspn(words, " \t\n");

		args_add(args, "%.*s", (int)length, words);
		words += length;
	}
}

void args_free(struct args *args)
{
	for (size_t i = 0; i < args->n; i++)
		free(args->at[i]);
	*args = (struct args){ 0 };
}

/* ---- children ----------------------------------------------------------- */

static void (*at_signal)(void);

/* In the child, which ends with 127 where the program cannot be had. */
_Noreturn static void become(const struct args *args, int in, int out,
			     const char *log)
{
	int errors = log ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;

	/* a gate that was killed leaves nobody behind */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (at_signal) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
	}
	if (in >= 0)
		dup2(in, STDIN_FILENO);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	if (errors >= 0)
		dup2(errors, STDERR_FILENO);
	execvp(args->at[0], args->at);
	dprintf(STDERR_FILENO, "%s: %s\n", args->at[0], strerror(errno));
	_exit(127);
}

static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

static char *read_all(int fd)
{
	char *text = malloc(1);
	size_t n = 0;
	char part[4096];
	ssize_t got;

	while (text && (got = read(fd, part, sizeof(part))) != 0) {
		char *more;

		if (got < 0 && errno == EINTR)
			continue;
		more = got < 0 ? NULL : realloc(text, n + (size_t)got + 1);
		if (!more) {
			free(text);
			return NULL;
		}
		memcpy(more + n, part, (size_t)got);
		text = more;
		n += (size_t)got;
	}
	if (text)
		text[n] = '\0';
	return text;
}

static int run(const struct args *args, char **out, const char *log)
{
	int ends[2];
	int status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0)
		become(args, -1, ends[1], log);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	*out = read_all(ends[0]);
	close(ends[0]);
	status = status_of(pid);
	return *out ? status : -ENOMEM;
}

int process_run(struct args *args, char **out, const char *log)
{
	char *text = NULL;
	int status = args->full || !args->n ? -E2BIG : run(args, &text, log);

	args_free(args);
	if (out && status >= 0) {
		*out = text;
		return status;
	}
	free(text);
	return status;
}

/* ---- peers -------------------------------------------------------------- */

static int start(struct peer *peer, const struct args *args, int cpu,
		 const char *log)
{
	static char *nothing[] = { NULL };
	int to[2];
	int from[2];

	if (pipe2(to, O_CLOEXEC))
		return -errno;
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return -EMFILE;
	}
	peer->pid = fork();
	if (peer->pid == 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET((size_t)cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			_exit(126);
		environ = nothing;
		become(args, to[0], from[1], log);
	}
	close(to[0]);
	close(from[1]);
	peer->in = fdopen(to[1], "w");
	peer->out = fdopen(from[0], "r");
	return peer->pid < 0 || !peer->in || !peer->out ? -EAGAIN : 0;
}

int peer_start(struct peer *peer, struct args *args, int cpu, const char *log)
{
	int err = args->full || !args->n ? -E2BIG : start(peer, args, cpu, log);

	args_free(args);
	return err;
}

char *peer_ask(struct peer *peer, const char *question)
{
	static char line[8192];

	if (question &&
	    (fprintf(peer->in, "%s\n", question) < 0 || fflush(peer->in)))
		return NULL;
	if (!fgets(line, sizeof(line), peer->out))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

int peer_stop(struct peer *peer)
{
	int status;

	if (peer->in)
		fclose(peer->in);
	if (peer->out)
		fclose(peer->out);
	status = peer->pid > 0 ? status_of(peer->pid) : -ECHILD;
	*peer = (struct peer){ 0 };
	return status;
}

/* ---- signals ------------------------------------------------------------ */

static void guarded_clean(int signal_number)
{
	at_signal();
	_exit(128 + signal_number);
}

void process_guard(void (*clean)(void))
{
	struct sigaction action = { .sa_handler = guarded_clean };

	at_signal = clean;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* a peer that died is seen by what it does not answer */
	signal(SIGPIPE, SIG_IGN);
}
