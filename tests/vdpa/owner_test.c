/* SPDX-License-Identifier: MIT */
/* Messages of a device's owner, and what they do. */
#include <errno.h>
#include <string.h>

#include <riotlb/vhost_msg.h>

#include "front.h"

/* ---- messages, as an owner writes them --------------------------------- */

static struct riotlb_iotlb_msg message(enum riotlb_iotlb_type type,
				       uint32_t asid, uint64_t iova,
				       uint64_t size, uint64_t uaddr)
{
	return (struct riotlb_iotlb_msg){
		.layout = RIOTLB_VHOST_V2,
		.type = type,
		.asid = asid,
		.perm = RIOTLB_RW,
		.iova = iova,
		.size = size,
		.uaddr = uaddr,
	};
}

static int send_with(struct riotlb_vhost *v, enum riotlb_iotlb_type type,
		     uint32_t asid, uint64_t iova, uint64_t size,
		     uint64_t uaddr, uintptr_t opaque,
		     struct riotlb_report *report)
{
	struct riotlb_iotlb_msg m = message(type, asid, iova, size, uaddr);

	return riotlb_vhost_iotlb(v, &m, (void *)opaque, report);
}

static int update(struct riotlb_vhost *v, uint32_t asid, uint64_t iova,
		  uint64_t size, uint64_t uaddr)
{
	return send_with(v, RIOTLB_IOTLB_UPDATE, asid, iova, size, uaddr, iova,
			 NULL);
}

static int invalidate(struct riotlb_vhost *v, uint32_t asid, uint64_t iova,
		      uint64_t size)
{
	return send_with(v, RIOTLB_IOTLB_INVALIDATE, asid, iova, size, 0, 0,
			 NULL);
}

static int begin(struct riotlb_vhost *v, uint32_t asid)
{
	return send_with(v, RIOTLB_IOTLB_BATCH_BEGIN, asid, 0, 0, 0, 0, NULL);
}

static int end(struct riotlb_vhost *v, uint32_t asid,
	       struct riotlb_report *report)
{
	return send_with(v, RIOTLB_IOTLB_BATCH_END, asid, 0, 0, 0, 0, report);
}

/* With every feature. */
static struct riotlb_vhost *open_device(struct front *f)
{
	struct riotlb_vhost *v = NULL;

	assert_int_equal(riotlb_vhost_open(f->vdpa, &v), 0);
	assert_int_equal(
		riotlb_vhost_set_backend_features(v, RIOTLB_VHOST_FEATURES), 0);
	return v;
}

/* ---- life -------------------------------------------------------------- */

static void test_one_owner_at_a_time(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f), *other = NULL;

	assert_int_equal(riotlb_vhost_open(f->vdpa, &other), -EBUSY);
	assert_null(other);
	riotlb_vhost_close(v);
	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(riotlb_vhost_open(f->vdpa, &other), -ENOMEM);
	assert_int_equal(riotlb_vhost_open(f->vdpa, &other), 0);
	riotlb_vhost_close(other);
	riotlb_vhost_close(NULL);
}

/* What the device was used for before, by a driver on the host, stays. */
static void test_open_keeps_mappings(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v;
	uint32_t asid;

	assert_int_equal(dma_map(f, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	v = open_device(f);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 0));
	assert_int_equal(riotlb_get_group_asid(f->engine, 1, &asid), 0);
	assert_int_equal(asid, 0);
	riotlb_vhost_close(v);
}

static void test_features(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);

	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t feature = UINT64_C(1) << bit;

		assert_int_equal(riotlb_vhost_set_backend_features(v, feature),
				 feature & RIOTLB_VHOST_FEATURES ? 0
								 : -EOPNOTSUPP);
	}
	/* a refusal leaves what there was: PERSIST was the last */
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0), 0);
	riotlb_vhost_reset(v, NULL);
	assert_int_equal(stats_of(f->engine, 0).is_default, 0);
	riotlb_vhost_close(v);
}

/* ---- single messages --------------------------------------------------- */

