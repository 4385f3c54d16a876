/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accepting: how many at a time, what is done when descriptors run out, and what becomes of a queue
 * at the end.
 */
#include "listener.h"

#include <time.h>

#define SIBLING 7

/* Whether no socket listens there any more. */
static bool is_refused(int i)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = connect(fd, (struct sockaddr *)&addresses[i].storage, addresses[i].length);
	int error = errno;

	close(fd);
	return result == -1 && error == ECONNREFUSED;
}

static void nobody_is_accepted_before_the_start(void **state)
{
	(void)state;
	dial(0, 3);
	turn();
	listener_set_resume(&set);
	turn();
	assert_int_equal(calls, 0);
	assert_int_equal(listener_set_start(&set), 0);
	UNTIL(accepted_count == 3);
}

static void accepted_sockets_are_set_as_they_should(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 1);
	UNTIL(accepted_count == 1);
	assert_true((fcntl(accepted[0], F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(fcntl(accepted[0], F_GETFD), FD_CLOEXEC);
}

/* More would be taken from siblings. */
static void a_turn_takes_a_batch_at_most(void **state)
{
	unsigned before = 0;

	(void)state;
	listener_set_start(&set);
	dial(0, 150);
	while (accepted_count < 150) {
		turn();
		assert_true(accepted_count > before);
		assert_true(accepted_count - before <= LISTENER_BATCH);
		before = accepted_count;
	}
	turn();
	assert_int_equal(accepted_count, 150);
}

static void one_address_does_not_starve_another(void **state)
{
	unsigned seen = 0;

	(void)state;
	listener_set_start(&set);
	dial(0, 150);
	dial(1, 1);
	turn();
	for (unsigned i = 0; i < accepted_count; i++) {
		struct addr own = { .length = sizeof own.storage };

		getsockname(accepted[i], (struct sockaddr *)&own.storage, &own.length);
		seen += addr_port(&own) == addr_port(&addresses[1]);
	}
	assert_int_equal(seen, 1);
}

/* Such an error is about one connection, and the next in the queue may be fine. */
static void errors_of_one_connection_do_not_stop_the_others(void **state)
{
	static const int table[] = { EINTR,    ECONNABORTED, EPROTO,    ENOPROTOOPT,
				     ENETDOWN, ENETUNREACH,  EHOSTDOWN, EHOSTUNREACH,
				     ENONET,   EOPNOTSUPP,   EPERM };

	(void)state;
	listener_set_start(&set);
	for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
		accept_error = table[i];
		errors = 1;
		dial(0, 1);
		UNTIL(accepted_count == i + 1);
		assert_false(set.paused);
	}
	assert_caught("");
}

/* An error that does not go away must leave the loop to the connections, and to commands. */
static void an_error_that_stays_does_not_hold_up_the_loop(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(0, 1);
	accept_error = EPERM;
	errors = 100000;
	turn();
	assert_true(calls >= 1 && calls <= 4 * LISTENER_BATCH);
	errors = 0;
	UNTIL(accepted_count == 1);
}

/* Level-triggered as they are, the events are off meanwhile. */
static void when_there_is_no_room_accepting_pauses(void **state)
{
	static const int table[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };

	(void)state;
	listener_set_start(&set);
	for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
		accept_error = table[i];
		errors = 1;
		calls = 0;
		dial(0, 1);
		dial(1, 1);
		UNTIL(calls > 0);
		assert_true(set.paused);
		event_del(set.retry); /* on a busy machine five turns could outlast the pause */
		calls = 0;
		for (int j = 0; j < 5; j++)
			turn();
		assert_int_equal(calls, 0);
		listener_set_resume(&set);
		assert_false(set.paused);
		UNTIL(accepted_count == 2 * i + 2);
	}
}

static void a_pause_ends_by_itself(void **state)
{
	struct timeval due;
	uint64_t begin;

	(void)state;
	listener_set_start(&set);
	accept_error = EMFILE;
	errors = 1;
	begin = clock_ms();
	dial(0, 1);
	UNTIL(accepted_count == 1);
	assert_true(clock_ms() - begin >=
		    LISTENER_PAUSE_MS / 2); /* libevent's clock is a coarse one */
	assert_true(calls >= 2);
	/* Nothing wakes the worker any more. */
	assert_true(event_pending(set.retry, EV_TIMEOUT, &due));
	assert_true(due.tv_sec > time(NULL) + 3600);
}

static void without_descriptors_clients_wait(void **state)
{
	struct rlimit before, low;
	unsigned before_resume;

	(void)state;
	listener_set_start(&set);
	dial(0, 5);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)clients[4] + 1 + 2; /* for two of the five */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	UNTIL(set.paused);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(accepted_count >= 1 && accepted_count < 5);
	close(accepted[--accepted_count]);
	before_resume = accepted_count;
	listener_set_resume(&set);
	UNTIL(accepted_count > before_resume);
}

