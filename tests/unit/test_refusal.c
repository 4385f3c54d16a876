/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals over a real connection: what arrives, and what bounds them. */
#include "worker/refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "loop.h"

static struct refusal_set set;
static struct addr address;
static int listener, client, server;
static unsigned ended; /* how many of them, as told */

static void on_end(void *context)
{
	assert_ptr_equal(context, &set);
	ended++;
}

static int set_up(void **state)
{
	(void)state;
	ended = 0;
	base = event_base_new();
	set = (struct refusal_set){ .base = base, .on_end = on_end, .context = &set };
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	addr_any(&address, AF_INET, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address.storage, address.length), 0);
	assert_int_equal(listen(listener, 128), 0);
	getsockname(listener, (struct sockaddr *)&address.storage, &address.length);
	client = -1;
	return base == NULL ? -1 : 0;
}

static int tidy_up(void **state)
{
	(void)state;
	refusal_set_clear(&set);
	assert_int_equal(set.count, 0);
	event_base_free(base);
	close(client);
	return close(listener);
}

/* Connects client and server. */
static void dial(void)
{
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address.storage, address.length), 0);
	server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(server != -1);
}

/* Everything up to FIN has to be this. */
static void assert_hears(const char *text)
{
	char heard[512];
	size_t length = 0;
	ssize_t got;

	while ((got = recv(client, heard + length, sizeof heard - length, 0)) > 0)
		length += (size_t)got;
	assert_int_equal(got, 0);
	assert_int_equal(length, strlen(text));
	assert_memory_equal(heard, text, length);
}

static void without_a_text_it_is_closed_at_once(void **state)
{
	(void)state;
	dial();
	refusal_open(&set, server, "", false);
	assert_int_equal(set.count, 0);
	assert_int_equal(ended, 0); /* it never was among them */
	assert_hears("");
}

/* With the client's bytes unread a mere close would reset the connection. */
static void the_text_arrives_though_the_client_has_sent(void **state)
{
	char bytes[20000] = { 0 };

	(void)state;
	dial();
	assert_int_equal(send(client, bytes, sizeof bytes, 0), sizeof bytes);
	refusal_open(&set, server, "full\n", false);
	assert_int_equal(set.count, 1);
	for (int i = 0; i < 10; i++)
		turn();
	assert_int_equal(send(client, bytes, sizeof bytes, 0), sizeof bytes);
	assert_hears("full\n");
	assert_int_equal(ended, 0);
	shutdown(client, SHUT_WR);
	UNTIL(set.count == 0);
	assert_int_equal(ended, 1);
}

static void who_does_not_end_is_not_waited_for(void **state)
{
	uint64_t begin = clock_ms();

	(void)state;
	dial();
	refusal_open(&set, server, "full\n", false);
	UNTIL(set.count == 0);
	assert_true(clock_ms() - begin >= REFUSAL_MS / 2);
	assert_hears("full\n");
}

/* Not even who sends all the time. */
static void the_time_is_not_prolonged(void **state)
{
	uint64_t begin = clock_ms();

	(void)state;
	dial();
	refusal_open(&set, server, "full\n", false);
	while (set.count == 1 && clock_ms() - begin < 20000) {
		assert_int_equal(send(client, "x", 1, MSG_NOSIGNAL), 1);
		pass(10); /* so seldom that it is not REFUSAL_BYTES that ends it */
	}
	assert_int_equal(set.count, 0);
	assert_true(clock_ms() - begin >= REFUSAL_MS / 2);
}

static void who_sends_too_much_is_cut(void **state)
{
	static char bytes[REFUSAL_BYTES * 2];
	uint64_t begin = clock_ms();

	(void)state;
	dial();
	refusal_open(&set, server, "full\n", false);
	while (set.count == 1 && clock_ms() - begin < 20000) {
		send(client, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
		turn();
	}
	assert_int_equal(set.count, 0);
	assert_true(clock_ms() - begin < REFUSAL_MS - 100); /* it was not the time */
}

static void there_is_a_most(void **state)
{
	int clients[REFUSAL_MAX + 3];

	(void)state;
	for (int i = 0; i < REFUSAL_MAX + 3; i++) {
		dial();
		clients[i] = client;
		refusal_open(&set, server, "full\n", false);
	}
	assert_int_equal(set.count, REFUSAL_MAX);
	/* the others have their text, too */
	assert_hears("full\n");
	client = -1;
	for (int i = 0; i < REFUSAL_MAX + 3; i++)
		close(clients[i]);
	UNTIL(set.count == 0);
}

static void one_that_is_gone_already_does_no_harm(void **state)
{
	struct linger reset = { .l_onoff = 1 };

	(void)state;
	dial();
	setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	close(client);
	client = -1;
	refusal_open(&set, server, "full\n", false);
	UNTIL(set.count == 0);
}

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(without_a_text_it_is_closed_at_once),
		WITH_SET(the_text_arrives_though_the_client_has_sent),
		WITH_SET(who_does_not_end_is_not_waited_for),
		WITH_SET(the_time_is_not_prolonged),
		WITH_SET(who_sends_too_much_is_cut),
		WITH_SET(there_is_a_most),
		WITH_SET(one_that_is_gone_already_does_no_harm),
	};

	return cmocka_run_group_tests_name("refusal", group, NULL, NULL) == 0 ? 0 : 1;
}
