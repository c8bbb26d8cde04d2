/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <string.h>

#include <setjmp.h>
#include <signal.h>

static _Thread_local sigjmp_buf *innermost;

static void on_bus_error(int sig)
{
	if (innermost)
		siglongjmp(*innermost, 1);
	/* once more without the handler, when this one returns */
	signal(sig, SIG_DFL);
}

int guard_install(void)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	sigemptyset(&action.sa_mask);
	/* the handler is left by a jump that does not restore the mask */
	action.sa_flags = SA_NODEFER;
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
