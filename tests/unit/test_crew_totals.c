/* SPDX-License-Identifier: BSD-2-Clause */
/* The totals: who is asked for them, who is waited for, and what is logged. */
#include "crew.h"

#include "caught.h"
#include "common/clock.h"

static void answer(unsigned i, uint32_t number)
{
	say(i, REPORT_BEAT, number, (struct counters){ 0 });
	hear(i);
}

static void everybody_is_asked_for_totals(void **state)
{
	(void)state;
	crew_ask_totals(&crew, 1000);
	assert_int_equal(crew.totals_number, 1);
	assert_int_equal(crew.totals_deadline_ms, 1000 + CREW_TOTALS_MS);
	for (int i = 0; i < WORKERS; i++) {
		struct command command;

		assert_int_equal(command_read(command_fds[i], &command), FRAME_DONE);
		assert_int_equal(command.kind, COMMAND_TOTALS);
		assert_int_equal(command.number, 1);
	}
}

/* One that hangs must not find its pipe full of questions when there is an order for it. */
static void who_owes_an_answer_is_not_asked_again(void **state)
{
	struct command command = { .kind = COMMAND_DRAIN };

	(void)state;
	be_ready(0);
	for (int i = 0; i < 3000; i++)
		crew_ask_totals(&crew, 1000);
	assert_int_equal(child_send(&crew.children[1], &command), 0);
	assert_int_equal(command_read(command_fds[0], &command), FRAME_DONE);
	assert_int_equal(command.kind, COMMAND_TOTALS);
	assert_int_equal(command_read(command_fds[0], &command), FRAME_DONE);
	assert_int_equal(command.kind, COMMAND_DRAIN);
	answer(0, 1);
	crew_ask_totals(&crew, 2000);
	assert_int_equal(command_read(command_fds[0], &command), FRAME_DONE);
	assert_int_equal(command.number, 3001);
}

static void totals_are_due_when_all_have_answered(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WORKERS; i++)
		be_ready(i);
	assert_false(crew_totals_due(&crew, 1000)); /* nobody has asked */
	crew_ask_totals(&crew, 1000);
	assert_false(crew_totals_due(&crew, 1000));
	answer(0, 1);
	answer(2, 1);
	assert_false(crew_totals_due(&crew, 1000));
	answer(1, 1);
	assert_true(crew_totals_due(&crew, 1000));
}

static void nobody_is_waited_for_beyond_the_limit(void **state)
{
	(void)state;
	be_ready(0);
	crew_ask_totals(&crew, 1000);
	assert_false(crew_totals_due(&crew, 1000 + CREW_TOTALS_MS - 1));
	assert_true(crew_totals_due(&crew, 1000 + CREW_TOTALS_MS));
}

/* Neither one that is not ready yet, nor one that has gone or closed its pipe. */
static void who_cannot_answer_is_not_waited_for(void **state)
{
	(void)state;
	be_ready(1);
	be_ready(2);
	crew_ask_totals(&crew, 1000);
	answer(2, 1);
	assert_false(crew_totals_due(&crew, 1000));
	close(report_fds[1]);
	report_fds[1] = -1;
	hear(1);
	assert_true(crew_totals_due(&crew, 1000));
}

/* It was not asked again, so no other answer will come. */
static void the_answer_that_is_owed_is_enough(void **state)
{
	(void)state;
	be_ready(0);
	crew_ask_totals(&crew, 1000);
	crew_ask_totals(&crew, 1100); /* does not put off the first one */
	assert_int_equal(crew.totals_deadline_ms, 1000 + CREW_TOTALS_MS);
	assert_false(crew_totals_due(&crew, 1100));
	answer(0, 1);
	assert_true(crew_totals_due(&crew, 1100));
}

/* Every state has its name, and the lines are those of the fleet. */
static void totals_are_logged_by_the_fleets_states(void **state)
{
	static struct fleet_worker workers[] = {
		{ .state = FLEET_FREE },
		{ .state = FLEET_SERVING, .index = 0, .generation = 2 },
		{ .state = FLEET_DRAINING, .index = 1, .generation = 1 },
		{ .state = FLEET_STARTING, .index = 2, .generation = 2 },
		{ .state = FLEET_READY, .index = 3, .generation = 3 },
		{ .state = FLEET_WAITING, .index = 4, .generation = 2 },
		{ .state = FLEET_FAILED, .index = 5, .generation = 2 },
	};
	struct fleet fleet = { .workers = workers, .capacity = 7, .serving = 2 };
	const char *text;
	struct err err;

	(void)state;
	assert_int_equal(crew_fit(&crew, 7, &err), 0);
	be_ready(0);
	say(0, REPORT_BEAT, 0, (struct counters){ 1, 2, 0, 30, 20, { 0 }, 0, 0 });
	hear(0);
	crew.stats.gone[0].accepted = 100;
	crew_ask_totals(&crew, 1000);
	assert_int_equal(catch_stderr(), 0);
	crew_log_totals(&crew, &fleet, 6);
	text = caught();
	release_stderr();
#define NOTHING "active=0 accepted=0 refused=0 bytes_in=0 bytes_out=0"
	assert_string_equal(
		text,
		"echod: stats worker=0 pid=100 generation=2 state=running active=1 accepted=102 "
		"refused=0 bytes_in=30 bytes_out=20\n"
		"echod: stats worker=1 pid=101 generation=1 state=draining " NOTHING "\n"
		"echod: stats worker=2 pid=102 generation=2 state=starting " NOTHING "\n"
		"echod: stats worker=3 pid=0 generation=3 state=ready " NOTHING "\n"
		"echod: stats worker=4 pid=0 generation=2 state=waiting " NOTHING "\n"
		"echod: stats worker=5 pid=0 generation=2 state=failed " NOTHING "\n"
		"echod: stats total workers=6 active=1 accepted=102 refused=0 bytes_in=30 bytes_out=20 "
		"restarts=0\n");
	assert_true(crew.totals_deadline_ms == CLOCK_NEVER);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_CREW(everybody_is_asked_for_totals),
		WITH_CREW(who_owes_an_answer_is_not_asked_again),
		WITH_CREW(totals_are_due_when_all_have_answered),
		WITH_CREW(nobody_is_waited_for_beyond_the_limit),
		WITH_CREW(who_cannot_answer_is_not_waited_for),
		WITH_CREW(the_answer_that_is_owed_is_enough),
		WITH_CREW(totals_are_logged_by_the_fleets_states),
	};

	return cmocka_run_group_tests_name("crew_totals", group, NULL, NULL) == 0 ? 0 : 1;
}
