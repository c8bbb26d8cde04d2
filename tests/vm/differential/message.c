/* SPDX-License-Identifier: MIT */
/*
 * Messages by offsets, not by riotlb's encoder: that one would refuse the bad
 * ones, and a mistake in it would be made on both sides.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <riotlb/vhost_msg.h>

#include "side.h"

static void put(uint8_t *bytes, size_t at, const void *value, size_t size)
{
	memcpy(bytes + at, value, size);
}

void message_bytes(const struct message *message, uint8_t bytes[MESSAGE_ROOM])
{
	uint64_t uaddr = memory_address(message->place);

	memset(bytes, 0, MESSAGE_ROOM);
	put(bytes, 0, &message->layout, 4);
	put(bytes, 4, &message->asid, 4);
	put(bytes, 8, &message->iova, 8);
	put(bytes, 16, &message->size, 8);
	put(bytes, 24, &uaddr, 8);
	put(bytes, 32, &message->perm, 1);
	put(bytes, 33, &message->type, 1);
}

/* ---- in words ---------------------------------------------------------- */

static const char *const type_names[] = {
	[RIOTLB_IOTLB_MISS] = "MISS",
	[RIOTLB_IOTLB_UPDATE] = "UPDATE",
	[RIOTLB_IOTLB_INVALIDATE] = "INVALIDATE",
	[RIOTLB_IOTLB_ACCESS_FAIL] = "ACCESS_FAIL",
	[RIOTLB_IOTLB_BATCH_BEGIN] = "BATCH_BEGIN",
	[RIOTLB_IOTLB_BATCH_END] = "BATCH_END",
};

static const char *const area_names[] = {
	[HOLE] = "hole",           [FILE_A] = "A",     [FILE_B] = "B",
	[ANONYMOUS] = "anonymous", [ABOVE] = "nobody",
};

static const char *const action_names[] = {
	[SET_FEATURES] = "set backend features",
	[GET_FEATURES] = "get backend features",
	[SET_OWNER] = "set owner",
	[RESET] = "status 0",
	[CLOSE] = "close",
	[OPEN] = "open",
	[OPEN_TWICE] = "open a second time",
	[REFUSE_NEXT] = "(the next one cannot be done)",
	[SET_GROUP_ASID] = "bind group",
	[GET_VQ_GROUP] = "get group of queue",
	[GET_AS_NUM] = "get number of AS",
	[GET_GROUP_NUM] = "get number of groups",
	[GET_IOVA_FIRST] = "get first page of iova",
	[GET_IOVA_LAST] = "get last page of iova",
};

/* describe(&at, &room, ...): as snprintf, from where the last one ended */
__attribute__((format(printf, 3, 4))) static void
describe(char **at, size_t *room, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(*at, *room, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= *room)
		n = (int)*room - 1;
	*at += n;
	*room -= (size_t)n;
}

static void describe_message(const struct step *step, char **at, size_t *room)
{
	const struct message *m = &step->message;
	bool marks = m->type == RIOTLB_IOTLB_BATCH_BEGIN ||
		     m->type == RIOTLB_IOTLB_BATCH_END;

	if (m->type < sizeof(type_names) / sizeof(*type_names) &&
	    type_names[m->type])
		describe(at, room, "%s", type_names[m->type]);
	else
		describe(at, room, "type %u", m->type);
	if (!marks)
		describe(at, room, " %#jx+%#jx", (uintmax_t)m->iova,
			 (uintmax_t)m->size);
	if (m->type == RIOTLB_IOTLB_UPDATE)
		describe(at, room, " to %s+%#jx perm %u",
			 area_names[m->place.area], (uintmax_t)m->place.offset,
			 m->perm);
	if (m->asid)
		describe(at, room, " asid %u", m->asid);
	if (m->layout != RIOTLB_VHOST_V2)
		describe(at, room, " layout %u", m->layout);
	if (step->length != RIOTLB_VHOST_MSG_SIZE)
		describe(at, room, " in %zu bytes", step->length);
}

void step_describe(const struct step *step, char *text, size_t room)
{
	char *at = text;

	if (step->action == WRITE) {
		describe_message(step, &at, &room);
		return;
	}
	if (step->action == WRITE_MANY) {
		describe(&at, &room, "%ju UPDATEs", (uintmax_t)step->argument);
		return;
	}
	describe(&at, &room, "%s", action_names[step->action]);
	if (step->action == SET_FEATURES)
		describe(&at, &room, " %#jx", (uintmax_t)step->argument);
	if (step->action == GET_VQ_GROUP || step->action == SET_GROUP_ASID)
		describe(&at, &room, " %ju", (uintmax_t)step->argument);
	if (step->action == SET_GROUP_ASID)
		describe(&at, &room, " to AS %u", step->asid);
}
