/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker's end of the pipes: what it reports and when, and what it makes of commands. */
#include "worker/uplink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"

static struct uplink uplink;
static struct counters counters;
static struct command heard; /* by on_command */
static unsigned commands, gone, beats;
static int report_fd, command_fd; /* the supervisor's ends */
static struct report last;

static void on_command(void *context, const struct command *command)
{
	assert_ptr_equal(context, &uplink);
	heard = *command;
	commands++;
}

static void on_beat(void *context)
{
	assert_ptr_equal(context, &uplink);
	beats++;
}

static void on_gone(void *context)
{
	assert_ptr_equal(context, &uplink);
	gone++;
}

static int set_up(void **state)
{
	int report[2], command[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    pipe2(command, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	report_fd = report[0];
	command_fd = command[1];
	commands = gone = beats = 0;
	counters = (struct counters){ 1, 5, 2, 100, 90, { 0 }, 0, 0 };
	last = (struct report){ .worker = 3, .generation = 2 };
	base = event_base_new();
	uplink = (struct uplink){ .base = base,
				  .counters = &counters,
				  .on_command = on_command,
				  .on_beat = on_beat,
				  .on_gone = on_gone,
				  .context = &uplink };
	return base == NULL
		       ? -1
		       : uplink_open(&uplink, &(struct worker_setup){ .index = 3,
								      .generation = 2,
								      .beat_ms = REPORT_INTERVAL_MS,
								      .report_fd = report[1],
								      .command_fd = command[0] });
}

static int tidy_up(void **state)
{
	(void)state;
	uplink_close(&uplink);
	event_base_free(base);
	close(report_fd);
	close(command_fd);
	return 0;
}

/* The next report, checked as the supervisor does. */
static bool report(void)
{
	struct report next;
	struct err err;
	enum frame_result result = report_read(report_fd, &last, &next, &err);

	if (result == FRAME_BAD)
		fail_msg("%s", err.text);
	if (result == FRAME_DONE)
		last = next;
	return result == FRAME_DONE;
}

static void tell(struct command command)
{
	assert_int_equal(command_write(command_fd, &command), FRAME_DONE);
}

static void ready_comes_first(void **state)
{
	(void)state;
	assert_false(report());
	assert_int_equal(uplink_ready(&uplink), 0);
	assert_true(report());
	assert_int_equal(last.kind, REPORT_READY);
	assert_int_equal(last.worker, 3);
	assert_int_equal(last.generation, 2);
	assert_int_equal(last.answer, 0);
	assert_memory_equal(&last.counters, &counters, sizeof counters);
	assert_false(report());
}

static void without_a_supervisor_ready_fails(void **state)
{
	(void)state;
	close(report_fd);
	report_fd = -1;
	assert_int_equal(uplink_ready(&uplink), -1);
}

static void a_question_is_answered_at_once(void **state)
{
	(void)state;
	uplink_ready(&uplink);
	report();
	counters.bytes_in = 200;
	tell((struct command){ .kind = COMMAND_TOTALS, .number = 7 });
	turn();
	assert_true(report());
	assert_int_equal(last.kind, REPORT_BEAT);
	assert_int_equal(last.answer, 7);
	assert_int_equal(last.counters.bytes_in, 200);
	assert_false(report());
	assert_int_equal(commands, 0);
}

static void other_commands_are_passed_on(void **state)
{
	(void)state;
	tell((struct command){ .kind = COMMAND_SERVE, .detached = 1 });
	tell((struct command){ .kind = COMMAND_DRAIN, .drain_ms = 25, .orphans = 6 });
	turn();
	assert_int_equal(commands, 1);
	assert_int_equal(heard.kind, COMMAND_SERVE);
	assert_int_equal(heard.detached, 1);
	turn();
	assert_int_equal(commands, 2);
	assert_int_equal(heard.kind, COMMAND_DRAIN);
	assert_int_equal(heard.drain_ms, 25);
	assert_int_equal(heard.orphans, 6);
	turn();
	assert_int_equal(commands, 2);
	assert_int_equal(gone, 0);
	assert_false(report());
}

static void the_heart_beats(void **state)
{
	uint64_t begin = clock_ms();

	(void)state;
	uplink_ready(&uplink);
	report();
	assert_int_equal(beats, 0);
	while (!report())
		assert_true(event_base_loop(base, EVLOOP_ONCE) != -1);
	assert_int_equal(beats, 1);
	assert_true(clock_ms() - begin >= REPORT_INTERVAL_MS / 2);
	assert_true(clock_ms() - begin < 30 * REPORT_INTERVAL_MS);
	assert_int_equal(last.kind, REPORT_BEAT);
	assert_int_equal(last.answer, 0);
}

/* Told once, and the loop does not spin on the end of the pipe. */
static void a_supervisor_that_is_gone_is_told_once(void **state)
{
	(void)state;
	tell((struct command){ .kind = COMMAND_SERVE });
	close(command_fd);
	command_fd = -1;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(commands, 1);
	assert_int_equal(gone, 1);
}

static void a_supervisor_that_makes_no_sense_is_gone(void **state)
{
	static const struct command nonsense = { .magic = COMMAND_MAGIC, .kind = 99 };

	(void)state;
	assert_int_equal(frame_write(command_fd, &nonsense, sizeof nonsense), FRAME_DONE);
	tell((struct command){ .kind = COMMAND_SERVE });
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(gone, 1);
	assert_int_equal(commands, 0);
}

/* Reports that find no room are dropped; the next one says it all. */
static void a_supervisor_that_does_not_read_holds_nobody_up(void **state)
{
	unsigned seen = 0;

	(void)state;
	uplink_ready(&uplink);
	for (uint32_t i = 1; i <= 3000; i++) {
		tell((struct command){ .kind = COMMAND_TOTALS, .number = i });
		turn();
	}
	while (report())
		seen++;
	assert_true(seen > 0 && seen < 3000);
	counters.accepted = 50;
	tell((struct command){ .kind = COMMAND_TOTALS, .number = 3001 });
	turn();
	assert_true(report());
	assert_int_equal(last.answer, 3001);
	assert_int_equal(last.counters.accepted, 50);
}

static void the_last_report_comes_at_the_end(void **state)
{
	(void)state;
	uplink_ready(&uplink);
	counters = (struct counters){ 0, 6, 2, 300, 300, { 0 }, 0, 0 };
	uplink_close(&uplink);
	assert_true(report());
	assert_true(report());
	assert_int_equal(last.kind, REPORT_BEAT);
	assert_memory_equal(&last.counters, &counters, sizeof counters);
	assert_int_equal(frame_read(report_fd, &last, sizeof last), FRAME_END);
	assert_int_equal(write(command_fd, "", 1), -1); /* its other end is closed, too */
	close(report_fd);
	close(command_fd);
	event_base_free(base);
}

#define WITH_UPLINK(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_UPLINK(ready_comes_first),
		WITH_UPLINK(without_a_supervisor_ready_fails),
		WITH_UPLINK(a_question_is_answered_at_once),
		WITH_UPLINK(other_commands_are_passed_on),
		WITH_UPLINK(the_heart_beats),
		WITH_UPLINK(a_supervisor_that_is_gone_is_told_once),
		WITH_UPLINK(a_supervisor_that_makes_no_sense_is_gone),
		WITH_UPLINK(a_supervisor_that_does_not_read_holds_nobody_up),
		cmocka_unit_test_setup(the_last_report_comes_at_the_end, set_up),
	};

	return cmocka_run_group_tests_name("uplink", group, NULL, NULL) == 0 ? 0 : 1;
}
