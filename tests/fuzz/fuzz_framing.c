/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The service of frames, without the connection around it: the input says which frames come, how
 * long they may be, how the stream is cut, and when the connection breaks. What has to come back is
 * worked out from the whole stream. What a connection owns is gone when it is: whoever still looks
 * at it is found.
 */
#include "worker/framing.h"

#include <errno.h>
#include <stdbool.h>

#include "fuzz.h"
#include "worker/extra.h"
#include "worker/service.h"

#define STREAM_MAX 4096
#define CUTS_MAX   16
#define PIECES_MAX 64

/* The stream, and what is known of it. */
static unsigned char stream[STREAM_MAX];
static size_t stream_size, come, answered;
static size_t whole;      /* how much of what has come is whole frames */
static struct conn *conn; /* NULL: it is gone */
static bool ended, cut;
static unsigned good_calls; /* so many calls of what can fail do not */

static void lose(void)
{
	if (conn->extra != NULL)
		framing_drop(&conn->extra->part);
	free(conn->extra);
	free(conn);
	conn = NULL;
}

static bool fails(void)
{
	return good_calls-- == 0;
}

int conn_answer(struct conn *which, const unsigned char *bytes, size_t size)
{
	MUST(which == conn && !ended && size > 0);
	MUST(size <= come - answered && memcmp(stream + answered, bytes, size) == 0);
	answered += size;
	if (!fails())
		return 0;
	lose();
	return -1;
}

void conn_end(struct conn *which, enum reason reason)
{
	MUST(which == conn && !ended && reason == REASON_FRAME_TOO_LONG);
	ended = true;
	lose();
}

void conn_fail(struct conn *which, int error)
{
	MUST(which == conn && error == ENOMEM);
	lose();
}

void conn_count_reason(struct conn *which, enum reason reason)
{
	MUST(which == conn && !cut && reason == REASON_FRAME_CUT);
	cut = true;
}

struct extra *extra_get(struct conn *which)
{
	MUST(which == conn);
	if (which->extra == NULL && !fails())
		which->extra = calloc(1, sizeof *which->extra);
	return which->extra;
}

int watch_frame(struct conn *which)
{
	MUST(which == conn && which->extra != NULL);
	return fails() ? -1 : 0;
}

/* Goes on with the frames of what has come. Returns whether the next one is too long. */
static bool find_whole(uint64_t max_frame)
{
	while (come - whole >= 4) {
		const unsigned char *at = stream + whole;
		uint64_t length =
			at[0] + 0x100u * at[1] + 0x10000u * at[2] + UINT64_C(0x1000000) * at[3];

		if (length > max_frame)
			return true;
		if (come - whole < 4 + length)
			return false;
		whole += 4 + (size_t)length;
	}
	return false;
}

/* A frame for each byte, of that length; from 240 on a length of four bytes with nothing behind. */
static void make_stream(struct input *input)
{
	stream_size = 0;
	while (input->size > 0 && stream_size + 4 + 255 <= STREAM_MAX) {
		uint8_t length = input_byte(input);

		if (length >= 240) {
			input_copy(input, stream + stream_size, 4);
			stream_size += 4;
			continue;
		}
		framing_put_length(stream + stream_size, length);
		for (size_t i = 0; i < length; i++)
			stream[stream_size + 4 + i] = (unsigned char)(stream_size + i);
		stream_size += 4 + (size_t)length;
	}
}

/* From memory of its own size, so that a sanitizer sees who reads on. Returns what input says. */
static int give(size_t size)
{
	unsigned char *piece = malloc(size);
	int result;

	MUST(piece != NULL);
	memcpy(piece, stream + come, size);
	come += size;
	result = service_frame.input(conn, piece, size);
	free(piece);
	return result;
}

static void check(const struct profile *profile)
{
	const struct framing *part =
		conn == NULL || conn->extra == NULL ? NULL : &conn->extra->part;
	bool too_long = find_whole(profile->max_frame);

	if (conn == NULL && !ended)
		return; /* it broke */
	MUST(answered == whole && ended == too_long);
	if (conn == NULL)
		return;
	MUST((part == NULL ? 0 : part->have) == come - whole);
	MUST(come == whole ||
	     (part != NULL && memcmp(part->bytes, stream + whole, come - whole) == 0));
	MUST(part == NULL || part->room <= 256 || part->room < 2 * part->have);
}

/* How large piece i is: less than 128 bytes, or up to 2 KiB; the last one is the rest. */
static size_t size_of(size_t i, const uint8_t *cuts, size_t count)
{
	size_t left = stream_size - come, size;

	if (count == 0 || i >= PIECES_MAX)
		return left;
	size = cuts[i % count] < 128 ? cuts[i % count] + 1u : (cuts[i % count] - 127u) * 16;
	return size < left ? size : left;
}

static void run(const struct profile *profile, const uint8_t *cuts, size_t count)
{
	for (size_t i = 0; conn != NULL && come < stream_size; i++) {
		MUST((give(size_of(i, cuts, count)) == -1) == (conn == NULL));
		check(profile);
	}
	if (conn == NULL)
		return;
	service_frame.end(conn);
	MUST(cut == (answered < come));
	lose();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };
	struct profile profile = { .max_frame = 1 + input_number(&input, 2) };
	uint8_t cuts[CUTS_MAX];
	size_t count = input_byte(&input) % (CUTS_MAX + 1);

	good_calls = input_byte(&input);
	good_calls = good_calls < 128 ? UINT32_MAX : good_calls - 128;
	input_copy(&input, cuts, count);
	make_stream(&input);
	come = answered = whole = 0;
	ended = cut = false;
	conn = calloc(1, sizeof *conn);
	MUST(conn != NULL);
	conn->profile = &profile;
	run(&profile, cuts, count);
	return 0;
}
