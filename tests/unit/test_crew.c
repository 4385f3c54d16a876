/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of the fleet: mostly pairs of pipes that stand for one, and once a real one. */
#include "crew.h"

#include <stdio.h>
#include <sys/wait.h>

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
	struct err err = { 0 };
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

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_CREW(room_is_made_and_nobody_moved),
		WITH_CREW(workers_are_found_by_their_pid),
		WITH_CREW(last_words_are_kept_when_a_worker_is_buried),
		WITH_CREW(who_dies_in_nonsense_keeps_what_made_sense),
		WITH_CREW(a_real_worker_lives_and_is_buried),
	};

	return cmocka_run_group_tests_name("crew", group, NULL, NULL) == 0 ? 0 : 1;
}
