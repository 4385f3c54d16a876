/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies to one client that the kernel takes in one go: each comes whole and in order, as if it
 * had been sent by itself, and is counted so; `replies` tells that they were not.
 */
#include "datagram.h"

#include <stdio.h>

static void a_run_is_one_reply(void **state)
{
	int client;

	(void)state;
	start_udp();
	client = dial(&addresses[0]);
	for (unsigned round = 1; round <= 3; round++) {
		say_all(client, tens, 20, 'a');
		turn();
		assert_heard_all(client, tens, 20, 'a');
		assert_int_equal(replies, round);
	}
	assert_counted(60, 600);
	close(client);
}

/* What is asked of the first socket of an address holds for the others. */
static void every_socket_of_an_address_has_runs(void **state)
{
	struct addr here = address("127.0.0.1", 0);
	int client;

	(void)state;
	open_server(TRANSPORT_UDP, &here);
	open_server(TRANSPORT_UDP, &here);
	list[1].address = list[0].address;
	start();
	client = dial(&addresses[1]);
	say_all(client, tens, 20, 'a');
	turn();
	assert_heard_all(client, tens, 20, 'a');
	assert_int_equal(replies, 1);
	close(client);
}

/* 10 10 10 4 | 10 | 20 20 | 0 | 0 | 20 10 | 11 | 20 */
static void sizes_end_a_run(void **state)
{
	static const size_t sizes[] = { 10, 10, 10, 4, 10, 20, 20, 0, 0, 20, 10, 11, 20 };
	const unsigned count = sizeof sizes / sizeof sizes[0];
	int client;

	(void)state;
	start_udp();
	client = dial(&addresses[0]);
	say_all(client, sizes, count, 'a');
	turn();
	assert_heard_all(client, sizes, count, 'a');
	assert_int_equal(replies, 8);
	assert_counted(count, 145);
	close(client);
}

static void clients_that_alternate_have_a_run_each(void **state)
{
	static const size_t sizes[] = { 5, 5, 5, 5, 3, 5, 1452, 1452, 7, 0, 7, 7 };
	enum { CLIENTS = 5, EACH = sizeof sizes / sizeof sizes[0] };
	int clients[CLIENTS];

	(void)state;
	start_udp();
	for (unsigned c = 0; c < CLIENTS; c++)
		clients[c] = dial(&addresses[0]);
	for (unsigned i = 0; i < EACH; i++) {
		for (unsigned c = 0; c < CLIENTS; c++)
			say(clients[c], sizes[i], (unsigned char)(EACH * c + i));
	}
	turn();
	for (unsigned c = 0; c < CLIENTS; c++) {
		assert_heard_all(clients[c], sizes, EACH, (unsigned char)(EACH * c));
		close(clients[c]);
	}
	/* 5 5 5 5 3 | 5 | 1452 1452 7 | 0 | 7 7 */
	assert_int_equal(replies, 5 * CLIENTS);
	assert_counted(EACH * CLIENTS, 2953 * CLIENTS);
}

/* A packet has room for 1452 bytes, all segments together are no longer than a datagram. */
static void long_datagrams_are_sent_singly(void **state)
{
	static size_t sizes[BATCH_MAX];
	int client;

	(void)state;
	start_udp();
	client = dial(&addresses[0]);
	for (unsigned i = 0; i < BATCH_MAX; i++)
		sizes[i] = 1452;
	say_all(client, sizes, BATCH_MAX, 'a');
	turn();
	assert_heard_all(client, sizes, BATCH_MAX, 'a');
	assert_int_equal(replies, 2);
	for (unsigned i = 0; i < 10; i++)
		sizes[i] = 1453;
	say_all(client, sizes, 10, 'a');
	turn();
	assert_heard_all(client, sizes, 10, 'a');
	assert_int_equal(replies, 2 + 10);
	assert_counted(BATCH_MAX + 10, BATCH_MAX * 1452 + 10 * 1453);
	close(client);
}

/* The client is not connected: it sees where each comes from. */
static void assert_heard_from(int fd, const struct addr *from, unsigned char what)
{
	struct sockaddr_storage name;
	socklen_t length = sizeof name;
	unsigned char byte;

	assert_int_equal(recvfrom(fd, &byte, 1, 0, (struct sockaddr *)&name, &length), 1);
	assert_int_equal(byte, what);
	assert_int_equal(length, from->length);
	assert_memory_equal(&name, &from->storage, length);
}

