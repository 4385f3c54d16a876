/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of the fleet: mostly pairs of pipes that stand for one, and once a real one. */
#include "supervisor/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "caught.h"
#include "common/clock.h"
#include "common/log.h"

#define WORKERS 3

static struct crew crew;
static int report_fds[WORKERS], command_fds[WORKERS]; /* the workers' ends */

/* Workers 0 to 2 of generation 2 with the pids 100 to 102, at the ids 1 to 3. */
static int set_up(void **state)
{
	struct err err;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	crew_init(&crew);
	if (crew_fit(&crew, WORKERS + 1, &err) == -1)
		return -1;
	for (unsigned i = 0; i < WORKERS; i++) {
		int report[2], command[2];

		if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1 ||
		    pipe2(command, O_CLOEXEC | O_NONBLOCK) == -1)
			return -1;
		child_open(&crew.children[i + 1],
			   &(struct spawn_child){ (pid_t)(100 + i), report[0], command[1] }, i, 2);
		report_fds[i] = report[1];
		command_fds[i] = command[0];
	}
	return 0;
}

static int tidy_up(void **state)
{
	(void)state;
	crew_clear(&crew);
	for (int i = 0; i < WORKERS; i++) {
		close(report_fds[i]);
		close(command_fds[i]);
	}
	return 0;
}

static void say(unsigned i, enum report_kind kind, uint32_t answer, struct counters counters)
{
	struct report report = {
		.kind = kind, .worker = i, .generation = 2, .answer = answer, .counters = counters
	};

	assert_int_equal(report_write(report_fds[i], &report), FRAME_DONE);
}

static void hear(unsigned i)
{
	struct child_news news;
	struct err err = { "" };

	if (child_read(&crew.children[i + 1], &news, &err) == -1)
		fail_msg("%s", err.text);
}

static void be_ready(unsigned i)
{
	say(i, REPORT_READY, 0, (struct counters){ 0 });
	hear(i);
}

static void answer(unsigned i, uint32_t number)
{
	say(i, REPORT_BEAT, number, (struct counters){ 0 });
	hear(i);
}

static void room_is_made_and_nobody_moved(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(crew_fit(&crew, 2, &err), 0);
	assert_int_equal(crew.capacity, WORKERS + 1);
	assert_int_equal(crew_fit(&crew, 500, &err), 0);
	assert_int_equal(crew.capacity, 500);
	assert_int_equal(crew.children[3].pid, 102);
	assert_int_equal(crew.children[499].pid, 0);
	assert_int_equal(crew.children[499].report_fd, -1);
	assert_int_equal(crew.children[499].command_fd, -1);
}

static void workers_are_found_by_their_pid(void **state)
{
	(void)state;
	assert_int_equal(crew_find(&crew, 100), 1);
	assert_int_equal(crew_find(&crew, 102), 3);
	assert_int_equal(crew_find(&crew, 103), -1);
}

static void last_words_are_kept_when_a_worker_is_buried(void **state)
{
	int report_fd = crew.children[2].report_fd, command_fd = crew.children[2].command_fd;

	(void)state;
	be_ready(1);
	say(1, REPORT_BEAT, 0, (struct counters){ 3, 10, 1, 500, 400, { 0 }, 0, 0 });
	say(1, REPORT_BEAT, 0,
	    (struct counters){ 4, 12, 2, 600, 500, { 0 }, 0, 0 }); /* not read yet */
	crew_bury(&crew, 2);
	assert_int_equal(crew.stats.gone[1].accepted, 12);
	assert_int_equal(crew.stats.gone[1].refused, 2);
	assert_int_equal(crew.stats.gone[1].bytes_in, 600);
	assert_int_equal(crew.stats.gone[1].bytes_out, 500);
	assert_int_equal(crew.stats.gone[1].active, 0);
	assert_int_equal(crew_find(&crew, 101), -1);
	assert_int_equal(fcntl(report_fd, F_GETFD), -1);
	assert_int_equal(fcntl(command_fd, F_GETFD), -1);
}

static void who_dies_in_nonsense_keeps_what_made_sense(void **state)
{
	(void)state;
	be_ready(1);
	say(1, REPORT_BEAT, 0, (struct counters){ 3, 10, 1, 500, 400, { 0 }, 0, 0 });
	say(1, REPORT_BEAT, 0, (struct counters){ 3, 9, 1, 500, 400, { 0 }, 0, 0 });
	crew_bury(&crew, 2);
	assert_int_equal(crew.stats.gone[1].accepted, 10);
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

static int report_and_leave(const struct worker_setup *setup)
{
	struct report report = { .kind = REPORT_READY,
				 .worker = setup->index,
				 .generation = setup->generation };

	if (report_write(setup->report_fd, &report) != FRAME_DONE)
		_exit(1);
	report.kind = REPORT_BEAT;
	report.counters.accepted = 7;
	_exit(report_write(setup->report_fd, &report) == FRAME_DONE ? 0 : 2);
}

static void a_real_worker_lives_and_is_buried(void **state)
{
	struct title title = { NULL, 0 };
	struct spawn_plan plan = { .setup = { .index = 5, .generation = 9 },
				   .entry = report_and_leave,
				   .title = &title };
	struct err err = { "" };
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	assert_int_equal(crew_spawn(&crew, 0, &plan, &err), 0);
	pid = crew.children[0].pid;
	assert_int_equal(crew_find(&crew, pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	crew_bury(&crew, 0);
	assert_int_equal(crew.stats.gone[5].accepted, 7);
	assert_int_equal(crew.children[0].pid, 0);
}

#define WITH_CREW(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_CREW(room_is_made_and_nobody_moved),
		WITH_CREW(workers_are_found_by_their_pid),
		WITH_CREW(last_words_are_kept_when_a_worker_is_buried),
		WITH_CREW(who_dies_in_nonsense_keeps_what_made_sense),
		WITH_CREW(everybody_is_asked_for_totals),
		WITH_CREW(who_owes_an_answer_is_not_asked_again),
		WITH_CREW(totals_are_due_when_all_have_answered),
		WITH_CREW(nobody_is_waited_for_beyond_the_limit),
		WITH_CREW(who_cannot_answer_is_not_waited_for),
		WITH_CREW(the_answer_that_is_owed_is_enough),
		WITH_CREW(totals_are_logged_by_the_fleets_states),
		WITH_CREW(a_real_worker_lives_and_is_buried),
	};

	return cmocka_run_group_tests_name("crew", group, NULL, NULL) == 0 ? 0 : 1;
}
