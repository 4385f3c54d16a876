/* SPDX-License-Identifier: BSD-2-Clause */
/* Accepting under limits: who is let in, who is refused, who has to wait, and what that costs those
 * who have no limits. */
#include "listener.h"

static struct counters counters;
static struct worker_setup setup;
static struct admission admission;

/* The same, but with limits: what is in profiles and setup by now is in force. */
static void use_limits(uint64_t max_connections)
{
	int held[2] = { dup(sockets[0].fd), dup(sockets[1].fd) };

	listener_set_clear(&set);
	sockets[0].fd = held[0];
	sockets[1].fd = held[1];
	setup = (struct worker_setup){ .share = share_new(),
				       .sources = sources_new(),
				       .max_connections = max_connections };
	assert_non_null(setup.share);
	assert_non_null(setup.sources);
	share_reset(setup.share, 0);
	share_reset(setup.share, 1);
	counters = (struct counters){ 0 };
	admission = (struct admission){ .setup = &setup,
					.counters = &counters,
					.refusals = { .base = base } };
	set = (struct listener_set){ .base = base,
				     .on_accept = on_accept,
				     .context = &set,
				     .admission = &admission,
				     .workers = 1 };
	assert_int_equal(listener_set_init(&set, sockets, 2), 0);
	listener_set_start(&set);
}

static void drop_limits(void)
{
	admission_clear(&admission);
	share_free(setup.share);
	sources_free(setup.sources);
}

/* As a connection's file does it. */
static void count_accepted(void)
{
	counters.accepted = accepted_count;
	counters.active = accepted_count;
	atomic_store(&setup.share->cells[0].active, accepted_count);
}

static void on_accept_counting(void *context, int fd, const struct profile *profile)
{
	on_accept(context, fd, profile);
	count_accepted();
}

/* Whoever has no limits does not pay for them. */
static void nobody_is_asked_where_it_comes_from_without_a_rule(void **state)
{
	(void)state;
	use_limits(0);
	dial(0, 5);
	UNTIL(accepted_count == 5);
	assert_int_equal(asked, 0);
	drop_limits();
}

static void who_is_denied_is_closed_and_counted(void **state)
{
	const char *text;
	struct err err;
	char byte;

	(void)state;
	assert_int_equal(rules_add(&profiles[0].rules, false, "127.0.0.0/8", &err), 0);
	strcpy(profiles[0].refusal_text, "no");
	use_limits(0);
	dial(0, 3);
	dial(1, 2);
	UNTIL(accepted_count == 2 && counters.refused == 3);
	assert_int_equal(counters.reasons[REASON_DENIED], 3);
	assert_int_equal(counters.accepted, 3);
	assert_int_equal(recv(clients[0], &byte, 1, 0), 0); /* without a word */
	text = caught();
	assert_true(strstr(text, "refused 127.0.0.1:") != NULL &&
		    strstr(text, ": denied\n") != NULL);
	drop_limits();
}

static void who_finds_no_place_is_refused(void **state)
{
	char heard[8] = "";

	(void)state;
	strcpy(profiles[1].refusal_text, "full\n");
	use_limits(2);
	atomic_store(&setup.share->cells[1].active, 2); /* a sibling's */
	dial(1, 3);
	UNTIL(counters.refused == 3);
	assert_int_equal(accepted_count, 0);
	assert_int_equal(counters.reasons[REASON_FULL], 3);
	assert_int_equal(recv(clients[2], heard, sizeof heard, MSG_WAITALL), 5);
	assert_string_equal(heard, "full\n");
	atomic_store(&setup.share->cells[1].active, 1);
	dial(1, 1);
	UNTIL(accepted_count == 1);
	assert_int_equal(atomic_load(&setup.share->cells[0].active), 1);
	drop_limits();
}

/* Nothing is accepted meanwhile, and the loop is idle. */
static void who_finds_no_place_may_wait(void **state)
{
	(void)state;
	profiles[0].when_full = PROFILE_WAIT;
	use_limits(2);
	atomic_store(&setup.share->cells[1].active, 2);
	dial(0, 1);
	UNTIL(set.resting == 1);
	calls = 0;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(calls, 0);
	assert_false(set.paused); /* the other address goes on */
	/* the sibling's client leaves, which nobody tells us */
	atomic_store(&setup.share->cells[1].active, 1);
	UNTIL(accepted_count == 1);
	count_accepted();
	dial(0, 1);
	UNTIL(set.resting == 1);
	/* one of our own leaves */
	close(accepted[--accepted_count]);
	count_accepted();
	listener_set_resume(&set);
	assert_int_equal(set.resting, 0);
	turn();
	assert_int_equal(accepted_count, 1);
	assert_int_equal(counters.refused, 0);
	drop_limits();
}