static void test_update_and_invalidate(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(update(v, 1, 0x3000, 0x1000, 0x9000), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 0x1000));
	expect_contents(f->engine, 1, sized(0x3000, 0x1000, 0x9000, 0x3000));
	assert_int_equal(send_with(v, RIOTLB_IOTLB_INVALIDATE, 0, 0x1fff, 1, 0,
				   0, &report),
			 0);
	expect_report(&report, 1, 0, 0x1000);
	expect_empty(f->engine, 0);
	assert_int_equal(update(v, 1, 0x3000, 1, 0), -EEXIST);
	assert_int_equal(invalidate(v, 1, 0, 0), 0);
	expect_empty(f->engine, 1);
	riotlb_vhost_close(v);
}

static void test_refused_messages(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_iotlb_msg m;
	struct riotlb_report report = { .index = 5 };

	assert_int_equal(update(v, FRONT_AS, 0x1000, 0x1000, 0), -EINVAL);
	assert_int_equal(begin(v, FRONT_AS), -EINVAL);
	assert_int_equal(end(v, UINT32_MAX, NULL), -EINVAL);
	for (int type = -1; type <= 8; type++) {
		m = message((enum riotlb_iotlb_type)type, 0, 0x1000, 0, 0);
		if (type == 5 || type == 6)
			continue;
		report.index = 5;
		assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, &report),
				 type >= 1 && type <= 4 ? -EINVAL
							: -EOPNOTSUPP);
		assert_int_equal(report.index, 0);
	}
	/* hand-made messages are as bad as decoded ones */
	m = message(RIOTLB_IOTLB_UPDATE, 0, 0x1000, 0x1000, MAX);
	assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL), -EOVERFLOW);
	m.perm = 0x101;
	assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL), -EINVAL);
	expect_identity(f->engine, 0);
	expect_identity(f->engine, 1);
	riotlb_vhost_close(v);
}

/* Only V2 has an asid, and only for who acknowledged that. */
static void test_asid_has_to_be_acknowledged(void **state)
{
	static const enum riotlb_vhost_layout layouts[] = { RIOTLB_VHOST_USER,
							    RIOTLB_VHOST_V1 };
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_iotlb_msg m =
		message(RIOTLB_IOTLB_UPDATE, 1, 0x1000, 0x1000, 0x8000);

	for (int i = 0; i < 2; i++) {
		m.layout = layouts[i];
		assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL),
				 -EINVAL);
	}
	assert_int_equal(
		riotlb_vhost_set_backend_features(
			v, RIOTLB_VHOST_FEATURES & ~RIOTLB_VHOST_F_IOTLB_ASID),
		0);
	m.layout = RIOTLB_VHOST_V2;
	assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL), -EINVAL);
	expect_identity(f->engine, 0);
	expect_identity(f->engine, 1);
	/* AS 0 is for everybody */
	m.asid = 0;
	assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL), 0);
	m.layout = RIOTLB_VHOST_USER;
	m.type = RIOTLB_IOTLB_INVALIDATE;
	assert_int_equal(riotlb_vhost_iotlb(v, &m, NULL, NULL), 0);
	expect_empty(f->engine, 0);
	riotlb_vhost_close(v);
}

/* ---- batches ----------------------------------------------------------- */

static void test_batch(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	assert_int_equal(end(v, 0, &report), 0); /* of nothing */
	expect_identity(f->engine, 0);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(begin(v, 0), 0); /* once more is nothing new */
	assert_int_equal(invalidate(v, 0, 0x1000, 0x1000), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x2000, 0x9000), 0);
	expect_identity(f->engine, 0);
	assert_int_equal(end(v, 0, &report), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x2000, 0x9000, 0x1000));
	/* it is over */
	assert_int_equal(update(v, 0, 0x5000, 0x1000, 0), 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	riotlb_vhost_close(v);
}

