/* SPDX-License-Identifier: MIT */
/*
 * A progress bar on standard error, drawn only where that is a terminal.
 * Everything else that writes to a terminal clears the bar first.
 */
#ifndef RIOTLB_CLI_PROGRESS_H
#define RIOTLB_CLI_PROGRESS_H

#include <stdint.h>

/* Starts a bar for `what` on `file`; it is full at `total`, 0 if unknown. */
void progress_begin(const char *what, const char *file, uint64_t total);

/* Moves it. Cheap enough for every few hundred operations. */
void progress_at(uint64_t done);

/* Takes it off the screen; the next progress_at draws it again. */
void progress_clear(void);

/* Ends it. */
void progress_end(void);

#endif