/* Each time there is one place, and somebody waits at either address. */
static void who_wait_for_a_place_take_turns(void **state)
{
	unsigned second = 0;

	(void)state;
	profiles[0].when_full = profiles[1].when_full = PROFILE_WAIT;
	use_limits(1);
	set.on_accept = on_accept_counting;
	dial(0, 20);
	dial(1, 20);
	for (int i = 0; i < 10; i++) {
		struct addr own = { .length = sizeof own.storage };

		UNTIL(accepted_count == 1 && set.resting == 2);
		getsockname(accepted[0], (struct sockaddr *)&own.storage, &own.length);
		second += addr_port(&own) == addr_port(&addresses[1]);
		close(accepted[--accepted_count]);
		count_accepted();
		listener_set_resume(&set);
	}
	assert_true(second >= 3 && second <= 7);
	drop_limits();
}

/* A place that was held for a client that did not come is nobody's. */
static void a_place_is_not_lost_on_nobody(void **state)
{
	(void)state;
	profiles[0].when_full = PROFILE_WAIT;
	use_limits(2);
	accept_error = ECONNABORTED;
	errors = 1;
	dial(0, 1);
	UNTIL(calls == 1);
	assert_int_equal(accepted_count, 0);
	assert_int_equal(atomic_load(&setup.share->cells[0].active), 0);
	UNTIL(accepted_count == 1);
	count_accepted();
	dial(0, 1);
	UNTIL(accepted_count == 2);
	drop_limits();
}

/* At the end nobody can wait any longer. */
static void who_waits_at_the_end_is_refused(void **state)
{
	(void)state;
	profiles[0].when_full = PROFILE_WAIT;
	use_limits(1);
	atomic_store(&setup.share->cells[1].active, 1);
	dial(0, 4);
	UNTIL(set.resting == 1);
	listener_set_stop(&set, UINT64_MAX);
	assert_int_equal(counters.reasons[REASON_FULL], 4);
	drop_limits();
}

static void a_source_has_so_many(void **state)
{
	(void)state;
	profiles[0].per_source = 2;
	use_limits(0);
	dial(0, 3);
	UNTIL(counters.refused == 1 && accepted_count == 2);
	assert_int_equal(counters.reasons[REASON_SOURCE_FULL], 1);
	/* one leaves */
	admission_leave(&admission, accepted[--accepted_count]);
	close(accepted[accepted_count]);
	dial(0, 1);
	UNTIL(accepted_count == 2);
	drop_limits();
}

/* A source that has too many takes nobody's place, and the other way round. */
static void a_refusal_takes_nothing(void **state)
{
	uint32_t left = 0;

	(void)state;
	profiles[0].per_source = 2;
	use_limits(1);
	dial(0, 1);
	UNTIL(accepted_count == 1);
	count_accepted();
	dial(0, 3); /* there is no place, though its source has only one */
	UNTIL(counters.reasons[REASON_FULL] == 3);
	assert_int_equal(atomic_load(&setup.share->cells[0].active), 1);
	for (size_t i = 0; i < SOURCES_ENTRIES; i++)
		left += (uint32_t)(atomic_load(&setup.sources->tables[0].entries[i]) & 0xfffff);
	assert_int_equal(left, 1);
	drop_limits();
}

/* The surplus waits; the other address is not concerned. */
static void a_rate_makes_clients_wait(void **state)
{
	uint64_t begin;

	(void)state;
	profiles[0].accept_rate = 20;
	use_limits(0);
	begin = clock_ms();
	dial(0, 13);
	dial(1, 50);
	UNTIL(accepted_count == 63);
	/* 3 at once, then one every 50 ms */
	assert_true(clock_ms() - begin >= 400);
	assert_int_equal(counters.refused, 0);
	drop_limits();
}

static void a_rate_is_one_for_all_sockets_of_an_address(void **state)
{
	uint64_t begin;

	(void)state;
	sockets[1].address = sockets[0].address;
	profiles[0].accept_rate = profiles[1].accept_rate = 20;
	use_limits(0);
	begin = clock_ms();
	dial(0, 6);
	dial(1, 7);
	UNTIL(accepted_count == 13);
	assert_true(clock_ms() - begin >= 400);
	drop_limits();
}

/* At the end everybody is taken at once. */
static void a_rate_does_not_hold_up_the_end(void **state)
{
	(void)state;
	profiles[0].accept_rate = 1;
	use_limits(0);
	dial(0, 30);
	UNTIL(accepted_count == 1);
	listener_set_stop(&set, UINT64_MAX);
	assert_int_equal(accepted_count, 30);
	event_base_dispatch(base); /* nothing is left to wait for */
	drop_limits();
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(nobody_is_asked_where_it_comes_from_without_a_rule),
		WITH_SET(who_is_denied_is_closed_and_counted),
		WITH_SET(who_finds_no_place_is_refused),
		WITH_SET(who_finds_no_place_may_wait),
		WITH_SET(who_wait_for_a_place_take_turns),
		WITH_SET(a_place_is_not_lost_on_nobody),
		WITH_SET(who_waits_at_the_end_is_refused),
		WITH_SET(a_source_has_so_many),
		WITH_SET(a_refusal_takes_nothing),
		WITH_SET(a_rate_makes_clients_wait),
		WITH_SET(a_rate_is_one_for_all_sockets_of_an_address),
		WITH_SET(a_rate_does_not_hold_up_the_end),
	};

	return cmocka_run_group_tests_name("listener_limits", group, NULL, NULL) == 0 ? 0 : 1;
}
