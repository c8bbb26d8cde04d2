/* SPDX-License-Identifier: MIT */
/* The progress bar: drawn on a terminal, taken off again, and nowhere else. */
#define _XOPEN_SOURCE 700 /* posix_openpt */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* More lines than lie between two looks at the clock. */
static int setup(void **state)
{
	FILE *stream;

	if (support_setup(state))
		return -1;
	stream = fopen("t", "w");
	if (!stream)
		return -1;
	for (unsigned int i = 0; i < 10000; i++)
		fprintf(stream,
			"map: IOMMU: iova=0x%x000 - 0x%x000 paddr=0x0 "
			"size=4096\n",
			i, i + 1);
	fprintf(stream, "map: broken\nmap: IOMMU: broken\n");
	return fclose(stream);
}

/*
 * Runs the program with its standard error on a terminal, and returns what it
 * wrote there. A terminal that nobody holds open forgets it, so this end reads
 * until the last writer is gone.
 */
static const char *on_terminal(const char *term, int status)
{
	static char screen[65536];
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	size_t length = 0;
	ssize_t got;
	int wait_status;
	pid_t pid;

	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int fd = open(ptsname(terminal), O_WRONLY | O_NOCTTY);
		int out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDERR_FILENO);
		dup2(out, STDOUT_FILENO);
		setenv("TERM", term, 1);
		execl(RIOTLB_CLI, "riotlb", "replay", "--verify", "--limit",
		      status ? "20000" : "10000", "t", (char *)NULL);
		_exit(97);
	}
	while (length < sizeof(screen) - 1) {
		got = read(terminal, screen + length,
			   sizeof(screen) - 1 - length);
		if (got <= 0)
			break; /* EIO: no writer any more */
		length += (size_t)got;
	}
	screen[length] = '\0';
	close(terminal);
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	assert_true(WIFEXITED(wait_status));
	assert_int_equal(WEXITSTATUS(wait_status), status);
	return screen;
}

static void a_terminal_shows_each_phase(void **state)
{
	const char *screen = on_terminal("xterm", 0);
	const char *wipe = "\r\033[K";

	(void)state;
	assert_holds(screen, "\rreading ");
	assert_holds(screen, "\rverifying ");
	assert_holds(screen, "\rtiming ");
	assert_holds(screen, "##");
	/* nothing of it is left */
	assert_string_equal(screen + strlen(screen) - strlen(wipe), wipe);
}

static void messages_do_not_mix_with_the_bar(void **state)
{
	const char *screen = on_terminal("xterm", 3);

	(void)state;
	assert_holds(screen, "\rreading ");
	assert_holds(screen, "\r\033[Kt:10002: map: cannot read the first "
			     "iova\r\n");
}

static void a_dumb_terminal_shows_none(void **state)
{
	(void)state;
	assert_string_equal(on_terminal("dumb", 0), "");
}

static void a_file_shows_none(void **state)
{
	const struct run *run = run_replay("--limit", "10000", "t", NULL);

	(void)state;
	assert_status(run, 0);
	assert_string_equal(run->err, "");
}

/* A chroot, say, may have none. */
static bool has_terminals(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	if (terminal >= 0)
		close(terminal);
	return terminal >= 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_shows_each_phase),
		cmocka_unit_test(messages_do_not_mix_with_the_bar),
		cmocka_unit_test(a_dumb_terminal_shows_none),
		cmocka_unit_test(a_file_shows_none),
	};

	if (!has_terminals()) {
		printf("SKIPPED: no pseudo-terminals here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, support_teardown);
}
