/* SPDX-License-Identifier: MIT */
/* A file to write, compressed as its name says: .xz, .gz, .zst, or not. */
#ifndef RIOTLB_CLI_OUTPUT_H
#define RIOTLB_CLI_OUTPUT_H

#include <stddef.h>

#include "say.h"

struct output;

/* "-" is standard output. All say themselves what is wrong. */
enum status output_open(const char *file, struct output **out);
enum status output_write(struct output *output, const void *data, size_t size);
/* Ends the file, or if `status` is not STATUS_OK removes it. */
enum status output_close(struct output *output, enum status status);

#endif
