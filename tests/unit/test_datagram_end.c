/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagram sockets that are full, and sockets at their end: what waits, and who answers it. */
#include "worker/datagram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "worker/batch.h"

#define SOCKETS 2

static int may_send; /* replies that the kernel takes; -1 = as it is */
static int error;    /* what it says to the others */

/* In place of libc's: over loopback no socket is ever full. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	if (may_send == 0) {
		errno = error;
		return -1;
	}
	if (may_send > 0) {
		count = count < (unsigned)may_send ? count : (unsigned)may_send;
		may_send -= (int)count;
	}
	return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

static struct event_base *base;
static struct datagram_set set;
static struct counters counters;
static struct setup_listener list[SOCKETS];
static struct profile profiles[SOCKETS];
static struct addr addresses[SOCKETS];
static size_t opened;
static int left; /* calls of on_left */

static void on_left(void *context)
{
	assert_ptr_equal(context, &set);
	left++;
}

static int set_up(void **state)
{
	(void)state;
	may_send = -1;
	error = EAGAIN;
	opened = 0;
	left = 0;
	memset(&counters, 0, sizeof counters);
	memset(profiles, 0, sizeof profiles);
	base = event_base_new();
	set = (struct datagram_set){
		.base = base, .counters = &counters, .on_left = on_left, .context = &set
	};
	return base == NULL ? -1 : 0;
}

static int tidy_up(void **state)
{
	(void)state;
	datagram_set_clear(&set);
	event_base_free(base);
	return 0;
}

static void turn(void)
{
	assert_true(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* A socket as the supervisor makes it: addresses[opened]. */
static int open_server(enum transport transport, const struct addr *addr)
{
	int fd = socket(addr->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, off = 0;
	struct addr *bound = &addresses[opened];

	assert_true(fd != -1);
	if (transport == TRANSPORT_UDP && addr_is_any(addr))
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on), 0);
	if (addr->storage.ss_family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
	}
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr->storage, addr->length), 0);
	bound->length = sizeof bound->storage;
	getsockname(fd, (struct sockaddr *)&bound->storage, &bound->length);
	list[opened] = (struct setup_listener){ .fd = fd,
						.address = opened == 0 ? 3 : 63,
						.transport = transport,
						.profile = &profiles[opened] };
	return list[opened++].fd;
}

static struct addr address(const char *host, uint16_t port)
{
	struct addr addr;
	struct err err;

	if (addr_resolve(host, port, &addr, 1, &err) == -1)
		fail_msg("%s", err.text);
	return addr;
}

static void start(void)
{
	assert_int_equal(datagram_set_init(&set, list, opened), 0);
	assert_int_equal(datagram_set_start(&set), 0);
}

/* A server on 127.0.0.1, running. */
static void start_udp(void)
{
	struct addr here = address("127.0.0.1", 0);

	open_server(TRANSPORT_UDP, &here);
	start();
}

/* A client that hears only its server. */
static int dial(const struct addr *to)
{
	int fd = socket(to->storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&to->storage, to->length), 0);
	return fd;
}

static void say(int fd, size_t size, unsigned char what)
{
	static unsigned char bytes[BATCH_DATAGRAM_SIZE];

	memset(bytes, what, size);
	assert_int_equal(send(fd, bytes, size, 0), size);
}

/* What has come: its size, or -1. */
static ssize_t heard(int fd, unsigned char what)
{
	static unsigned char bytes[BATCH_DATAGRAM_SIZE];
	ssize_t size = recv(fd, bytes, sizeof bytes, 0);

	for (ssize_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], what);
	return size;
}

static int clients[100];

/* So many datagrams wait, each of another client. */
static void let_wait(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		clients[i] = dial(&addresses[0]);
		say(clients[i], 10, (unsigned char)i);
	}
}

/* How many of them have been answered, once; hangs up. */
static unsigned answered(unsigned count)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < count; i++) {
		if (heard(clients[i], (unsigned char)i) == 10)
			sum++;
		assert_int_equal(heard(clients[i], 0), -1);
		close(clients[i]);
	}
	return sum;
}

