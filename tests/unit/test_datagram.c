/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagrams: what comes goes back as it was, and who is not answered is counted. */
#include "datagram.h"

#include <sys/un.h>

static void every_size_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 1472, 65507 };
	int client;

	(void)state;
	start_udp();
	client = dial(&addresses[0]);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		say(client, sizes[i], (unsigned char)i);
		turn();
		assert_int_equal(heard(client, (unsigned char)i), sizes[i]);
	}
	assert_int_equal(counters.datagrams_in, 4);
	assert_int_equal(counters.datagrams_out, 4);
	assert_int_equal(counters.bytes_in, 65507 + 1472 + 1);
	assert_int_equal(counters.bytes_out, 65507 + 1472 + 1);
	close(client);
}

/* More than a batch, and of several sizes: none gets another's bytes. */
static void each_gets_its_own(void **state)
{
	int clients[3 * BATCH_MAX];

	(void)state;
	start_udp();
	for (unsigned i = 0; i < 3 * BATCH_MAX; i++) {
		clients[i] = dial(&addresses[0]);
		say(clients[i], i * 7 % 50, (unsigned char)i);
	}
	turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	turn();
	turn();
	for (unsigned i = 0; i < 3 * BATCH_MAX; i++) {
		assert_int_equal(heard(clients[i], (unsigned char)i), i * 7 % 50);
		assert_int_equal(heard(clients[i], 0), -1);
		close(clients[i]);
	}
}

/* The clients are connected: they hear nobody else. */
static void assert_answers_from(const char *host, uint16_t port)
{
	struct addr to = address(host, port);
	int client = dial(&to);

	say(client, 100, 'x');
	turn();
	if (heard(client, 'x') != 100)
		fail_msg("no answer from %s", host);
	close(client);
}

static void the_reply_leaves_from_where_it_was_sent_to(void **state)
{
	struct addr any = address("0.0.0.0", 0);

	(void)state;
	open_server(TRANSPORT_UDP, &any);
	start();
	assert_answers_from("127.0.0.1", addr_port(&addresses[0]));
	assert_answers_from("127.1.2.3", addr_port(&addresses[0]));
	assert_answers_from("127.0.0.2", addr_port(&addresses[0]));
}

static void a_dual_socket_does_so_for_both(void **state)
{
	(void)state;
	if (!start_dual())
		return;
	assert_answers_from("::1", addr_port(&addresses[0]));
	assert_answers_from("127.1.2.3", addr_port(&addresses[0]));
	assert_answers_from("127.0.0.1", addr_port(&addresses[0]));
}

/* 127.255.255.255 is the broadcast address of the loopback network. */
static void a_broadcast_is_not_answered(void **state)
{
	struct addr any = address("0.0.0.0", 0), to;
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	(void)state;
	open_server(TRANSPORT_UDP, &any);
	start();
	to = address("127.255.255.255", addr_port(&addresses[0]));
	setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
	assert_int_equal(sendto(client, "x", 1, 0, (struct sockaddr *)&to.storage, to.length), 1);
	turn();
	assert_int_equal(heard(client, 'x'), -1);
	assert_int_equal(counters.reasons[REASON_NOT_UNICAST], 1);
	close(client);
}

/* That of each address: it comes from the last one. */
static void an_own_port_is_not_answered(void **state)
{
	struct addr from = address("127.0.0.1", 0);
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)state;
	open_server(TRANSPORT_UDP, &from);
	open_server(TRANSPORT_UDP, &from);
	start();
	from = address("127.9.9.9", addr_port(&addresses[1]));
	if (bind(client, (struct sockaddr *)&from.storage, from.length) == 0) {
		connect(client, (struct sockaddr *)&addresses[0].storage, addresses[0].length);
		say(client, 1, 'x');
		turn();
		assert_int_equal(heard(client, 'x'), -1);
		assert_int_equal(counters.reasons[REASON_OWN_PORT], 1);
		assert_int_equal(counters.datagrams_in, 1);
	}
	close(client);
}

