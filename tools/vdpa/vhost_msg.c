/* SPDX-License-Identifier: MIT */
#include <riotlb/vhost_msg.h>

#include <errno.h>

#include "field.h"
#include "front.h"

/* struct vhost_msg and vhost_msg_v2 */
enum {
	MSG_LAYOUT = 0, /* u32 */
	MSG_ASID = 4,   /* u32 of V2; a hole in V1 */
	MSG_IOTLB = 8,
};

/* struct vhost_iotlb_msg */
enum {
	IOTLB_IOVA = 0,
	IOTLB_SIZE = 8,
	IOTLB_UADDR = 16,
	IOTLB_PERM = 24, /* u8 */
	IOTLB_TYPE = 25, /* u8; padding up to 32 */
};

static bool has_perm(enum riotlb_iotlb_type type)
{
	return type == RIOTLB_IOTLB_UPDATE || type == RIOTLB_IOTLB_MISS ||
	       type == RIOTLB_IOTLB_ACCESS_FAIL;
}

static bool has_size(enum riotlb_iotlb_type type)
{
	return type == RIOTLB_IOTLB_UPDATE || type == RIOTLB_IOTLB_INVALIDATE;
}

static bool is_batch_mark(enum riotlb_iotlb_type type)
{
	return type == RIOTLB_IOTLB_BATCH_BEGIN ||
	       type == RIOTLB_IOTLB_BATCH_END;
}

static int check_size(const struct riotlb_iotlb_msg *msg)
{
	struct riotlb_range range;

	if (msg->type == RIOTLB_IOTLB_INVALIDATE && msg->iova == 0 &&
	    msg->size == 0)
		return 0;
	if (!riotlb_vdpa_range(msg->iova, msg->size, &range))
		return -EINVAL;
	if (msg->type == RIOTLB_IOTLB_UPDATE &&
	    !riotlb_vdpa_range(msg->uaddr, msg->size, &range))
		return -EOVERFLOW;
	return 0;
}

/* Of the fields that the type uses. */
static int check_msg(const struct riotlb_iotlb_msg *msg)
{
	if ((unsigned int)msg->type < RIOTLB_IOTLB_MISS ||
	    (unsigned int)msg->type > RIOTLB_IOTLB_BATCH_END ||
	    (msg->layout == RIOTLB_VHOST_USER && is_batch_mark(msg->type)))
		return -EOPNOTSUPP;
	if (has_perm(msg->type) &&
	    (msg->perm < RIOTLB_READ || msg->perm > RIOTLB_RW))
		return -EINVAL;
	return has_size(msg->type) ? check_size(msg) : 0;
}

/* Leaves what the type does not use at 0. */
static void get_iotlb(const uint8_t *at, struct riotlb_iotlb_msg *msg)
{
	msg->type = (enum riotlb_iotlb_type)at[IOTLB_TYPE];
	if (has_size(msg->type) || has_perm(msg->type))
		msg->iova = get_u64(at + IOTLB_IOVA);
	if (has_size(msg->type))
		msg->size = get_u64(at + IOTLB_SIZE);
	if (msg->type == RIOTLB_IOTLB_UPDATE)
		msg->uaddr = get_u64(at + IOTLB_UADDR);
	if (has_perm(msg->type))
		msg->perm = at[IOTLB_PERM];
}

/* The same, to bytes that are 0. */
static void put_iotlb(const struct riotlb_iotlb_msg *msg, uint8_t *at)
{
	at[IOTLB_TYPE] = (uint8_t)msg->type;
	if (has_size(msg->type) || has_perm(msg->type))
		put_u64(at + IOTLB_IOVA, msg->iova);
	if (has_size(msg->type))
		put_u64(at + IOTLB_SIZE, msg->size);
	if (msg->type == RIOTLB_IOTLB_UPDATE)
		put_u64(at + IOTLB_UADDR, msg->uaddr);
	if (has_perm(msg->type))
		at[IOTLB_PERM] = (uint8_t)msg->perm;
}

int riotlb_vhost_msg_decode(const void *buf, size_t len,
			    struct riotlb_iotlb_msg *msg)
{
	struct riotlb_iotlb_msg got = { 0 };
	const uint8_t *at = buf;
	uint32_t layout;
	int err;

	if (len != RIOTLB_VHOST_MSG_SIZE)
		return -EINVAL;
	layout = get_u32(at + MSG_LAYOUT);
	if (layout != RIOTLB_VHOST_V1 && layout != RIOTLB_VHOST_V2)
		return -EOPNOTSUPP;
	got.layout = (enum riotlb_vhost_layout)layout;
	if (layout == RIOTLB_VHOST_V2)
		got.asid = get_u32(at + MSG_ASID);
	get_iotlb(at + MSG_IOTLB, &got);
	err = check_msg(&got);
	if (err == 0)
		*msg = got;
	return err;
}

int riotlb_vhost_msg_encode(const struct riotlb_iotlb_msg *msg, void *buf,
			    size_t len)
{
	uint8_t *at = buf;
	int err;

	if (len < RIOTLB_VHOST_MSG_SIZE)
		return -ENOBUFS;
	if (msg->layout != RIOTLB_VHOST_V1 && msg->layout != RIOTLB_VHOST_V2)
		return -EOPNOTSUPP;
	if (msg->layout == RIOTLB_VHOST_V1 && msg->asid)
		return -EINVAL;
	err = check_msg(msg);
	if (err)
		return err;
	memset(at, 0, RIOTLB_VHOST_MSG_SIZE);
	put_u32(at + MSG_LAYOUT, (uint32_t)msg->layout);
	put_u32(at + MSG_ASID, msg->asid);
	put_iotlb(msg, at + MSG_IOTLB);
	return 0;
}

int riotlb_vhost_user_iotlb_decode(const void *buf, size_t len,
				   struct riotlb_iotlb_msg *msg)
{
	struct riotlb_iotlb_msg got = { .layout = RIOTLB_VHOST_USER };
	int err;

	if (len != RIOTLB_VHOST_USER_IOTLB_SIZE)
		return -EINVAL;
	get_iotlb(buf, &got);
	err = check_msg(&got);
	if (err == 0)
		*msg = got;
	return err;
}

int riotlb_vhost_user_iotlb_encode(const struct riotlb_iotlb_msg *msg,
				   void *buf, size_t len)
{
	int err;

	if (len < RIOTLB_VHOST_USER_IOTLB_SIZE)
		return -ENOBUFS;
	if (msg->layout != RIOTLB_VHOST_USER)
		return -EOPNOTSUPP;
	if (msg->asid)
		return -EINVAL;
	err = check_msg(msg);
	if (err)
		return err;
	memset(buf, 0, RIOTLB_VHOST_USER_IOTLB_SIZE);
	put_iotlb(msg, buf);
	return 0;
}
