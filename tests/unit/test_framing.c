/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames: whole ones come back, however the stream is cut, and memory grows with what has come. */
#include "conn.h"

#include "worker/extra.h"

static int set_up_frames(void **state)
{
	int result = set_up(state);

	profile.service = PROFILE_FRAME;
	profile.max_frame = 1000;
	return result;
}

#undef WITH_SET
#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up_frames, tidy_up)

/* Appends a frame of so many bytes. Returns the size of all. */
static size_t add_frame(unsigned char *stream, size_t size, uint32_t length)
{
	framing_put_length(stream + size, length);
	for (uint32_t i = 0; i < length; i++)
		stream[size + FRAMING_HEADER + i] = byte_at(size + i);
	return size + FRAMING_HEADER + length;
}

static const uint32_t lengths[] = { 0, 1, 3, 0, 0, 255, 256, 7, 1000, 2 };

static size_t make_stream(unsigned char *stream)
{
	size_t size = 0;

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
		size = add_frame(stream, size, lengths[i]);
	return size;
}

static void send_bytes(int client, const unsigned char *bytes, size_t size)
{
	assert_int_equal(send(client, bytes, size, MSG_NOSIGNAL), size);
}

/* Receives exactly these. */
static void expect(int client, const unsigned char *bytes, size_t size)
{
	unsigned char got[8192];
	uint64_t deadline = clock_ms() + 20000;

	for (size_t done = 0; done < size;) {
		ssize_t more =
			recv(client, got, size - done < sizeof got ? size - done : sizeof got, 0);

		turn();
		assert_true(clock_ms() < deadline);
		if (more == -1 && errno == EAGAIN)
			continue;
		assert_true(more > 0);
		assert_memory_equal(bytes + done, got, (size_t)more);
		done += (size_t)more;
	}
}

static void expect_end(int client)
{
	char byte;
	ssize_t got = -1;

	UNTIL((got = recv(client, &byte, 1, 0)) != -1);
	assert_int_equal(got, 0);
}

/* How many of the first bytes are whole frames. */
static size_t whole_of(const unsigned char *stream, size_t size)
{
	size_t whole = 0;

	for (;;) {
		size_t next = whole + FRAMING_HEADER;

		if (next > size)
			return whole;
		next += stream[whole] | (size_t)stream[whole + 1] << 8;
		if (next > size)
			return whole;
		whole = next;
	}
}

/* Cut in two at each place: the whole frames come back at once, the others with the second part. */
static void wherever_it_is_cut_all_comes_back(void **state)
{
	unsigned char stream[4096];
	size_t size = make_stream(stream);
	int client = dial_and_open();
	uint64_t in = 0;

	(void)state;
	for (size_t cut = 1; cut < size; cut++) {
		size_t whole = whole_of(stream, cut);

		send_bytes(client, stream, cut);
		in += cut;
		UNTIL(counters.bytes_in == in);
		assert_int_equal(counters.bytes_out, in - cut + whole);
		send_bytes(client, stream + cut, size - cut);
		in += size - cut;
		expect(client, stream, size);
		assert_int_equal(counters.bytes_out, in);
	}
	close(client);
	UNTIL(closed == 1);
	assert_int_equal(counters.reasons[REASON_FRAME_CUT], 0);
}

static void byte_by_byte_and_all_at_once(void **state)
{
	unsigned char stream[4096];
	size_t size = make_stream(stream);
	int client = dial_and_open();

	(void)state;
	for (size_t i = 0; i < size; i++) {
		send_bytes(client, stream + i, 1);
		UNTIL(counters.bytes_in == i + 1);
		assert_int_equal(counters.bytes_out, whole_of(stream, i + 1));
	}
	expect(client, stream, size);
	send_bytes(client, stream, size);
	expect(client, stream, size);
	close(client);
}

/* A length that announces much is not believed. */
static void memory_grows_with_what_comes(void **state)
{
	unsigned char bytes[5000] = { 0 };
	int client = dial_and_open();
	struct conn *conn = LIST_FIRST(&set.list);

	(void)state;
	profile.max_frame = 16 * 1024 * 1024;
	framing_put_length(bytes, 16 * 1024 * 1024);
	send_bytes(client, bytes, FRAMING_HEADER);
	UNTIL(counters.bytes_in == FRAMING_HEADER);
	assert_int_equal(conn->extra->part.have, FRAMING_HEADER);
	assert_true(conn->extra->part.room <= 1024);
	for (size_t have = FRAMING_HEADER + 1000; have < 100000; have += 1000) {
		send_bytes(client, bytes + FRAMING_HEADER, 1000);
		UNTIL(counters.bytes_in == have);
		assert_int_equal(conn->extra->part.have, have);
		assert_true(conn->extra->part.room < 2 * have + 1024);
	}
	close(client);
	UNTIL(closed == 1);
	assert_int_equal(counters.reasons[REASON_FRAME_CUT], 1);
}

