/* SPDX-License-Identifier: MIT */
#include "exact/start.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST_PATH 512
#define CANNOT_EXECUTE 127
#define ASK 0xffffffff

static const char *const options[] = {
	"valgrind",
	"--tool=callgrind",
	"--quiet",
	"--cache-sim=no",
	"--branch-sim=yes",
	"--collect-bus=yes",
	"--collect-systime=yes",
	"--collect-atstart=no",
	"--instr-atstart=no",
	"--compress-strings=no",
	"--compress-pos=no",
};

#define OPTIONS (sizeof(options) / sizeof(*options))

/*
 * All of the environment. libc picks its string functions and their thresholds
 * by the CPU, whose caches and extensions are not to count.
 */
static const char *const environment[] = {
	"LC_ALL=C",
	"GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,"
	"-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-BMI2,-LZCNT,-MOVBE,-RTM:"
	"glibc.cpu.x86_non_temporal_threshold=1048576:"
	"glibc.cpu.x86_rep_movsb_threshold=2048:"
	"glibc.cpu.x86_rep_stosb_threshold=2048",
	NULL,
};

/* ---- one process -------------------------------------------------------- */

/*
 * Without randomised addresses; where the system does not allow that, with
 * them: what is counted does not look at addresses.
 */
static int spawn_fixed(char *const argv[],
		       const posix_spawn_file_actions_t *actions, pid_t *pid)
{
	int was = personality(ASK);
	int err;

	if (was >= 0)
		personality((unsigned long)was | ADDR_NO_RANDOMIZE);
	err = posix_spawnp(pid, argv[0], actions, NULL, argv,
			   (char *const *)(uintptr_t)environment);
	if (was >= 0)
		personality((unsigned long)was);
	return -err;
}

/* valgrind's own words go nowhere; the program's errors are shown. */
static int spawn(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = -posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
						"/dev/null", O_WRONLY, 0);
	if (!err)
		err = spawn_fixed(argv, &actions, pid);
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static int outcome(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_EXECUTE)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return outcome(status);
}

/* argv after callgrind's options, and with `args` strings of its own. */
static int spawn_into(const char *directory, size_t tag,
		      const char *const argv[], size_t args, pid_t *pid)
{
	char out[LONGEST_PATH];
	const char **all = calloc(OPTIONS + args + 2, sizeof(*all));
	int err;

	if (!all)
		return -ENOMEM;
	snprintf(out, sizeof(out), "--callgrind-out-file=%s/out-%zu", directory,
		 tag);
	memcpy(all, options, sizeof(options));
	all[OPTIONS] = out;
	memcpy(all + OPTIONS + 1, argv, args * sizeof(*all));
	err = spawn((char *const *)(uintptr_t)all, pid);
	free(all);
	return err;
}

/* ---- the dumps ---------------------------------------------------------- */

static int make_directory(char *path, size_t size)
{
	const char *base = getenv("TMPDIR");

	if ((size_t)snprintf(path, size, "%s/riotlb-bench.XXXXXX",
			     base && *base ? base : "/tmp") >= size)
		return -ENAMETOOLONG;
	if (mkdtemp(path))
		return 0;
	return errno == ENOENT ? -ENOTDIR : -errno;
}

static int add_dump(struct exact_dumps *dumps, const char *path)
{
	FILE *file = fopen(path, "r");
	int err;

	if (!file)
		return -errno;
	err = exact_add(dumps, file);
	fclose(file);
	return err;
}

/* Reads the files of the directory, if `dumps`, and removes it. */
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
	rmdir(directory);
	return err;
}

static int finish(const char *directory, int err, struct exact_dumps *dumps)
{
	if (!err)
		err = take_dumps(directory, dumps);
	else
		take_dumps(directory, NULL);
	if (err)
		exact_free(dumps);
	return err;
}

int exact_run(char *const argv[], struct exact_dumps *dumps)
{
	char directory[LONGEST_PATH / 2];
	size_t args = 0;
	pid_t pid;
	int err;

	*dumps = (struct exact_dumps){ .n = 0 };
	err = make_directory(directory, sizeof(directory));
	if (err)
		return err;
	while (argv[args])
		args++;
	err = spawn_into(directory, 0, (const char *const *)argv, args, &pid);
	if (!err)
		err = wait_for(pid);
	return finish(directory, err, dumps);
}

/* ---- the driver --------------------------------------------------------- */

/* A group of operations that one process counts. */
struct share {
	const char **argv; /* the driver, their names */
	size_t args;
};

/*
 * Every so many of the list goes to the same process, since neighbours take
 * about as long. What an operation takes does not depend on who went before.
 */
static int make_shares(struct share *shares, size_t n, const char *driver,
		       bool (*wants)(const struct exact_op *op))
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		shares[i].argv =
			calloc(exact_op_count + 1, sizeof(*shares[i].argv));
		if (!shares[i].argv)
			return -ENOMEM;
		shares[i].argv[shares[i].args++] = driver;
	}
	for (size_t i = 0; i < exact_op_count; i++) {
		struct share *share = &shares[at % n];

		if (wants && !wants(&exact_ops[i]))
			continue;
		share->argv[share->args++] = exact_ops[i].name;
		at++;
	}
	return 0;
}

/* Waits until one of them is over; there are no other children. */
static int wait_for_one(void)
{
	int status;

	while (waitpid(-1, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return outcome(status);
}

/* After an error nothing more is started, but all are waited for. */
static int run_shares(const struct share *shares, size_t n, size_t jobs,
		      const char *directory)
{
	size_t running = 0;
	int result = 0;
	pid_t pid;

	for (size_t next = 0; next < n && !result; next++) {
		if (shares[next].args < 2)
			continue;
		if (running == jobs) {
			result = wait_for_one();
			running--;
		}
		if (!result)
			result = spawn_into(directory, next, shares[next].argv,
					    shares[next].args, &pid);
		if (!result)
			running++;
	}
	for (; running; running--) {
		int err = wait_for_one();

		if (!result)
			result = err;
	}
	return result;
}

int exact_run_driver(const char *driver,
		     bool (*wants)(const struct exact_op *op), size_t jobs,
		     struct exact_dumps *dumps)
{
	/* so many that the last one is not waited for long */
	size_t n = jobs > 1 ? 4 * jobs : 1;
	struct share *shares = calloc(n, sizeof(*shares));
	char directory[LONGEST_PATH / 2];
	int err;

	*dumps = (struct exact_dumps){ .n = 0 };
	err = shares ? make_shares(shares, n, driver, wants) : -ENOMEM;
	if (!err)
		err = make_directory(directory, sizeof(directory));
	if (!err)
		err = finish(directory, run_shares(shares, n, jobs, directory),
			     dumps);
	for (size_t i = 0; shares && i < n; i++)
		free(shares[i].argv);
	free(shares);
	return err;
}
