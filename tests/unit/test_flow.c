/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a stream: sent, come back, verified. The server is the test. */
#include "bench/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "bench_client.h"

#define BUFFER 65536

static unsigned char buffer[BUFFER];

/* What has been sent and is not yet in the buffer; it goes there. */
static size_t take(void)
{
	ssize_t length = recv(bench.fd, buffer, sizeof buffer, MSG_DONTWAIT);

	return length == -1 ? 0 : (size_t)length;
}

static void give(const void *bytes, size_t length)
{
	assert_int_equal(send(bench.fd, bytes, length, 0), length);
}

static void a_message_comes_back_and_the_next_one_goes(void **state)
{
	(void)state;
	start(SOCK_STREAM);
	assert_int_equal(take(), 64);
	assert_memory_equal(buffer, stream_run(&bench.stream, bench.client.offset, 0), 64);
	give(buffer, 64);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	assert_int_equal(bench.meter->measured.bytes, 64);
	assert_int_equal(bench.meter->latency.count, 1);
	assert_int_equal(take(), 64);
	assert_memory_equal(buffer, stream_run(&bench.stream, bench.client.offset, 64), 64);
}

static void parts_are_put_together(void **state)
{
	(void)state;
	start(SOCK_STREAM);
	take();
	for (size_t i = 0; i < 63; i++) {
		give(buffer + i, 1);
		assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	}
	assert_int_equal(bench.meter->measured.messages, 0);
	give(buffer + 63, 1);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
}

static void the_first_wrong_byte_is_shown(void **state)
{
	const struct meter_mismatch *shown;

	(void)state;
	shown = &bench.meter->mismatch;
	start(SOCK_STREAM);
	take();
	buffer[10]++;
	give(buffer, 64);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_RETRIES);
	assert_int_equal(bench.meter->failures[FAILURE_WRONG], 1);
	assert_int_equal(bench.meter->lost, 1);
	assert_int_equal(bench.meter->first[FAILURE_WRONG].offset, 10);
	assert_int_equal(bench.meter->first[FAILURE_WRONG].connection, 5);
	assert_int_equal(shown->shown_offset, 6);
	assert_int_equal(shown->got_length, METER_SHOWN);
	assert_memory_equal(shown->got, buffer + 6, METER_SHOWN);
	assert_memory_equal(shown->expected, stream_run(&bench.stream, bench.client.offset, 6),
			    METER_SHOWN);
	assert_int_equal(bench.client.fd, -1);
}

static void a_byte_too_many_is_wrong(void **state)
{
	(void)state;
	bench.options.messages = 1;
	start(SOCK_STREAM);
	take();
	give(buffer, 64);
	give("!", 1);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_ENDS);
	assert_int_equal(bench.meter->failures[FAILURE_WRONG], 1);
}

static void nobody_looks_without_verify(void **state)
{
	(void)state;
	bench.options.no_verify = true;
	start(SOCK_STREAM);
	take();
	memset(buffer, 0, 64);
	give(buffer, 64);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
}

static void the_end_in_the_middle_is_short(void **state)
{
	(void)state;
	start(SOCK_STREAM);
	take();
	give(buffer, 63);
	shutdown(bench.fd, SHUT_WR);
	assert_int_equal(flow_receive(&bench.client, true), CLIENT_RETRIES);
	assert_int_equal(bench.meter->failures[FAILURE_SHORT], 1);
	assert_int_equal(bench.meter->first[FAILURE_SHORT].offset, 63);
}

static void frames_have_their_length_in_front(void **state)
{
	static const unsigned char length[] = { 0x2c, 0x01, 0, 0 }; /* 300 */

	(void)state;
	bench.options.frame = true;
	bench.options.size = (struct options_size){ 300, 300 };
	bench.options.in_flight = 3;
	start(SOCK_STREAM);
	assert_int_equal(take(), 3 * 304);
	for (size_t i = 0; i < 3 * 304; i += 304) {
		assert_memory_equal(buffer + i, length, 4);
		assert_memory_equal(buffer + i + 4,
				    stream_run(&bench.stream, bench.client.offset, i + 4), 300);
	}
	/* One and a half, in the middle of a length, too. */
	give(buffer, 306);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 1);
	assert_int_equal(bench.meter->measured.bytes, 300);
	give(buffer + 306, 2 * 304 - 2);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_GOES_ON);
	assert_int_equal(bench.meter->measured.messages, 3);
}

/* The server reads nothing for a while, so that frames go in pieces of any size. */
static void frames_go_on_where_the_kernel_stopped(void **state)
{
	uint64_t position = 0;
	size_t length;

	(void)state;
	bench.options.frame = true;
	bench.options.size = (struct options_size){ 0, 5000 };
	bench.options.in_flight = 1000;
	bench.options.messages = 1000;
	start(SOCK_STREAM);
	assert_true(bench.client.sent < bench.client.queued); /* or else this tests nothing */
	do {
		length = take();
		if (length > 0)
			give(buffer, length);
		position += length;
		assert_int_equal(flow_send(&bench.client), CLIENT_GOES_ON);
		flow_receive(&bench.client, false);
		assert_int_equal(meter_failed(bench.meter), 0);
	} while (bench.meter->measured.messages < 1000 && length > 0);
	assert_int_equal(bench.meter->measured.messages, 1000);
	assert_int_equal(position, bench.meter->measured.bytes + 4 * 1000);
}

static void a_wrong_length_is_wrong(void **state)
{
	const struct meter_mismatch *shown;

	(void)state;
	bench.options.frame = true;
	shown = &bench.meter->mismatch;
	start(SOCK_STREAM);
	take();
	buffer[1] = 1;
	give(buffer, 68);
	assert_int_equal(flow_receive(&bench.client, false), CLIENT_RETRIES);
	assert_int_equal(bench.meter->first[FAILURE_WRONG].offset, 1);
	assert_int_equal(shown->expected[0], 64);
	assert_int_equal(shown->expected[1], 0);
	assert_int_equal(shown->got[1], 1);
	assert_memory_equal(shown->expected + 4, stream_run(&bench.stream, bench.client.offset, 4),
			    METER_SHOWN - 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CLIENT(a_message_comes_back_and_the_next_one_goes),
		WITH_CLIENT(parts_are_put_together),
		WITH_CLIENT(the_first_wrong_byte_is_shown),
		WITH_CLIENT(a_byte_too_many_is_wrong),
		WITH_CLIENT(nobody_looks_without_verify),
		WITH_CLIENT(the_end_in_the_middle_is_short),
		WITH_CLIENT(frames_have_their_length_in_front),
		WITH_CLIENT(frames_go_on_where_the_kernel_stopped),
		WITH_CLIENT(a_wrong_length_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
