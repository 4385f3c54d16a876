/* SPDX-License-Identifier: BSD-2-Clause */
/* The datagrams of a client. The server is the test. */
#include "bench/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bench_client.h"

#define SECOND UINT64_C(1000000000)
#define MANY   64

/* What the server has got. */
static struct {
	unsigned char bytes[256];
	size_t length;
} got[MANY];

/* Takes all that has been sent, number 0 first. */
static unsigned take(void)
{
	unsigned count = 0;
	ssize_t length;

	while (count < MANY &&
	       (length = recv(bench.fd, got[count].bytes, sizeof got[0].bytes, MSG_DONTWAIT)) != -1)
		got[count++].length = (size_t)length;
	return count;
}

static void give(unsigned i)
{
	assert_int_equal(send(bench.fd, got[i].bytes, got[i].length, 0), got[i].length);
}

static enum client_step receive(void)
{
	return packet_on_event(&bench.client, EPOLLIN);
}

/* None but one count. */
static void only(uint64_t duplicated, uint64_t reordered, uint64_t too_late, uint64_t lost,
		 uint64_t wrong)
{
	assert_int_equal(bench.meter->datagrams.duplicated, duplicated);
	assert_int_equal(bench.meter->datagrams.reordered, reordered);
	assert_int_equal(bench.meter->datagrams.too_late, too_late);
	assert_int_equal(bench.meter->lost, lost);
	assert_int_equal(bench.meter->failures[FAILURE_WRONG], wrong);
	assert_int_equal(meter_failed(bench.meter), wrong);
}

static void a_message_comes_back_and_the_next_one_goes(void **state)
{
	(void)state;
	start(SOCK_DGRAM);
	assert_int_equal(take(), 1);
	assert_int_equal(got[0].length, 64);
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	assert_int_equal(bench.meter->measured.bytes, 64);
	assert_int_equal(bench.meter->latency.count, 1);
	assert_int_equal(take(), 1);
	assert_int_equal(bench.meter->datagrams.sent, 2);
	only(0, 0, 0, 0, 0);
}

static void what_is_in_flight_goes_at_once(void **state)
{
	(void)state;
	bench.options.in_flight = 5;
	start(SOCK_DGRAM);
	assert_int_equal(take(), 5);
	assert_memory_not_equal(got[0].bytes, got[1].bytes, DATAGRAM_HEAD);
	assert_memory_not_equal(got[0].bytes + DATAGRAM_HEAD, got[1].bytes + DATAGRAM_HEAD, 16);
	for (unsigned i = 0; i < 5; i++)
		give(i);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 5);
	assert_int_equal(take(), 5);
	only(0, 0, 0, 0, 0);
}

static void a_second_answer_is_no_message(void **state)
{
	(void)state;
	bench.options.in_flight = 2;
	start(SOCK_DGRAM);
	take();
	give(0);
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	only(1, 0, 0, 0, 0);
}

static void an_overtaken_answer_is_told(void **state)
{
	(void)state;
	bench.options.in_flight = 3;
	start(SOCK_DGRAM);
	take();
	give(1);
	give(0);
	give(2);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 3);
	only(0, 1, 0, 0, 0);
}

static void time_makes_it_lost_and_then_too_late(void **state)
{
	(void)state;
	start(SOCK_DGRAM);
	take();
	assert_int_equal(packet_check(&bench.client, 1 + SECOND), CLIENT_GOES_ON);
	only(0, 0, 0, 0, 0); /* a whole second is not over */
	assert_int_equal(packet_check(&bench.client, 2 + SECOND), CLIENT_GOES_ON);
	only(0, 0, 0, 1, 0);
	give(0);
	assert_int_equal(take(), 1); /* the next one */
	assert_int_equal(receive(), CLIENT_GOES_ON);
	only(0, 0, 1, 1, 0);
	assert_int_equal(bench.meter->measured.messages, 0);
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
}

