/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pipes. The input edits a good report, which is sent whole or in part, and so a worker's life
 * goes on; or it is a command. What may be taken is said here once more, by the words of the frame
 * instead of by the names of its members.
 */
#include "link/report.h"

#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "fuzz.h"
#include "link/command.h"

#define WORDS      (sizeof(struct report) / sizeof(uint32_t))
#define HEAD       3 /* words of 64 bits before the counters */
#define REASONS_AT (HEAD + 5)
#define WORKER     3
#define GENERATION 2
#define COMMANDS   5 /* kinds, from 1 up */

union words {
	struct report report;
	uint32_t half[WORDS];
	uint64_t word[WORDS / 2];
};

static int pipe_fds[2] = { -1, -1 };

static bool is_good(const union words *last, const union words *now)
{
	const uint64_t *word = now->word;
	const uint64_t datagrams_in = word[WORDS / 2 - 2], datagrams_out = word[WORDS / 2 - 1];
	bool first = last->half[1] == 0;

	if (now->half[0] != REPORT_MAGIC || now->half[1] != (first ? 1u : 2u) ||
	    now->half[2] != WORKER || now->half[3] != GENERATION || now->half[5] != 0)
		return false;
	for (size_t i = HEAD + 1; i < WORDS / 2; i++) { /* but not `active` */
		if (word[i] < last->word[i])
			return false;
	}
	return word[HEAD] <= word[HEAD + 1] && word[HEAD + 2] <= word[HEAD + 1] &&
	       datagrams_out <= datagrams_in;
}

static void put(const void *bytes, size_t size)
{
	MUST(size == 0 || write(pipe_fds[1], bytes, size) == (ssize_t)size);
}

/* Sends the first bytes of next. Returns whether it was taken. */
static bool pass(const union words *last, const union words *next, size_t size)
{
	union words got = { .report = { 0 } };
	struct err err = { 0 };
	enum frame_result result;

	put(next, size);
	result = report_read(pipe_fds[0], &last->report, &got.report, &err);
	MUST((result == FRAME_BAD) == (err.text[0] != '\0'));
	if (size == 0)
		MUST(result == FRAME_WAIT);
	else if (size < sizeof *next || !is_good(last, next))
		MUST(result == FRAME_BAD);
	else
		MUST(result == FRAME_DONE && memcmp(&got, next, sizeof got) == 0);
	return result == FRAME_DONE;
}

/* What report_write says, report_read takes, whatever was in the places that are not its own. */
static void write_and_read(const union words *last, const union words *next)
{
	union words sent = *next, got;
	struct err err;

	MUST(report_write(pipe_fds[1], &sent.report) == FRAME_DONE);
	MUST(sent.half[0] == REPORT_MAGIC && sent.half[5] == 0);
	MUST((report_read(pipe_fds[0], &last->report, &got.report, &err) == FRAME_DONE) ==
	     is_good(last, &sent));
}

static void check_command(struct input *input)
{
	struct command command, got;
	uint32_t magic = (uint32_t)input_number(input, 4) ^ COMMAND_MAGIC;
	size_t size = sizeof command - input_byte(input) % sizeof command;
	enum frame_result result;

	input_copy(input, &command, sizeof command);
	command.magic = magic;
	put(&command, size);
	result = command_read(pipe_fds[0], &got);
	if (size < sizeof command || magic != COMMAND_MAGIC || command.kind == 0 ||
	    command.kind > COMMANDS)
		MUST(result == FRAME_BAD);
	else
		MUST(result == FRAME_DONE && memcmp(&got, &command, sizeof got) == 0);
}

static void live(struct input *input)
{
	union words last = { .report = { .worker = WORKER, .generation = GENERATION } };
	union words next = last;

	next.report.magic = REPORT_MAGIC;
	next.report.kind = REPORT_READY;
	while (input->size > 0) {
		uint8_t what = input_byte(input), argument = input_byte(input);
		size_t size = sizeof next;

		if (what < 2 * WORDS) {
			next.half[what % WORDS] += argument - (argument < 128 ? 0u : 256u);
			continue;
		} else if (what < 240) {
			next.half[what % WORDS] = argument * 0x01010101u;
			continue;
		} else if (what < 244) {
			write_and_read(&last, &next);
		} else if (what < 248) {
			size = argument % sizeof next;
		}
		if (pass(&last, &next, size))
			last = next;
		next = last;
		next.report.magic = REPORT_MAGIC;
		next.report.kind = last.report.kind == 0 ? REPORT_READY : REPORT_BEAT;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };

	_Static_assert(WORDS / 2 == REASONS_AT + REASONS + 2, "the layout is another one");
	if (pipe_fds[0] == -1)
		MUST(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) == 0);
	if (input_byte(&input) % 8 == 1)
		check_command(&input);
	else
		live(&input);
	return 0;
}
