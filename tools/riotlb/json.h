/* SPDX-License-Identifier: MIT */
#ifndef RIOTLB_CLI_JSON_H
#define RIOTLB_CLI_JSON_H

#include <stdint.h>

#include <jansson.h>

#define JSON_SCHEMA 1

/*
 * Numbers that may pass 2^53, where JSON readers lose digits, are written in
 * this way: addresses, byte totals, generations.
 */
json_t *json_hex(uint64_t value);

/* A file name, which need not be UTF-8: other bytes become '?'. */
json_t *json_path(const char *path);

#endif
