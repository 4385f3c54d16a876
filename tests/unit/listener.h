/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of listeners share: two listening sockets, their clients, and an accept4 that
 * fails when it should. A test program is one source file, so all of it is static. */
#ifndef ECHOD_TEST_LISTENER_H
#define ECHOD_TEST_LISTENER_H

#include "worker/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "caught.h"
#include "common/addr.h"
#include "loop.h"

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

static struct listener_set set;
static struct setup_listener sockets[2];
static struct addr addresses[2];
static struct profile profiles[2];
static unsigned sibling; /* whose the second socket is; 0 = ours, too */
static int clients[CLIENTS_MAX], accepted[CLIENTS_MAX];
static unsigned client_count, accepted_count;

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
					      .worker = i == 0 ? 0 : sibling,
					      .profile = &profiles[i] };
}

static int set_up(void **state)
{
	(void)state;
	client_count = accepted_count = calls = asked = errors = 0;
	memset(profiles, 0, sizeof profiles);
	if (catch_stderr() == -1)
		return -1;
	base = event_base_new();
	open_socket(0);
	open_socket(1);
	set = (struct listener_set){ .base = base, .on_accept = on_accept, .context = &set };
	return base == NULL ? -1 : listener_set_init(&set, sockets, 2);
}

static int tidy_up(void **state)
{
	(void)state;
	release_stderr();
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

#endif