static void test_other_asid_inside(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);

	assert_int_equal(begin(v, 1), 0);
	assert_int_equal(update(v, 1, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x9000), -EINVAL);
	assert_int_equal(invalidate(v, 0, 0, 0), -EINVAL);
	assert_int_equal(begin(v, 0), -EINVAL);
	assert_int_equal(end(v, 0, NULL), -EINVAL);
	/* which is no harm to the batch */
	assert_int_equal(end(v, 1, NULL), 0);
	expect_identity(f->engine, 0);
	expect_contents(f->engine, 1, sized(0x1000, 0x1000, 0x8000, 0x1000));
	riotlb_vhost_close(v);
}

static void test_failure_at_the_end(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	assert_int_equal(update(v, 0, 0x3000, 0x1000, 0x8000), 0);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(update(v, 0, 0x2000, 0x1800, 0x8000), 0);
	assert_int_equal(update(v, 0, 0x5000, 0x1000, 0x8000), 0);
	assert_int_equal(end(v, 0, &report), -EEXIST);
	assert_int_equal(report.index, 1);
	expect_contents(f->engine, 0, sized(0x3000, 0x1000, 0x8000, 0x3000));
	expect_retired(&f->discarded, 0, sized(0x1000, 0x1000, 0x8000, 0x1000),
		       sized(0x2000, 0x1800, 0x8000, 0x2000),
		       sized(0x5000, 0x1000, 0x8000, 0x5000));
	/* the owner may try again at once */
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(end(v, 0, &report), 0);
	assert_int_equal(report.index, 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	riotlb_vhost_close(v);
}

static void test_error_in_the_middle(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(invalidate(v, 0, 0x9000, 1), 0);
	assert_int_equal(update(v, 0, 0x3000, 0x1000, MAX), -EOVERFLOW);
	/* pages of what was before are free again */
	expect_retired(&f->discarded, 0, sized(0x1000, 0x1000, 0x8000, 0x1000));
	assert_int_equal(update(v, 0, 0x5000, 0x1000, 0x8000), -ECANCELED);
	assert_int_equal(invalidate(v, 0, 0, 0), -ECANCELED);
	assert_int_equal(begin(v, 0), -ECANCELED);
	assert_int_equal(update(v, 1, 0x5000, 0x1000, 0), -EINVAL);
	assert_int_equal(end(v, 0, &report), -EOVERFLOW);
	assert_int_equal(report.index, 2);
	expect_identity(f->engine, 0);
	assert_int_equal(end(v, 0, &report), 0);
	assert_int_equal(atomic_load(&f->discarded.n), 0);
	/* an invalidation may be the one */
	assert_int_equal(begin(v, 1), 0);
	assert_int_equal(invalidate(v, 1, 5, 0), -EINVAL);
	assert_int_equal(end(v, 1, &report), -EINVAL);
	assert_int_equal(report.index, 0);
	expect_identity(f->engine, 1);
	riotlb_vhost_close(v);
}

static void test_abort(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);

	riotlb_vhost_abort_batch(v);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	riotlb_vhost_abort_batch(v);
	expect_retired(&f->discarded, 0, sized(0x1000, 0x1000, 0x8000, 0x1000));
	/* AS 1 is free to be used, and the end ends nothing */
	assert_int_equal(update(v, 1, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(end(v, 0, NULL), 0);
	expect_identity(f->engine, 0);
	/* one that has failed as well */
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0, 0, 0), -EINVAL);
	riotlb_vhost_abort_batch(v);
	assert_int_equal(end(v, 0, NULL), 0);
	riotlb_vhost_close(v);
}

static void test_batch_without_memory(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(begin(v, 0), -ENOMEM);
	/* so there is none: this takes effect by itself */
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 0x1000));
	assert_int_equal(begin(v, 0), 0);
	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(update(v, 0, 0x3000, 0x1000, 0x8000), -ENOMEM);
	assert_int_equal(end(v, 0, &report), -ENOMEM);
	assert_int_equal(report.index, 0);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x3000, 0x1000, 0x8000), 0);
	hooks_refuse_nth(&f->hooks, 1);
	assert_int_equal(end(v, 0, &report), -ENOMEM);
	hooks_refuse_nth(&f->hooks, 0);
	expect_contents(f->engine, 0, sized(0x1000, 0x1000, 0x8000, 0x1000));
	riotlb_vhost_close(v);
}

