/* SPDX-License-Identifier: MIT */
/* Programs that the gate starts. */
#ifndef RIOTLB_GATE_PROCESS_H
#define RIOTLB_GATE_PROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define ARGS_MAX 1024

/* An argument list that grows; what does not fit or is no memory is `full`. */
struct args {
	char *at[ARGS_MAX + 1];
	size_t n;
	bool full;
};

void args_add(struct args *args, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Each word of a text, as separated by blanks. */
void args_add_words(struct args *args, const char *words);
void args_free(struct args *args);

/*
 * Runs a program to its end. *out, if wanted, gets what it printed, to be
 * freed. Its errors go to `log` (a path, appended to) or where ours go if that
 * is NULL. Returns the exit status, 128 + signal, or -errno. The arguments are
 * freed.
 */
int process_run(struct args *args, char **out, const char *log);

/* A program that is talked to by lines. */
struct peer {
	pid_t pid;
	FILE *in;
	FILE *out;
};

/* On that CPU, with nothing in its environment. 0 or -errno; args are freed. */
int peer_start(struct peer *peer, struct args *args, int cpu, const char *log);
/* The line without its end, which is valid until the next; NULL: it is gone. */
char *peer_ask(struct peer *peer, const char *question);
/* Closes its input and waits. 0 if it ended well. */
int peer_stop(struct peer *peer);

/* From now on, SIGINT and SIGTERM end what runs, and then us: `clean` first. */
void process_guard(void (*clean)(void));

#endif
