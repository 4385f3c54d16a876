/* SPDX-License-Identifier: BSD-2-Clause */
/* The sockets of a sibling: left alone, until we are told to stand in for it. */
#include "listener.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define SIBLING    7
#define TIMERS_MAX 100

static bool memory_is_short;
static unsigned refused; /* calls for want of memory */

/* In place of libevent's, which has it for the events that wait. */
static void *resize(void *memory, size_t size)
{
	refused += memory_is_short;
	return memory_is_short ? NULL : realloc(memory, size);
}

/* In place of libc's. */
int epoll_ctl(int fd, int what, int whose, struct epoll_event *event)
{
	if (memory_is_short && what == EPOLL_CTL_ADD) {
		refused++;
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, fd, what, whose, event);
}

static int set_up_siblings(void **state)
{
	sibling = SIBLING;
	memory_is_short = false;
	event_set_mem_functions(malloc, resize, free);
	return set_up(state);
}

/* One is waiting at the sibling's socket; turns until another one at ours was accepted. */
static void let_time_pass(void)
{
	unsigned before = accepted_count;

	dial(0, 1);
	UNTIL(accepted_count > before);
	turn();
}

static void a_siblings_socket_is_left_alone(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 1);
	let_time_pass();
	assert_int_equal(accepted_count, 1);
	listener_set_adopt(&set, SIBLING + 1, true); /* that is another one */
	let_time_pass();
	assert_int_equal(accepted_count, 2);
}

static void who_waits_there_is_accepted_once_it_is_adopted(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 3);
	listener_set_adopt(&set, SIBLING, true);
	UNTIL(accepted_count == 3);
	listener_set_adopt(&set, SIBLING, true); /* twice is once */
	dial(1, 1);
	UNTIL(accepted_count == 4);
	listener_set_adopt(&set, SIBLING, false);
	dial(1, 1);
	let_time_pass();
	assert_int_equal(accepted_count, 5); /* the one at ours */
}

static void our_own_cannot_be_released(void **state)
{
	(void)state;
	listener_set_start(&set);
	listener_set_adopt(&set, 0, false);
	dial(0, 1);
	UNTIL(accepted_count == 1);
}

static void a_pause_is_one_for_adopted_sockets_too(void **state)
{
	(void)state;
	listener_set_start(&set);
	accept_error = EMFILE;
	errors = 1;
	dial(0, 1);
	UNTIL(set.paused);
	dial(1, 1);
	listener_set_adopt(&set, SIBLING, true);
	turn();
	assert_int_equal(accepted_count, 0);
	listener_set_resume(&set);
	UNTIL(accepted_count == 2);
}

static void what_is_released_in_a_pause_stays_so(void **state)
{
	(void)state;
	listener_set_start(&set);
	listener_set_adopt(&set, SIBLING, true);
	accept_error = EMFILE;
	errors = 1;
	dial(0, 1);
	UNTIL(set.paused);
	listener_set_adopt(&set, SIBLING, false);
	dial(1, 1);
	listener_set_resume(&set);
	let_time_pass();
	assert_int_equal(accepted_count, 2); /* both at ours */
}

static void on_never(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	(void)context;
	fail();
}

/* Takes what room the loop has for timers. */
static void use_up_timers(void)
{
	static struct event timers[TIMERS_MAX];
	static const struct timeval hour = { .tv_sec = 3600 };
	unsigned count = 0;

	do {
		assert_true(count < TIMERS_MAX);
		evtimer_assign(&timers[count], base, on_never, NULL);
	} while (event_add(&timers[count++], &hour) == 0);
}

/* With no room for its event, nor for a timer to try it again. */
static void memory_that_is_short_is_made_up_for(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 1);
	memory_is_short = true;
	use_up_timers();
	refused = 0;
	listener_set_adopt(&set, SIBLING, true);
	UNTIL(refused >= 3);
	assert_int_equal(accepted_count, 0);
	memory_is_short = false;
	UNTIL(accepted_count == 1);
	dial(0, 1);
	UNTIL(accepted_count == 2);
}

/* The sibling may not be there to do it. */
static void its_orphans_are_accepted_at_the_end(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 2);
	listener_set_stop(&set, UINT64_C(1) << 63);
	assert_int_equal(accepted_count, 2);
}

static void its_clients_are_left_to_whoever_serves_on(void **state)
{
	(void)state;
	listener_set_start(&set);
	dial(1, 2);
	listener_set_stop(&set, UINT64_C(1) << 3);
	assert_int_equal(accepted_count, 0);
}

#define WITH_SIBLING(test) cmocka_unit_test_setup_teardown(test, set_up_siblings, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SIBLING(a_siblings_socket_is_left_alone),
		WITH_SIBLING(who_waits_there_is_accepted_once_it_is_adopted),
		WITH_SIBLING(our_own_cannot_be_released),
		WITH_SIBLING(a_pause_is_one_for_adopted_sockets_too),
		WITH_SIBLING(what_is_released_in_a_pause_stays_so),
		WITH_SIBLING(memory_that_is_short_is_made_up_for),
		WITH_SIBLING(its_orphans_are_accepted_at_the_end),
		WITH_SIBLING(its_clients_are_left_to_whoever_serves_on),
	};

	return cmocka_run_group_tests_name("listener_adopt", group, NULL, NULL) == 0 ? 0 : 1;
}
