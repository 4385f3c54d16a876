/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands: what goes in comes out, and what is none is refused. */
#include "link/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pair.h"

static const struct command drain = {
	.magic = COMMAND_MAGIC,
	.kind = COMMAND_DRAIN,
	.drain_ms = 25000,
	.orphans = UINT64_C(0x8000000000000001),
};

/* Sends it as it is, unlike command_write. */
static enum frame_result pass(const struct command *command, struct command *got)
{
	assert_int_equal(frame_write(pair[1], command, sizeof *command), FRAME_DONE);
	return command_read(pair[0], got);
}

static void commands_arrive_as_they_were_sent(void **state)
{
	static const struct command table[] = {
		{ .kind = COMMAND_SERVE },
		{ .kind = COMMAND_SERVE, .detached = 1 },
		{ .kind = COMMAND_DRAIN, .drain_ms = 0 },
		{ .kind = COMMAND_DRAIN, .drain_ms = COMMAND_NO_DEADLINE, .orphans = UINT64_MAX },
		{ .kind = COMMAND_TOTALS, .number = UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct command sent = table[i], expected = table[i], got;

		sent.magic = sent.spare = 4711;
		expected.magic = COMMAND_MAGIC;
		assert_int_equal(command_write(pair[1], &sent), FRAME_DONE);
		assert_int_equal(command_read(pair[0], &got), FRAME_DONE);
		assert_memory_equal(&got, &expected, sizeof got);
	}
}

static void another_magic_is_refused(void **state)
{
	struct command got;

	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		struct command command = drain;

		command.magic ^= 1u << bit;
		assert_int_equal(pass(&command, &got), FRAME_BAD);
	}
	assert_int_equal(pass(&drain, &got), FRAME_DONE);
}

static void unknown_kinds_are_refused(void **state)
{
	static const uint32_t unknown[] = { 0, COMMAND_RELEASE + 1, 256 + COMMAND_SERVE,
					    UINT32_MAX };
	struct command got;

	(void)state;
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		struct command command = drain;

		command.kind = unknown[i];
		assert_int_equal(pass(&command, &got), FRAME_BAD);
	}
	for (uint32_t kind = COMMAND_SERVE; kind <= COMMAND_RELEASE; kind++) {
		struct command command = drain;

		command.kind = kind;
		assert_int_equal(pass(&command, &got), FRAME_DONE);
		assert_int_equal(got.kind, kind);
	}
}

static void pieces_of_a_command_are_refused(void **state)
{
	struct command got;

	(void)state;
	for (size_t size = 1; size < sizeof drain; size++) {
		assert_int_equal(write(pair[1], &drain, size), size);
		assert_int_equal(command_read(pair[0], &got), FRAME_BAD);
	}
}

static void nothing_and_the_end_are_told_apart(void **state)
{
	struct command command = drain;

	(void)state;
	assert_int_equal(command_read(pair[0], &command), FRAME_WAIT);
	command = drain;
	assert_int_equal(command_write(pair[1], &command), FRAME_DONE);
	close_end(&pair[1]);
	assert_int_equal(command_read(pair[0], &command), FRAME_DONE);
	assert_int_equal(command_read(pair[0], &command), FRAME_END);
}

static void a_full_or_broken_pipe_is_told(void **state)
{
	struct command command = drain;

	(void)state;
	while (command_write(pair[1], &command) == FRAME_DONE)
		;
	assert_int_equal(command_write(pair[1], &command), FRAME_WAIT);
	close_end(&pair[0]);
	assert_int_equal(command_write(pair[1], &command), FRAME_END);
}

int main(void)
{
	const struct CMUnitTest command[] = {
		WITH_PAIR(commands_arrive_as_they_were_sent),
		WITH_PAIR(another_magic_is_refused),
		WITH_PAIR(unknown_kinds_are_refused),
		WITH_PAIR(pieces_of_a_command_are_refused),
		WITH_PAIR(nothing_and_the_end_are_told_apart),
		WITH_PAIR(a_full_or_broken_pipe_is_told),
	};

	return cmocka_run_group_tests(command, NULL, NULL) == 0 ? 0 : 1;
}
