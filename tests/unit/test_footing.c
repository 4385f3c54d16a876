/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors are made known to libevent ahead, and nothing is left of that but what it keeps. */
#include "worker/footing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event_struct.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct footing footing;
static int pair[2];
static unsigned allocations; /* libevent's */

static void *counting_malloc(size_t size)
{
	allocations++;
	return malloc(size);
}

static int set_up(void **state)
{
	(void)state;
	footing = (struct footing){ .base = event_base_new() };
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
}

static int tidy_up(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	event_base_free(footing.base);
	return 0;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static int open_count(void)
{
	int count = 0;

	for (int fd = 0; fd < 4 * FOOTING_AHEAD; fd++)
		count += is_open(fd);
	return count;
}

static void on_nothing(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	(void)context;
}

/* How many allocations an event on this descriptor needs. */
static unsigned cost_of(int fd)
{
	struct event event;
	unsigned before = allocations;

	assert_int_equal(dup2(pair[0], fd), fd);
	event_assign(&event, footing.base, fd, EV_READ, on_nothing, NULL);
	assert_int_equal(event_add(&event, NULL), 0);
	event_del(&event);
	close(fd);
	return allocations - before;
}

static void what_comes_next_costs_nothing(void **state)
{
	int before = open_count();

	(void)state;
	assert_true(cost_of(pair[1] + 1) > 0);
	footing_reach(&footing, pair[1]);
	assert_int_equal(open_count(), before);
	assert_true(footing.known >= pair[1] + 1 + FOOTING_AHEAD);
	for (int fd = pair[1] + 1; fd < footing.known; fd++)
		assert_true(is_open(fd) || cost_of(fd) == 0);
}

static void it_is_done_once(void **state)
{
	unsigned before;
	int next;

	(void)state;
	footing_reach(&footing, pair[1]);
	before = allocations;
	footing_reach(&footing, pair[1]);
	assert_int_equal(allocations, before);
	next = fcntl(pair[0], F_DUPFD_CLOEXEC, footing.known);
	footing_reach(&footing, next);
	assert_true(allocations > before);
	assert_true(footing.known >= next + 1 + FOOTING_AHEAD);
	close(next);
}

static void without_descriptors_it_does_what_it_can(void **state)
{
	struct rlimit limit, low;
	int before = open_count();

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = (rlim_t)pair[1] + 1 + 10;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	footing_reach(&footing, pair[1]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(footing.known, pair[1] + 1 + 10);
	assert_int_equal(open_count(), before);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH(what_comes_next_costs_nothing),
		WITH(it_is_done_once),
		WITH(without_descriptors_it_does_what_it_can),
	};

	event_set_mem_functions(counting_malloc, realloc, free);
	return cmocka_run_group_tests_name("footing", group, NULL, NULL) == 0 ? 0 : 1;
}
