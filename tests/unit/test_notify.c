/* SPDX-License-Identifier: BSD-2-Clause */
/* The manager's side is a socket of this process. */
#include "supervisor/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/clock.h"

static struct notify notify;
static int manager;
static char name[64];

static int set_up(void **state)
{
	struct addr addr;
	struct err err;

	(void)state;
	snprintf(name, sizeof name, "@echod-test-notify-%ld", (long)getpid());
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (manager == -1 || addr_unix(&addr, name, &err) == -1)
		return -1;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	setenv("NOTIFY_SOCKET", name, 1);
	return bind(manager, (const struct sockaddr *)&addr.storage, addr.length);
}

static int tear_down(void **state)
{
	(void)state;
	notify_close(&notify);
	close(manager);
	return 0;
}

static const char *heard(void)
{
	static char text[1024];
	ssize_t length = recv(manager, text, sizeof text - 1, 0);

	text[length < 0 ? 0 : length] = '\0';
	return text;
}

static void open_it(void)
{
	struct err err = { 0 };

	if (notify_open(&notify, &err) == -1)
		fail_msg("%s", err.text);
}

static void lines_arrive_as_one_datagram(void **state)
{
	(void)state;
	open_it();
	notify_send(&notify, "READY=1\nSTATUS=%d workers", 8);
	notify_send(&notify, "STOPPING=1");
	assert_string_equal(heard(), "READY=1\nSTATUS=8 workers");
	assert_string_equal(heard(), "STOPPING=1");
	assert_string_equal(heard(), "");
}

static void a_reload_says_when(void **state)
{
	uint64_t before = clock_ns() / 1000;
	char *end;
	const char *text;

	(void)state;
	open_it();
	notify_reloading(&notify);
	text = heard();
	assert_int_equal(strncmp(text, "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	assert_true(strtoull(text + 27, &end, 10) >= before);
	assert_true(strtoull(text + 27, &end, 10) <= clock_ns() / 1000);
	assert_string_equal(end, "");
}

static void without_a_manager_nothing_is_told(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	setenv("WATCHDOG_USEC", "1000000", 1);
	open_it();
	assert_int_equal(notify.fd, -1);
	assert_int_equal(notify.watchdog_ms, 0);
	notify_send(&notify, "READY=1");
	notify_reloading(&notify);
	assert_string_equal(heard(), "");
}

static void a_watchdog_is_for_one_process(void **state)
{
	char other[16];

	(void)state;
	setenv("WATCHDOG_USEC", "3000000", 1);
	open_it();
	assert_int_equal(notify.watchdog_ms, 3000);
	notify_close(&notify);

	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	snprintf(other, sizeof other, "%ld", (long)getppid());
	setenv("WATCHDOG_PID", other, 1);
	open_it();
	assert_int_equal(notify.watchdog_ms, 0);
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "3000000", 1);
	open_it();
	assert_int_equal(notify_deadline(&notify), 0);
	notify_watchdog(&notify, true, 10000);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_int_equal(notify_deadline(&notify), 11500);
	notify_watchdog(&notify, true, 11499);
	assert_string_equal(heard(), "");
	notify_watchdog(&notify, true, 11500);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_int_equal(notify_deadline(&notify), 13000);
}

static void it_is_not_fed_while_something_hangs(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "3000000", 1);
	open_it();
	notify_watchdog(&notify, true, 10000);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_watchdog(&notify, false, 11000); /* nothing is due */
	assert_int_equal(notify_deadline(&notify), 11500);
	notify_watchdog(&notify, false, 11500);
	assert_string_equal(heard(), "");
	assert_true(notify_deadline(&notify) == CLOCK_NEVER); /* there is nothing to wait for */
	notify_watchdog(&notify, true, 20000);
	assert_string_equal(heard(), "WATCHDOG=1");
	assert_int_equal(notify_deadline(&notify), 21500);
}

static void without_a_watchdog_nothing_is_due(void **state)
{
	(void)state;
	open_it();
	assert_true(notify_deadline(&notify) == CLOCK_NEVER);
	notify_watchdog(&notify, true, 10000);
	assert_string_equal(heard(), "");
}

/* An absurd time is not to keep the supervisor busy. */
static void the_shortest_time_is_a_millisecond(void **state)
{
	(void)state;
	setenv("WATCHDOG_USEC", "1000", 1);
	open_it();
	notify_watchdog(&notify, true, 10000);
	assert_int_equal(notify_deadline(&notify), 10001);
}

static void what_cannot_be_used_is_said(void **state)
{
	static const char *const names[] = { "", "relative", "/nowhere/to/be/found",
					     "@nobody-there" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct err err = { 0 };

		setenv("NOTIFY_SOCKET", names[i], 1);
		assert_int_equal(notify_open(&notify, &err), -1);
		assert_int_equal(strncmp(err.text, "NOTIFY_SOCKET: ", 15), 0);
		assert_int_equal(notify.fd, -1);
		notify_send(&notify, "READY=1");
	}
}

/* A manager that does not read must not hold anybody. */
static void a_full_socket_is_not_waited_for(void **state)
{
	(void)state;
	open_it();
	for (int i = 0; i < 100000; i++)
		notify_send(&notify, "STATUS=%d", i);
	assert_string_equal(heard(), "STATUS=0");
}

#define WITH_MANAGER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_MANAGER(lines_arrive_as_one_datagram),
		WITH_MANAGER(a_reload_says_when),
		WITH_MANAGER(without_a_manager_nothing_is_told),
		WITH_MANAGER(a_watchdog_is_for_one_process),
		WITH_MANAGER(the_watchdog_is_fed_twice_in_its_time),
		WITH_MANAGER(it_is_not_fed_while_something_hangs),
		WITH_MANAGER(without_a_watchdog_nothing_is_due),
		WITH_MANAGER(the_shortest_time_is_a_millisecond),
		WITH_MANAGER(what_cannot_be_used_is_said),
		WITH_MANAGER(a_full_socket_is_not_waited_for),
	};

	return cmocka_run_group_tests_name("notify", group, NULL, NULL) == 0 ? 0 : 1;
}
