/* SPDX-License-Identifier: MIT */
/* A line on standard error with the time left, where that is a terminal. */
#ifndef RIOTLB_GATE_PROGRESS_H
#define RIOTLB_GATE_PROGRESS_H

void gate_progress(const char *what, double done, double seconds_left);
void gate_progress_end(void);

#endif
