/* SPDX-License-Identifier: MIT */
/* The command line. */
#ifndef RIOTLB_VHOST_USER_OPTIONS_H
#define RIOTLB_VHOST_USER_OPTIONS_H

#include "program_options.h"

struct options {
	struct program_options common;
	const char *path; /* of the socket */
	bool connect;     /* to it, instead of listening */
};

/* With --help the rest is not checked. */
enum status options_read(struct options *options, int argc, char **argv);

extern const char options_help[];

#endif