static void what_waits_for_us_is_not_lost(void **state)
{
	(void)state;
	start(SOCK_DGRAM);
	take();
	give(0);
	assert_int_equal(packet_check(&bench.client, 1 + 2 * SECOND), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	only(0, 0, 0, 0, 0);
}

static void a_wrong_byte_costs_that_datagram_only(void **state)
{
	const struct meter_note *first;

	(void)state;
	first = &bench.meter->first[FAILURE_WRONG];
	bench.options.in_flight = 2;
	start(SOCK_DGRAM);
	take();
	got[1].bytes[10]++;
	give(1);
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	only(0, 0, 0, 1, 1);
	assert_int_equal(bench.meter->measured.messages, 1);
	assert_int_equal(first->connection, 5);
	assert_int_equal(first->datagram, 2);
	assert_int_equal(first->offset, 10);
	assert_int_equal(bench.meter->mismatch.shown_offset, 6);
	assert_int_equal(bench.meter->mismatch.expected_length, METER_SHOWN);
	assert_memory_equal(bench.meter->mismatch.got, got[1].bytes + 6, METER_SHOWN);
	got[1].bytes[10]--;
	assert_memory_equal(bench.meter->mismatch.expected, got[1].bytes + 6, METER_SHOWN);
	assert_int_equal(bench.client.state, CLIENT_OPEN);
}

static void another_length_is_wrong(void **state)
{
	(void)state;
	bench.options.in_flight = 3;
	start(SOCK_DGRAM);
	take();
	got[0].length--;
	got[1].length++;
	got[2].length = 5;
	for (unsigned i = 0; i < 3; i++)
		give(i);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	only(0, 0, 0, 2, 3); /* nobody knows which one the five bytes were */
	assert_int_equal(bench.meter->measured.messages, 0);
}

static void a_strange_number_is_wrong(void **state)
{
	(void)state;
	start(SOCK_DGRAM);
	take();
	got[0].bytes[0]++;
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	only(0, 0, 0, 0, 1);
	assert_int_equal(bench.client.in_flight, 1);
}

static void numbers_do_without_the_bytes(void **state)
{
	(void)state;
	bench.options.no_verify = true;
	bench.options.in_flight = 2;
	start(SOCK_DGRAM);
	take();
	memset(got[0].bytes + DATAGRAM_HEAD, 0, 64 - DATAGRAM_HEAD);
	got[1].length--;
	give(0);
	give(0);
	give(1);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	only(1, 0, 0, 1, 1);
}

static void nothing_is_a_message_too(void **state)
{
	(void)state;
	bench.options.size = (struct options_size){ 0, 0 };
	bench.options.in_flight = 2;
	start(SOCK_DGRAM);
	assert_int_equal(take(), 2);
	assert_int_equal(got[0].length, 0);
	give(0);
	assert_int_equal(receive(), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	only(0, 0, 0, 0, 0);
}

static void a_full_socket_is_waited_for(void **state)
{
	unsigned count = 0, more;

	(void)state;
	bench.options.messages = MANY * 100;
	bench.options.in_flight = MANY * 100;
	start(SOCK_DGRAM);
	assert_true(bench.client.blocked);
	assert_false(TAILQ_EMPTY(&bench.window.ready));
	while ((more = take()) > 0) {
		count += more;
		assert_int_equal(packet_on_event(&bench.client, EPOLLOUT), CLIENT_GOES_ON);
	}
	assert_int_equal(count, MANY * 100);
	assert_false(bench.client.blocked);
	assert_int_equal(bench.meter->datagrams.sent, MANY * 100);
}

static void a_server_that_takes_nothing_is_a_failure(void **state)
{
	(void)state;
	bench.options.messages = bench.options.in_flight = MANY * 100;
	start(SOCK_DGRAM);
	assert_int_equal(packet_check(&bench.client, 2 + SECOND), CLIENT_ENDS);
	assert_int_equal(bench.meter->failures[FAILURE_TIMEOUT], 1);
	assert_int_equal(bench.meter->lost, MANY * 100);
}

static void a_server_that_is_gone_is_a_failure(void **state)
{
	(void)state;
	start(SOCK_DGRAM);
	take();
	give(0);
	close(bench.fd);
	bench.fd = -1;
	assert_int_equal(receive(), CLIENT_RETRIES);
	assert_int_equal(bench.meter->measured.messages, 1);
	assert_int_equal(meter_failed(bench.meter), 1);
	assert_int_equal(bench.meter->lost, 1);
	assert_int_equal(bench.client.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CLIENT(a_message_comes_back_and_the_next_one_goes),
		WITH_CLIENT(what_is_in_flight_goes_at_once),
		WITH_CLIENT(a_second_answer_is_no_message),
		WITH_CLIENT(an_overtaken_answer_is_told),
		WITH_CLIENT(time_makes_it_lost_and_then_too_late),
		WITH_CLIENT(what_waits_for_us_is_not_lost),
		WITH_CLIENT(a_wrong_byte_costs_that_datagram_only),
		WITH_CLIENT(another_length_is_wrong),
		WITH_CLIENT(a_strange_number_is_wrong),
		WITH_CLIENT(numbers_do_without_the_bytes),
		WITH_CLIENT(nothing_is_a_message_too),
		WITH_CLIENT(a_full_socket_is_waited_for),
		WITH_CLIENT(a_server_that_takes_nothing_is_a_failure),
		WITH_CLIENT(a_server_that_is_gone_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