static void a_full_socket_keeps_the_rest_and_reads_nothing(void **state)
{
	(void)state;
	start_udp();
	let_wait(50);
	may_send = 5;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	assert_int_equal(counters.datagrams_out, 5);
	may_send = 10; /* and full again */
	turn();
	turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	assert_int_equal(counters.datagrams_out, 15);
	may_send = -1;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(counters.datagrams_out, 50);
	assert_int_equal(counters.bytes_out, 500);
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 0);
	assert_int_equal(answered(50), 50);
}

static void the_other_sockets_are_served_meanwhile(void **state)
{
	struct addr here = address("127.0.0.1", 0);
	int other;

	(void)state;
	open_server(TRANSPORT_UDP, &here);
	open_server(TRANSPORT_UDP, &here);
	start();
	let_wait(1);
	may_send = 0;
	turn();
	assert_int_equal(counters.datagrams_in, 1);
	other = dial(&addresses[1]);
	say(other, 3, 'o');
	/* The first socket has its turn, too, and is full again. */
	may_send = 0;
	turn();
	assert_int_equal(counters.datagrams_in, 2);
	may_send = -1;
	turn();
	assert_int_equal(heard(other, 'o'), 3);
	assert_int_equal(answered(1), 1);
	close(other);
}

static void a_reply_that_cannot_be_sent_costs_only_itself(void **state)
{
	(void)state;
	start_udp();
	let_wait(10);
	may_send = 4;
	error = EPERM;
	turn();
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 6);
	assert_int_equal(counters.datagrams_out, 4);
	assert_int_equal(answered(10), 4);
	may_send = -1;
	let_wait(10);
	turn();
	assert_int_equal(answered(10), 10);
}

static void what_waits_is_left_to_the_successor(void **state)
{
	(void)state;
	start_udp();
	list[0].fd = dup(list[0].fd);
	let_wait(60);
	datagram_set_stop(&set, 0);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(left, 0);
	assert_int_equal(counters.datagrams_in, 0);
	datagram_set_clear(&set);
	set = (struct datagram_set){
		.base = base, .counters = &counters, .on_left = on_left, .context = &set
	};
	start();
	turn();
	turn();
	assert_int_equal(answered(60), 60);
}

static void what_waits_at_an_orphan_is_answered(void **state)
{
	(void)state;
	start_udp();
	let_wait(90);
	datagram_set_stop(&set, UINT64_C(1) << 3);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(answered(90), 90);
	assert_int_equal(left, 0); /* who has called knows */
}

static void another_ones_orphan_is_none(void **state)
{
	(void)state;
	start_udp();
	let_wait(3);
	datagram_set_stop(&set, ~(UINT64_C(1) << 3));
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(answered(3), 0);
}

static void a_full_socket_stays_until_it_has_sent(void **state)
{
	(void)state;
	start_udp();
	let_wait(90);
	may_send = 7;
	turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	datagram_set_stop(&set, UINT64_C(1) << 3);
	datagram_set_stop(&set, UINT64_C(1) << 3); /* told twice */
	assert_false(datagram_set_has_left(&set));
	turn();
	assert_int_equal(left, 0);
	may_send = 40; /* full in the middle of the rest */
	turn();
	assert_int_equal(left, 0);
	may_send = -1;
	turn();
	assert_int_equal(left, 1);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(counters.datagrams_out, 90);
	assert_int_equal(answered(90), 90);
}

static void what_is_lost_at_the_end_is_counted(void **state)
{
	(void)state;
	start_udp();
	let_wait(20);
	may_send = 5;
	turn();
	datagram_set_stop(&set, 0);
	assert_false(datagram_set_has_left(&set));
	datagram_set_clear(&set);
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 15);
	assert_int_equal(answered(20), 5);
	assert_int_equal(left, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_full_socket_keeps_the_rest_and_reads_nothing),
		FRESH(the_other_sockets_are_served_meanwhile),
		FRESH(a_reply_that_cannot_be_sent_costs_only_itself),
		FRESH(what_waits_is_left_to_the_successor),
		FRESH(what_waits_at_an_orphan_is_answered),
		FRESH(another_ones_orphan_is_none),
		FRESH(a_full_socket_stays_until_it_has_sent),
		FRESH(what_is_lost_at_the_end_is_counted),
	};

	return cmocka_run_group_tests_name("datagram sockets, full and at the end", group, NULL,
					   NULL) == 0
		       ? 0
		       : 1;
}
