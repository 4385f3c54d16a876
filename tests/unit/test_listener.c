/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Accepting: how many at a time, what is done when descriptors run out, and what becomes of a queue
 * at the end.
 */
#include "worker/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/clock.h"

#define CLIENTS_MAX 200

static int accept_error; /* what accept4 says */
static unsigned errors;  /* how often it says so before it accepts */
static unsigned calls;   /* of accept4 */
static unsigned asked;   /* of these, with the question who it is */

/* In place of libc's: most of its errors are hard to come by. */
int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *restrict length, int flags)
{
	calls++;
	asked += length != NULL;
	if (errors > 0) {
		errors--;
		errno = accept_error;
		return -1;
	}
	return (int)syscall(SYS_accept4, fd, *(struct sockaddr **)&addr, length, flags);
}

static struct event_base *base;
static struct listener_set set;
static struct setup_listener sockets[2];
static struct addr addresses[2];
static struct profile profiles[2];
static struct counters counters;
static struct worker_setup setup;
static struct admission admission;
static int clients[CLIENTS_MAX], accepted[CLIENTS_MAX];
static unsigned client_count, accepted_count;
static int saved_stderr, caught;

static void on_accept(void *context, int fd, const struct profile *profile)
{
	assert_ptr_equal(context, &set);
	assert_true(profile == &profiles[0] || profile == &profiles[1]);
	assert_true(accepted_count < CLIENTS_MAX);
	accepted[accepted_count++] = fd;
}

static void open_socket(int i)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	addr_any(&addresses[i], AF_INET, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addresses[i].storage, addresses[i].length),
			 0);
	assert_int_equal(listen(fd, CLIENTS_MAX), 0);
	getsockname(fd, (struct sockaddr *)&addresses[i].storage, &addresses[i].length);
	sockets[i] = (struct setup_listener){ .fd = fd,
					      .address = i == 0 ? 3 : 63,
					      .profile = &profiles[i] };
}

static int set_up(void **state)
{
	(void)state;
	client_count = accepted_count = calls = asked = errors = 0;
	memset(profiles, 0, sizeof profiles);
	saved_stderr = dup(STDERR_FILENO);
	caught = memfd_create("stderr", MFD_CLOEXEC);
	dup2(caught, STDERR_FILENO);
	base = event_base_new();
	open_socket(0);
	open_socket(1);
	set = (struct listener_set){ .base = base, .on_accept = on_accept, .context = &set };
	return base == NULL ? -1 : listener_set_init(&set, sockets, 2);
}

static int tidy_up(void **state)
{
	(void)state;
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	close(caught);
	listener_set_clear(&set);
	event_base_free(base);
	while (client_count > 0)
		close(clients[--client_count]);
	while (accepted_count > 0)
		close(accepted[--accepted_count]);
	return 0;
}

static void dial(int i, unsigned count)
{
	for (; count > 0; count--) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		assert_int_equal(
			connect(fd, (struct sockaddr *)&addresses[i].storage, addresses[i].length),
			0);
		clients[client_count++] = fd;
	}
}

/* Whether no socket listens there any more. */
static bool is_refused(int i)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = connect(fd, (struct sockaddr *)&addresses[i].storage, addresses[i].length);
	int error = errno;

	close(fd);
	return result == -1 && error == ECONNREFUSED;
}

/* One turn of the worker's loop; without EVLOOP_ONCE it would go on until nothing is left to do. */
static void turn(void)
{
	assert_true(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* Turns until something is so, which it will be at once or, with a timer or on a busy machine,
 * soon. */
#define UNTIL(condition)                                             \
	do {                                                         \
		uint64_t deadline = clock_ms() + 20000;              \
                                                                     \
		while (!(condition)) {                               \
			if (clock_ms() > deadline)                   \
				fail_msg("in vain: %s", #condition); \
			turn();                                      \
		}                                                    \
	} while (0)

static const char *logged(void)
{
	static char text[4096];
	ssize_t length = pread(caught, text, sizeof text - 1, 0);

	text[length < 0 ? 0 : length] = '\0';
	return text;
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
	assert_string_equal(logged(), "");
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

static void pauses_are_logged_at_a_limited_rate(void **state)
{
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
	assert_memory_equal(logged(), "echod: cannot accept: Too many open files;", 42);
	/* one line, or on a busy machine the next one with the number of those held back */
	assert_true(strchr(logged(), '\n') - logged() == (ssize_t)strlen(logged()) - 1 ||
		    strstr(logged(), " such lines held back") != NULL);
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
	assert_true(strstr(logged(), "refused 127.0.0.1:") != NULL &&
		    strstr(logged(), ": denied (0 such lines held back)") != NULL);
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

/* A place that was held for a client that did not come is nobody's. */
static void a_place_is_not_lost_on_nobody(void **state)
{
	(void)state;
	profiles[0].when_full = PROFILE_WAIT;
	use_limits(2);
	accept_error = ECONNABORTED;
	errors = 1;
	dial(0, 1);
	UNTIL(accepted_count == 1);
	assert_false(admission.reserved);
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

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
		WITH_SET(pauses_are_logged_at_a_limited_rate),
		WITH_SET(orphans_are_accepted_at_the_end),
		WITH_SET(nobody_is_accepted_for_whoever_serves_on),
		WITH_SET(a_stop_ends_a_pause),
		WITH_SET(orphans_that_find_no_room_do_not_hold_up_the_end),
		WITH_SET(nobody_is_asked_where_it_comes_from_without_a_rule),
		WITH_SET(who_is_denied_is_closed_and_counted),
		WITH_SET(who_finds_no_place_is_refused),
		WITH_SET(who_finds_no_place_may_wait),
		WITH_SET(a_place_is_not_lost_on_nobody),
		WITH_SET(who_waits_at_the_end_is_refused),
		WITH_SET(a_source_has_so_many),
		WITH_SET(a_refusal_takes_nothing),
		WITH_SET(a_rate_makes_clients_wait),
		WITH_SET(a_rate_does_not_hold_up_the_end),
	};

	return cmocka_run_group_tests_name("listener", group, NULL, NULL) == 0 ? 0 : 1;
}
