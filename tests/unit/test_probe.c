/* SPDX-License-Identifier: BSD-2-Clause */
/* One message there and back: what --ping does each second. The server is a child. */
#include "bench/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static struct options options;
static struct stream stream;
static struct addr server;
static struct probe probe;
static pid_t child;
static int signal_fd;

/* answer changes what came into what is to be sent; false: nothing is. */
static void serve(int fd, int type, bool (*answer)(unsigned char *, size_t *, unsigned))
{
	static unsigned char bytes[PROBE_BUFFER + 1];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned number = 0;; number++) {
		struct addr from = { .length = sizeof from.storage };
		ssize_t got;
		size_t length;

		if (type == SOCK_STREAM && number == 0)
			fd = accept(fd, NULL, NULL);
		got = recvfrom(fd, bytes, PROBE_BUFFER, 0, (struct sockaddr *)&from.storage,
			       &from.length);
		if (got < 0 || (got == 0 && type == SOCK_STREAM))
			_exit(0);
		length = (size_t)got;
		if (!answer(bytes, &length, number))
			continue;
		if (type == SOCK_STREAM)
			(void)send(fd, bytes, length, MSG_NOSIGNAL);
		else
			(void)sendto(fd, bytes, length, 0, (struct sockaddr *)&from.storage,
				     from.length);
	}
}

static void start(int type, bool (*answer)(unsigned char *, size_t *, unsigned))
{
	char name[64];
	struct err err;
	int fd = socket(AF_UNIX, type, 0);

	snprintf(name, sizeof name, "@echod-test-probe-%d", (int)getpid());
	options.target.transport = type == SOCK_STREAM ? TRANSPORT_UNIX : TRANSPORT_UNIXGRAM;
	assert_int_equal(addr_unix(&server, name, &err), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&server.storage, server.length), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 5), 0);
	child = fork();
	if (child == 0)
		serve(fd, type, answer);
	assert_true(child > 0);
	close(fd);
	probe_init(&probe, &options, &stream, &server, signal_fd);
}

static int set_up(void **state)
{
	struct err err;
	sigset_t signals;

	(void)state;
	options = (struct options){ .size = { 64, 64 }, .in_flight = 1, .timeout_ms = 30000 };
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	child = -1;
	return signal_fd == -1 ? -1 : stream_init(&stream, 1, &err);
}

static int tear_down(void **state)
{
	(void)state;
	probe_clear(&probe);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	close(signal_fd);
	stream_clear(&stream);
	return 0;
}

static const char *send_one(uint64_t size, uint64_t number)
{
	uint64_t time_ns = 0;
	const char *why = probe_send(&probe, size, number, &time_ns);

	assert_true(time_ns > 0);
	return why;
}

static bool is_same(unsigned char *bytes, size_t *length, unsigned number)
{
	(void)bytes;
	(void)length;
	(void)number;
	return true;
}

static void streams_come_back(void **state)
{
	(void)state;
	start(SOCK_STREAM, is_same);
	assert_null(send_one(64, 1));
	assert_null(send_one(1000000, 2)); /* more than a socket holds */
	assert_null(send_one(1, 3));
	assert_int_equal(probe.returned, 3);
	assert_int_equal(probe.opened, 1);
}

static void frames_come_back(void **state)
{
	(void)state;
	options.frame = true;
	start(SOCK_STREAM, is_same);
	assert_null(send_one(0, 1));
	assert_null(send_one(500000, 2));
	assert_int_equal(probe.position, 500008);
}

static void datagrams_come_back(void **state)
{
	(void)state;
	start(SOCK_DGRAM, is_same);
	assert_null(send_one(0, 1));
	assert_null(send_one(7, 2));
	assert_null(send_one(65507, 3));
	assert_int_equal(probe.opened, 1);
	assert_int_equal(probe.strays, 0);
}

static bool changes_the_second(unsigned char *bytes, size_t *length, unsigned number)
{
	if (number == 1)
		bytes[*length - 1]++;
	return true;
}

static void a_wrong_byte_is_told(void **state)
{
	(void)state;
	start(SOCK_DGRAM, changes_the_second);
	assert_null(send_one(64, 1));
	assert_string_equal(send_one(64, 2), "wrong: other bytes came back");
	assert_int_equal(probe.fd, -1);
	assert_null(send_one(64, 3)); /* from another socket */
	assert_int_equal(probe.opened, 2);
}

static void a_wrong_byte_of_a_stream_is_told(void **state)
{
	(void)state;
	start(SOCK_STREAM, changes_the_second);
	assert_null(send_one(64, 1));
	assert_string_equal(send_one(64, 2), "wrong: other bytes came back");
	assert_int_equal(probe.fd, -1);
}

static bool adds_a_byte(unsigned char *bytes, size_t *length, unsigned number)
{
	(void)number;
	bytes[(*length)++] = 0;
	return true;
}

static void a_byte_too_many_is_told(void **state)
{
	(void)state;
	start(SOCK_STREAM, adds_a_byte);
	assert_string_equal(send_one(64, 1), "wrong: more came back than was sent");
}

static void a_datagram_of_another_size_is_told(void **state)
{
	(void)state;
	start(SOCK_DGRAM, adds_a_byte);
	assert_string_equal(send_one(64, 1), "wrong: a datagram of another size came back");
}

/* Answers one late: 1 not at all, and 2 with 1, and so on. */
static bool is_behind(unsigned char *bytes, size_t *length, unsigned number)
{
	static unsigned char last[64];
	unsigned char now[64];

	(void)length; /* 64 */
	memcpy(now, bytes, 64);
	memcpy(bytes, last, 64);
	memcpy(last, now, 64);
	return number > 0;
}

static void a_late_datagram_is_none_of_now(void **state)
{
	(void)state;
	options.timeout_ms = 20;
	start(SOCK_DGRAM, is_behind);
	/* On a busy machine the answers come only some messages later. */
	for (uint64_t i = 1; probe.strays == 0; i++)
		assert_string_equal(send_one(64, i), "timeout");
	assert_int_equal(probe.returned, 0);
	assert_int_equal(probe.opened, 1);
}

static void nobody_there_is_told(void **state)
{
	(void)state;
	options.target.transport = TRANSPORT_UNIXGRAM;
	start(SOCK_DGRAM, is_same);
	assert_null(send_one(64, 1));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = -1;
	assert_non_null(send_one(64, 2));
	assert_true(probe.refused);
	assert_int_equal(probe.fd, -1);
	assert_non_null(send_one(64, 3));
	assert_int_equal(probe.opened, 1);
}

static bool is_silent(unsigned char *bytes, size_t *length, unsigned number)
{
	(void)bytes;
	(void)length;
	(void)number;
	return false;
}

static void a_signal_ends_the_waiting(void **state)
{
	uint64_t time_ns;

	(void)state;
	start(SOCK_DGRAM, is_silent);
	raise(SIGUSR2);
	(void)probe_send(&probe, 64, 1, &time_ns);
	assert_true(probe.stopped);
	assert_true(time_ns < options.timeout_ms * MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(streams_come_back),
		TEST(frames_come_back),
		TEST(datagrams_come_back),
		TEST(a_wrong_byte_is_told),
		TEST(a_wrong_byte_of_a_stream_is_told),
		TEST(a_byte_too_many_is_told),
		TEST(a_datagram_of_another_size_is_told),
		TEST(a_late_datagram_is_none_of_now),
		TEST(nobody_there_is_told),
		TEST(a_signal_ends_the_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
