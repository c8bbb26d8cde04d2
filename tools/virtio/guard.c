/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

static _Thread_local sigjmp_buf *innermost;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *before = context;

	(void)info;
	if (innermost) {
		/* which the jump does not do, so that guards cost no call */
		pthread_sigmask(SIG_SETMASK, &before->uc_sigmask, NULL);
		siglongjmp(*innermost, 1);
	}
	/* once more without the handler, when this one returns */
	signal(sig, SIG_DFL);
}

int guard_install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_bus_error,
		.sa_flags = SA_SIGINFO,
	};

	sigemptyset(&action.sa_mask);
	return sigaction(SIGBUS, &action, NULL) ? -errno : 0;
}

int guard_run(int (*fn)(void *arg), void *arg)
{
	/* volatile: read after the jump */
	sigjmp_buf *volatile outer = innermost;
	sigjmp_buf here;
	int result;

	if (sigsetjmp(here, 0)) {
		innermost = outer;
		return -EFAULT;
	}
	innermost = &here;
	result = fn(arg);
	innermost = outer;
	return result;
}

struct copy {
	void *to;
	const void *from;
	size_t size;
};

static int do_copy(void *arg)
{
	const struct copy *copy = arg;

	memcpy(copy->to, copy->from, copy->size);
	return 0;
}

int guard_copy(void *to, const void *from, size_t size)
{
	struct copy copy = { to, from, size };

	return size ? guard_run(do_copy, &copy) : 0;
}
