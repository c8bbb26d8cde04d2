/* SPDX-License-Identifier: MIT */
/*
 * Memory of the driver's side is a file mapped here, and whoever has the file
 * can cut it short, or the kernel can take the pages out of it. An access then
 * is a SIGBUS. Under a guard it is an error instead.
 */
#ifndef RIOTLB_VIRTIO_GUARD_H
#define RIOTLB_VIRTIO_GUARD_H

#include <stddef.h>

/*
 * Installs the handler of SIGBUS for the process, once, before any thread uses
 * a guard. Errors: those of sigaction. A SIGBUS outside of a guard ends the
 * process as if there were no handler.
 */
int guard_install(void);

/*
 * Calls fn(arg), and returns what it returns; or -EFAULT if it was left in the
 * middle because memory was not there. So fn holds no lock and changes nothing
 * that has to fit together until it is past its last access. Guards nest.
 */
int guard_run(int (*fn)(void *arg), void *arg);

/* memcpy under a guard: 0 or -EFAULT, and then some of it may be copied. */
int guard_copy(void *to, const void *from, size_t size);

#endif