static void nothing_is_kept_of_what_is_whole(void **state)
{
	unsigned char stream[64];
	size_t size = add_frame(stream, 0, 20);
	int client = dial_and_open();
	struct conn *conn = LIST_FIRST(&set.list);

	(void)state;
	send_bytes(client, stream, size);
	expect(client, stream, size);
	assert_null(conn->extra);
	send_bytes(client, stream, 10);
	UNTIL(counters.bytes_in == size + 10);
	assert_int_equal(conn->extra->part.have, 10);
	send_bytes(client, stream + 10, size - 10);
	expect(client, stream, size);
	assert_null(conn->extra->part.bytes);
	close(client);
}

/* max-frame itself will do; one more will not, and what came before is sent. */
static void too_long_a_frame_ends_it(void **state)
{
	unsigned char stream[4096] = { 0 };
	size_t size = add_frame(stream, 0, 1000);

	(void)state;
	for (size_t cut = 1; cut <= FRAMING_HEADER; cut++) {
		int client = dial_and_open();

		framing_put_length(stream + size, cut == 1 ? UINT32_MAX : 1001);
		send_bytes(client, stream, size + cut);
		expect(client, stream, size);
		send_bytes(client, stream + size + cut, 500);
		expect_end(client);
		assert_int_equal(counters.reasons[REASON_FRAME_TOO_LONG], cut);
		close(client);
		UNTIL(closed == cut);
	}
}

static void the_end_in_the_middle_is_counted(void **state)
{
	unsigned char stream[4096];
	size_t size = make_stream(stream);
	int client = dial_and_open();

	(void)state;
	send_bytes(client, stream, size - 1);
	shutdown(client, SHUT_WR);
	expect(client, stream, whole_of(stream, size - 1));
	expect_end(client);
	UNTIL(closed == 1);
	assert_int_equal(counters.reasons[REASON_FRAME_CUT], 1);
	close(client);
}

/* Frames larger than all marks, to a client that does not read: one is taken, and then no more. */
static void what_waits_is_bounded(void **state)
{
	static unsigned char stream[200000];
	size_t size = add_frame(stream, 0, sizeof stream - FRAMING_HEADER);
	uint64_t sent = 0, before = 0;
	int client = dial_and_open(), idle = 0;

	(void)state;
	profile.max_frame = sizeof stream;
	profile.pending_high = 10000;
	profile.pending_low = 5000;
	while (idle < 200) {
		ssize_t went = send(client, stream + sent % size, size - sent % size, MSG_NOSIGNAL);

		sent += went > 0 ? (uint64_t)went : 0;
		turn();
		idle = sent == before ? idle + 1 : 0;
		before = sent;
	}
	assert_true(counters.bytes_in - counters.bytes_out < size + 10000);
	for (uint64_t got = 0; got < sent / size * size;) {
		expect(client, stream, size);
		got += size;
	}
	close(client);
}

static void without_memory_it_is_closed(void **state)
{
	unsigned char header[FRAMING_HEADER];
	int client = dial_and_open();

	(void)state;
	framing_put_length(header, 5);
	allowed = 0; /* of libevent's: for the timer */
	send_bytes(client, header, 2);
	UNTIL(closed == 1);
	allowed = -1;
	close(client);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(wherever_it_is_cut_all_comes_back),
		WITH_SET(byte_by_byte_and_all_at_once),
		WITH_SET(memory_grows_with_what_comes),
		WITH_SET(nothing_is_kept_of_what_is_whole),
		WITH_SET(too_long_a_frame_ends_it),
		WITH_SET(the_end_in_the_middle_is_counted),
		WITH_SET(what_waits_is_bounded),
		WITH_SET(without_memory_it_is_closed),
	};

	prepare();
	return cmocka_run_group_tests_name("framing", group, NULL, NULL) == 0 ? 0 : 1;
}