/* As when the first one comes from a service manager (systemd.socket(5), PassPacketInfo). */
static void not_all_sockets_of_an_address_need_ask(void **state)
{
	struct addr here = address("127.0.0.1", 0);
	int on = 1;

	(void)state;
	setsockopt(open_server(TRANSPORT_UDP, &here), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	open_server(TRANSPORT_UDP, &here);
	list[1].address = list[0].address;
	start();
	for (int i = 0; i < 2; i++) {
		int client = dial(&addresses[i]);

		say(client, 1, 'x');
		turn();
		assert_int_equal(heard(client, 'x'), 1);
		close(client);
	}
}

static void over_the_rate_nothing_is_answered(void **state)
{
	int client;

	(void)state;
	profiles[0].udp_rate = 1;
	profiles[0].udp_burst = 10;
	sharers = 2; /* so half of it is ours */
	start_udp();
	client = dial(&addresses[0]);
	for (int i = 0; i < 20; i++)
		say(client, 1, 'x');
	turn();
	for (int i = 0; i < 5; i++)
		assert_int_equal(heard(client, 'x'), 1);
	assert_int_equal(heard(client, 'x'), -1);
	assert_int_equal(counters.reasons[REASON_OVER_RATE], 15);
	assert_int_equal(counters.datagrams_in, 20);
	assert_int_equal(counters.datagrams_out, 5);
	close(client);
}

static void discard_answers_nothing(void **state)
{
	int client;

	(void)state;
	profiles[0].service = PROFILE_DISCARD;
	start_udp();
	client = dial(&addresses[0]);
	say(client, 7, 'x');
	turn();
	assert_int_equal(heard(client, 'x'), -1);
	assert_int_equal(counters.datagrams_in, 1);
	assert_int_equal(counters.bytes_in, 7);
	for (int reason = 0; reason < REASONS; reason++)
		assert_int_equal(counters.reasons[reason], 0);
	close(client);
}

static void sockets_of_streams_are_left_alone(void **state)
{
	struct addr here = address("127.0.0.1", 0);

	(void)state;
	list[1].fd = open_server(TRANSPORT_UDP, &here);
	list[0].transport = TRANSPORT_TCP;
	assert_int_equal(datagram_set_init(&set, list, 1), 0);
	assert_int_equal(set.count, 0);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(datagram_set_start(&set), 0);
	datagram_set_stop(&set, UINT64_MAX);
	datagram_set_clear(&set);
	assert_int_equal(close(list[1].fd), 0); /* it is open still */
}

/* With a name that the kernel chooses (unix(7), autobind). */
static void start_unixgram(void)
{
	struct addr anywhere = { .storage = { .ss_family = AF_UNIX },
				 .length = sizeof(sa_family_t) };

	open_server(TRANSPORT_UNIXGRAM, &anywhere);
	start();
}

static int dial_unixgram(bool named)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un anywhere = { .sun_family = AF_UNIX };

	if (named)
		assert_int_equal(bind(fd, (struct sockaddr *)&anywhere, sizeof(sa_family_t)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addresses[0].storage, addresses[0].length),
			 0);
	return fd;
}

static void unix_clients_with_a_name_are_answered(void **state)
{
	int named, unnamed;

	(void)state;
	profiles[0].udp_rate = profiles[0].udp_burst = 1; /* has no meaning here */
	start_unixgram();
	named = dial_unixgram(true);
	unnamed = dial_unixgram(false);
	for (int i = 0; i < 5; i++) {
		say(named, 65536, 'x');
		say(unnamed, 10, 'y');
		turn();
		assert_int_equal(heard(named, 'x'), 65536);
		assert_int_equal(heard(unnamed, 'y'), -1);
	}
	assert_int_equal(counters.reasons[REASON_UNNAMED], 5);
	close(named);
	close(unnamed);
}

static void what_is_too_long_is_not_answered(void **state)
{
	static unsigned char bytes[BATCH_DATAGRAM_SIZE + 1];
	int client;

	(void)state;
	start_unixgram();
	client = dial_unixgram(true);
	assert_int_equal(send(client, bytes, sizeof bytes, 0), sizeof bytes);
	turn();
	assert_int_equal(heard(client, 0), -1);
	assert_int_equal(counters.reasons[REASON_TRUNCATED], 1);
	close(client);
}

/* Sends until a reply is not taken; nothing waits or spins then. */
static void be_deaf(int fd)
{
	struct addr *to = &addresses[0];

	for (int i = 0; i < 20000 && counters.reasons[REASON_UNDELIVERED] == 0; i++) {
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to->storage, to->length),
				 1);
		turn();
	}
	assert_true(counters.reasons[REASON_UNDELIVERED] > 0);
}

static void assert_answered(int fd)
{
	say(fd, 1, 'y');
	turn();
	assert_int_equal(heard(fd, 'y'), 1);
}

/* The queue of a client that is not connected is short (net.unix.max_dgram_qlen). */
static void a_unix_client_that_does_not_read_harms_nobody(void **state)
{
	int deaf = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), other;
	struct sockaddr_un anywhere = { .sun_family = AF_UNIX };

	(void)state;
	assert_int_equal(bind(deaf, (struct sockaddr *)&anywhere, sizeof(sa_family_t)), 0);
	start_unixgram();
	other = dial_unixgram(true);
	be_deaf(deaf);
	assert_answered(other);
	close(deaf);
	close(other);
}

/* That of one who is connected takes all that the server's socket may send. */
static void when_it_has_gone_the_others_are_answered(void **state)
{
	int deaf, other;

	(void)state;
	start_unixgram();
	deaf = dial_unixgram(true);
	other = dial_unixgram(true);
	be_deaf(deaf);
	close(deaf);
	assert_answered(other);
	close(other);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(every_size_comes_back),
		FRESH(each_gets_its_own),
		FRESH(the_reply_leaves_from_where_it_was_sent_to),
		FRESH(a_dual_socket_does_so_for_both),
		FRESH(a_broadcast_is_not_answered),
		FRESH(an_own_port_is_not_answered),
		FRESH(not_all_sockets_of_an_address_need_ask),
		FRESH(over_the_rate_nothing_is_answered),
		FRESH(discard_answers_nothing),
		FRESH(sockets_of_streams_are_left_alone),
		FRESH(unix_clients_with_a_name_are_answered),
		FRESH(what_is_too_long_is_not_answered),
		FRESH(a_unix_client_that_does_not_read_harms_nobody),
		FRESH(when_it_has_gone_the_others_are_answered),
	};

	return cmocka_run_group_tests_name("datagram", group, NULL, NULL) == 0 ? 0 : 1;
}