/* Each time there is room for one only. */
static void assert_addresses_take_turns(void)
{
	struct rlimit before, low;
	unsigned second = 0;

	listener_set_start(&set);
	dial(0, 20);
	dial(1, 20);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = (rlim_t)clients[39] + 1 + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	UNTIL(set.paused && accepted_count == 1);
	for (int i = 0; i < 10; i++) {
		struct addr own = { .length = sizeof own.storage };

		close(accepted[--accepted_count]);
		listener_set_resume(&set);
		UNTIL(accepted_count == 1 && set.paused);
		getsockname(accepted[0], (struct sockaddr *)&own.storage, &own.length);
		second += addr_port(&own) == addr_port(&addresses[1]);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	assert_true(second >= 3 && second <= 7);
}

static void when_room_is_short_addresses_take_turns(void **state)
{
	(void)state;
	assert_addresses_take_turns();
}

static void sockets_of_siblings_have_no_turn(void **state)
{
	struct setup_listener list[5];

	(void)state;
	for (int i = 0; i < 5; i++) {
		list[i] = sockets[i / 4];
		list[i].worker = i % 4 == 0 ? 0 : SIBLING;
		list[i].fd = dup(list[i].fd);
	}
	listener_set_clear(&set);
	assert_int_equal(listener_set_init(&set, list, 5), 0);
	assert_addresses_take_turns();
}

static void pauses_are_logged_at_a_limited_rate(void **state)
{
	const char *text;

	(void)state;
	listener_set_start(&set);
	accept_error = EMFILE;
	dial(0, 1);
	for (int i = 0; i < 20; i++) {
		errors = 1;
		calls = 0;
		UNTIL(calls > 0);
		listener_set_resume(&set);
	}
	UNTIL(accepted_count == 1);
	text = caught();
	assert_memory_equal(text, "echod: cannot accept: Too many open files;", 42);
	/* one line, or on a busy machine the next one with the number of those held back */
	assert_true(strchr(text, '\n') - text == (ssize_t)strlen(text) - 1 ||
		    strstr(text, " such lines held back") != NULL);
}

static void orphans_are_accepted_at_the_end(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(0, 50);
	dial(1, 70);
	listener_set_stop(&set, UINT64_C(1) << 63);
	assert_int_equal(accepted_count, 70);
	assert_true(is_refused(0) && is_refused(1));
	turn();
	assert_int_equal(accepted_count, 70);
}

static void nobody_is_accepted_for_whoever_serves_on(void **state)
{
	int held = dup(sockets[0].fd), fd;

	(void)state;
	listener_set_start(&set);
	dial(0, 1);
	listener_set_stop(&set, ~(UINT64_C(1) << 3));
	assert_int_equal(accepted_count, 0);
	dial(0, 1); /* it was not shut down */
	for (int i = 0; i < 2; i++) {
		fd = accept(held, NULL, NULL);
		assert_true(fd != -1);
		close(fd);
	}
	close(held);
}

static void a_stop_ends_a_pause(void **state)
{
	(void)state;
	listener_set_start(&set);
	accept_error = EMFILE;
	errors = 1;
	dial(0, 1);
	UNTIL(calls > 0);
	assert_true(set.paused);
	listener_set_stop(&set, 0);
	listener_set_resume(&set);
	calls = 0;
	event_base_dispatch(base); /* returns at once if nothing is left to wait for */
	assert_int_equal(calls, 0);
}

static void orphans_that_find_no_room_do_not_hold_up_the_end(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(0, 3);
	accept_error = EMFILE;
	errors = UINT32_MAX;
	listener_set_stop(&set, UINT64_MAX);
	assert_true(calls <= 4);
	assert_false(set.paused);
	event_base_dispatch(base);
	assert_int_equal(accepted_count, 0);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(nobody_is_accepted_before_the_start),
		WITH_SET(accepted_sockets_are_set_as_they_should),
		WITH_SET(a_turn_takes_a_batch_at_most),
		WITH_SET(one_address_does_not_starve_another),
		WITH_SET(errors_of_one_connection_do_not_stop_the_others),
		WITH_SET(an_error_that_stays_does_not_hold_up_the_loop),
		WITH_SET(when_there_is_no_room_accepting_pauses),
		WITH_SET(a_pause_ends_by_itself),
		WITH_SET(without_descriptors_clients_wait),
		WITH_SET(when_room_is_short_addresses_take_turns),
		WITH_SET(sockets_of_siblings_have_no_turn),
		WITH_SET(pauses_are_logged_at_a_limited_rate),
		WITH_SET(orphans_are_accepted_at_the_end),
		WITH_SET(nobody_is_accepted_for_whoever_serves_on),
		WITH_SET(a_stop_ends_a_pause),
		WITH_SET(orphans_that_find_no_room_do_not_hold_up_the_end),
	};

	return cmocka_run_group_tests_name("listener", group, NULL, NULL) == 0 ? 0 : 1;
}
