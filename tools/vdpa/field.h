/* SPDX-License-Identifier: MIT */
/* Fields of messages: at any alignment, in the byte order of the machine. */
#ifndef RIOTLB_VDPA_FIELD_H
#define RIOTLB_VDPA_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get_u16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t get_u32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t get_u64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void put_u16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void put_u64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Is all of [from, to) 0? */
static inline bool is_zero(const uint8_t *buf, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (buf[i])
			return false;
	}
	return true;
}

#endif