/* ---- bytes ------------------------------------------------------------- */

static void test_write(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_iotlb_msg m =
		message(RIOTLB_IOTLB_UPDATE, 1, 0x1000, 0x1000, 0x8000);
	uint8_t buf[RIOTLB_VHOST_MSG_SIZE];
	struct riotlb_report report;

	assert_int_equal(riotlb_vhost_msg_encode(&m, buf, sizeof(buf)), 0);
	assert_int_equal(riotlb_vhost_write(v, buf, sizeof(buf) - 1, &report),
			 -EINVAL);
	expect_identity(f->engine, 1);
	assert_int_equal(riotlb_vhost_write(v, buf, sizeof(buf), NULL), 0);
	expect_contents(f->engine, 1, sized(0x1000, 0x1000, 0x8000, 0));
	/* what nobody can read may have belonged to the batch */
	assert_int_equal(begin(v, 1), 0);
	assert_int_equal(update(v, 1, 0x5000, 0x1000, 0), 0);
	report.index = 5;
	assert_int_equal(riotlb_vhost_write(v, buf, 0, &report), -EINVAL);
	assert_int_equal(report.index, 0);
	assert_int_equal(end(v, 1, &report), -EINVAL);
	assert_int_equal(report.index, 1);
	expect_contents(f->engine, 1, sized(0x1000, 0x1000, 0x8000, 0));
	riotlb_vhost_close(v);
}

/* ---- reset ------------------------------------------------------------- */

static void test_reset_keeps_the_batch_if_mappings_persist(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;
	uint32_t asid;

	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(riotlb_vdpa_set_group_asid(f->vdpa, 1, 1, NULL), 0);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x3000, 0x1000, 0x8000), 0);
	riotlb_vhost_reset(v, &report);
	assert_int_equal(riotlb_wait(f->engine, report.token), 0);
	assert_int_equal(riotlb_get_group_asid(f->engine, 1, &asid), 0);
	assert_int_equal(asid, 0);
	assert_int_equal(end(v, 0, NULL), 0);
	assert_int_equal(stats_of(f->engine, 0).mappings, 2);
	riotlb_vhost_close(v);
}

static void test_reset_for_old_owners(void **state)
{
	struct front *f = *state;
	struct riotlb_vhost *v = open_device(f);
	struct riotlb_report report;

	assert_int_equal(riotlb_vhost_set_backend_features(
				 v, RIOTLB_VHOST_FEATURES &
					    ~RIOTLB_VHOST_F_IOTLB_PERSIST),
			 0);
	assert_int_equal(update(v, 0, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(update(v, 1, 0x1000, 0x1000, 0x8000), 0);
	assert_int_equal(begin(v, 0), 0);
	assert_int_equal(update(v, 0, 0x3000, 0x1000, 0x8000), 0);
	riotlb_vhost_reset(v, &report);
	expect_identity(f->engine, 0);
	expect_identity(f->engine, 1);
	/* the batch was meant for what is gone */
	expect_retired(&f->discarded, 0, sized(0x3000, 0x1000, 0x8000, 0x3000));
	assert_int_equal(update(v, 0, 0x5000, 0x1000, 0), -ECANCELED);
	assert_int_equal(end(v, 0, &report), -ECANCELED);
	assert_int_equal(report.index, 1);
	expect_identity(f->engine, 0);
	riotlb_vhost_close(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		front_test(test_one_owner_at_a_time),
		front_test(test_open_keeps_mappings),
		front_test(test_features),
		front_test(test_update_and_invalidate),
		front_test(test_refused_messages),
		front_test(test_asid_has_to_be_acknowledged),
		front_test(test_batch),
		front_test(test_other_asid_inside),
		front_test(test_failure_at_the_end),
		front_test(test_error_in_the_middle),
		front_test(test_abort),
		front_test(test_batch_without_memory),
		front_test(test_write),
		front_test(test_reset_keeps_the_batch_if_mappings_persist),
		front_test(test_reset_for_old_owners),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