/* One client, 20 addresses of ours, in turn. */
static void each_address_has_a_run_of_its_own(void **state)
{
	enum { ADDRESSES = 20, EACH = 3 };
	struct addr to[ADDRESSES], any = address("0.0.0.0", 0);
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)state;
	open_server(TRANSPORT_UDP, &any);
	start();
	for (unsigned i = 0; i < ADDRESSES * EACH; i++) {
		char host[16];

		snprintf(host, sizeof host, "127.0.1.%u", i % ADDRESSES + 1);
		to[i % ADDRESSES] = address(host, addr_port(&addresses[0]));
		assert_int_equal(sendto(client, &(unsigned char){ (unsigned char)i }, 1, 0,
					(struct sockaddr *)&to[i % ADDRESSES].storage,
					to[i % ADDRESSES].length),
				 1);
	}
	turn();
	for (unsigned a = 0; a < ADDRESSES; a++) {
		for (unsigned i = 0; i < EACH; i++)
			assert_heard_from(client, &to[a], (unsigned char)(i * ADDRESSES + a));
	}
	assert_int_equal(replies, ADDRESSES);
	assert_counted(ADDRESSES * EACH, ADDRESSES * EACH);
	close(client);
}

/* Their control messages are not alike, nor of one length. */
static void both_families_have_runs_on_one_socket(void **state)
{
	struct addr to;
	int clients[2];

	(void)state;
	if (!start_dual())
		return;
	to = address("::1", addr_port(&addresses[0]));
	clients[0] = dial(&to);
	to = address("127.1.2.3", addr_port(&addresses[0]));
	clients[1] = dial(&to);
	for (unsigned round = 1; round <= 3; round++) {
		for (unsigned i = 0; i < 20; i++) /* another order in each round */
			say(clients[(i + round) % 2], 10, (unsigned char)i);
		turn();
		for (unsigned i = 0; i < 20; i++)
			assert_int_equal(heard(clients[(i + round) % 2], (unsigned char)i), 10);
		assert_int_equal(replies, 2 * round);
	}
	assert_counted(60, 600);
	close(clients[0]);
	close(clients[1]);
}

/* A client with that port; port 0: any. Returns -1 if somebody else has it. */
static int dial_from(const char *host, uint16_t port, const struct addr *to)
{
	struct addr from = address(host, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&from.storage, from.length) == -1) {
		close(fd);
		return -1;
	}
	assert_int_equal(connect(fd, (const struct sockaddr *)&to->storage, to->length), 0);
	return fd;
}

static uint16_t port_of(int fd)
{
	struct addr addr = { .length = sizeof addr.storage };

	getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length);
	return addr_port(&addr);
}

static void clients_with_the_same_port_are_told_apart(void **state)
{
	struct addr to;
	int clients[2] = { -1, -1 };

	(void)state;
	if (!start_dual())
		return;
	to = address("127.0.0.1", addr_port(&addresses[0]));
	for (int i = 0; i < 100 && clients[1] == -1; i++) {
		if (i > 0)
			close(clients[0]);
		clients[0] = dial_from("127.0.0.1", 0, &to);
		clients[1] = dial_from("127.0.0.2", port_of(clients[0]), &to);
	}
	for (unsigned i = 0; i < 20; i++)
		say(clients[i % 2], 10, (unsigned char)i);
	turn();
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(heard(clients[i % 2], (unsigned char)i), 10);
	assert_int_equal(replies, 2);
	close(clients[0]);
	close(clients[1]);
}

static void unix_datagrams_have_no_runs(void **state)
{
	struct addr anywhere = { .storage = { .ss_family = AF_UNIX },
				 .length = sizeof(sa_family_t) };
	int client = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)state;
	open_server(TRANSPORT_UNIXGRAM, &anywhere);
	start();
	assert_int_equal(bind(client, (struct sockaddr *)&anywhere.storage, anywhere.length), 0);
	assert_int_equal(
		connect(client, (struct sockaddr *)&addresses[0].storage, addresses[0].length), 0);
	say_all(client, tens, 5, 'a');
	turn();
	assert_heard_all(client, tens, 5, 'a');
	assert_int_equal(replies, 5);
	assert_counted(5, 50);
	close(client);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_run_is_one_reply),
		FRESH(every_socket_of_an_address_has_runs),
		FRESH(sizes_end_a_run),
		FRESH(clients_that_alternate_have_a_run_each),
		FRESH(long_datagrams_are_sent_singly),
		FRESH(each_address_has_a_run_of_its_own),
		FRESH(both_families_have_runs_on_one_socket),
		FRESH(clients_with_the_same_port_are_told_apart),
		FRESH(unix_datagrams_have_no_runs),
	};

	return cmocka_run_group_tests_name("datagrams to one client in one go", group, NULL,
					   NULL) == 0
		       ? 0
		       : 1;
}
