/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker does for connections that UNIX sockets accept: they inherit nothing. */
#include "worker/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "loop.h"

static struct listener_set set;
static struct profile profile = { .socket = PROFILE_SOCKET };
static int accepted, client;

static void on_accept(void *context, int fd, const struct profile *of)
{
	assert_ptr_equal(context, &set);
	assert_ptr_equal(of, &profile);
	accepted = fd;
}

/* A name of the kernel's choice (unix(7), autobind). */
static void serve(void)
{
	struct addr addr = { .storage.ss_family = AF_UNIX, .length = sizeof(sa_family_t) };
	struct setup_listener listener = { .transport = TRANSPORT_UNIX, .profile = &profile };

	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener.fd, (struct sockaddr *)&addr.storage, addr.length), 0);
	assert_int_equal(listen(listener.fd, 5), 0);
	addr.length = sizeof addr.storage;
	getsockname(listener.fd, (struct sockaddr *)&addr.storage, &addr.length);
	base = event_base_new();
	set = (struct listener_set){ .base = base, .on_accept = on_accept, .context = &set };
	assert_int_equal(listener_set_init(&set, &listener, 1), 0);
	listener_set_start(&set);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&addr.storage, addr.length), 0);
	accepted = -1;
	UNTIL(accepted != -1);
}

static int tidy_up(void **state)
{
	(void)state;
	close(client);
	close(accepted);
	listener_set_clear(&set);
	event_base_free(base);
	return 0;
}

static int option(int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(accepted, SOL_SOCKET, name, &value, &length), 0);
	return value;
}

static void urgent_bytes_are_bytes(void **state)
{
	char bytes[8];

	(void)state;
	profile.socket.sndbuf = 0;
	serve();
	assert_int_equal(option(SO_OOBINLINE), 1);
	if (send(client, "u", 1, MSG_OOB) == -1)
		return; /* before Linux 5.15 there are none */
	assert_int_equal(send(client, "x", 1, 0), 1);
	assert_int_equal(recv(accepted, bytes, 1, 0), 1);
	assert_int_equal(bytes[0], 'u');
	assert_int_equal(recv(accepted, bytes, sizeof bytes, 0), 1);
	assert_int_equal(bytes[0], 'x');
}

static void the_send_buffer_is_what_was_asked_for(void **state)
{
	(void)state;
	profile.socket.sndbuf = 40000;
	serve();
	assert_int_equal(option(SO_SNDBUF), 80000);
	assert_int_equal(fcntl(accepted, F_GETFD), FD_CLOEXEC);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test_teardown(urgent_bytes_are_bytes, tidy_up),
		cmocka_unit_test_teardown(the_send_buffer_is_what_was_asked_for, tidy_up),
	};

	return cmocka_run_group_tests_name("listener_unix", group, NULL, NULL) == 0 ? 0 : 1;
}
