/* SPDX-License-Identifier: BSD-2-Clause */
/* The statistics: what the dead have done is kept, shown once, and in the total for ever. */
#include "supervisor/stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "caught.h"
#include "common/log.h"

static struct stats stats;

static int set_up(void **state)
{
	(void)state;
	memset(&stats, 0, sizeof stats);
	return catch_stderr();
}

static int tidy_up(void **state)
{
	(void)state;
	return release_stderr();
}

static void retire(unsigned worker, struct counters counters)
{
	struct report last = { .worker = worker, .generation = 1, .counters = counters };

	stats_retire(&stats, &last);
}

static void without_workers_there_is_a_total(void **state)
{
	(void)state;
	stats_log(&stats, NULL, 0, 8);
	assert_caught(
		"echod: stats total workers=8 active=0 accepted=0 refused=0 bytes_in=0 bytes_out=0 "
		"restarts=0\n");
}

static void each_worker_has_a_line_and_the_total_comes_last(void **state)
{
	static const struct stats_worker list[] = {
		{ 0, 2, 411, "running", true, { 1, 10, 2, 100, 90, { 0 }, 0, 0 } },
		{ 3,
		  2,
		  412,
		  "running",
		  true,
		  { 17, 1042, 0, 5000000000, 4000000000, { 0 }, 0, 0 } },
		{ 1, 2, 0, "waiting", true, { 0, 0, 0, 0, 0, { 0 }, 0, 0 } },
	};

	(void)state;
	stats.restarts = 5;
	stats_log(&stats, list, 3, 4);
	assert_caught(
		"echod: stats worker=0 pid=411 generation=2 state=running active=1 accepted=10 refused=2 "
		"bytes_in=100 bytes_out=90\n"
		"echod: stats worker=3 pid=412 generation=2 state=running active=17 accepted=1042 refused=0 "
		"bytes_in=5000000000 bytes_out=4000000000\n"
		"echod: stats worker=1 pid=0 generation=2 state=waiting active=0 accepted=0 refused=0 "
		"bytes_in=0 bytes_out=0\n"
		"echod: stats total workers=4 active=18 accepted=1052 refused=2 bytes_in=5000000100 "
		"bytes_out=4000000090 restarts=5\n");
}

/* Only what is not 0, in a line before the total. */
static void reasons_are_added_up(void **state)
{
	struct stats_worker list[] = {
		{ 0, 2, 411, "running", true, { 0, 7, 7, 0, 0, { 0 }, 0, 0 } },
	};

	(void)state;
	list[0].counters.reasons[REASON_NO_MEMORY] = 7;
	retire(0, (struct counters){ 0, 2, 2, 0, 0, { [REASON_NO_MEMORY] = 2 }, 0, 0 });
	stats_log(&stats, list, 1, 1);
	assert_caught(
		"echod: stats worker=0 pid=411 generation=2 state=running active=0 accepted=9 "
		"refused=9 bytes_in=0 bytes_out=0\n"
		"echod: stats reasons no-memory=9\n"
		"echod: stats total workers=1 active=0 accepted=9 refused=9 bytes_in=0 "
		"bytes_out=0 restarts=0\n");
}

/* A server of streams alone has no such line. */
static void datagrams_have_a_line_if_there_were_any(void **state)
{
	struct stats_worker list[] = {
		{ 0, 2, 411, "running", true, { 0, 0, 0, 60, 40, { 0 }, 6, 4 } },
	};

	(void)state;
	retire(0, (struct counters){ 0, 0, 0, 30, 20, { 0 }, 3, 2 });
	stats_log(&stats, list, 1, 1);
	assert_caught("echod: stats worker=0 pid=411 generation=2 state=running active=0 "
		      "accepted=0 refused=0 bytes_in=90 bytes_out=60\n"
		      "echod: stats datagrams in=9 out=6\n"
		      "echod: stats total workers=1 active=0 accepted=0 refused=0 bytes_in=90 "
		      "bytes_out=60 restarts=0\n");
}

static void the_dead_count_but_have_no_connections(void **state)
{
	(void)state;
	retire(2, (struct counters){ 3, 10, 1, 100, 90, { 0 }, 0, 0 });
	retire(2, (struct counters){ 4, 20, 2, 200, 190, { 0 }, 0, 0 });
	retire(CONF_WORKERS_MAX - 1, (struct counters){ 5, 1, 1, 1, 1, { 0 }, 0, 0 });
	stats_log(&stats, NULL, 0, 1);
	assert_caught("echod: stats total workers=1 active=0 accepted=31 refused=4 bytes_in=301 "
		      "bytes_out=281 restarts=0\n");
}

/* Two generations with a worker 2: what the dead did is the heir's, and in the total only once. */
static void the_heir_has_what_the_dead_did(void **state)
{
	static const struct stats_worker list[] = {
		{ 2, 1, 7, "draining", false, { 1, 5, 0, 50, 50, { 0 }, 0, 0 } },
		{ 2, 2, 8, "running", true, { 2, 6, 0, 60, 60, { 0 }, 0, 0 } },
		{ 1, 2, 9, "running", true, { 0, 1, 0, 1, 1, { 0 }, 0, 0 } },
	};

	(void)state;
	retire(2, (struct counters){ 9, 100, 3, 1000, 900, { 0 }, 0, 0 });
	stats_log(&stats, list, 3, 3);
	assert_caught(
		"echod: stats worker=2 pid=7 generation=1 state=draining active=1 accepted=5 "
		"refused=0 bytes_in=50 bytes_out=50\n"
		"echod: stats worker=2 pid=8 generation=2 state=running active=2 accepted=106 "
		"refused=3 bytes_in=1060 bytes_out=960\n"
		"echod: stats worker=1 pid=9 generation=2 state=running active=0 accepted=1 "
		"refused=0 bytes_in=1 bytes_out=1\n"
		"echod: stats total workers=3 active=3 accepted=112 refused=3 bytes_in=1111 "
		"bytes_out=1011 restarts=0\n");
}

/* One that dies and comes back: neither its line nor the total goes back. */
static void totals_do_not_go_back_at_a_death(void **state)
{
	struct stats_worker worker = {
		0, 1, 5, "running", true, { 4, 50, 1, 500, 400, { 0 }, 0, 0 }
	};

	(void)state;
	retire(0, worker.counters);
	worker.counters = (struct counters){ 0 };
	worker.pid = 0;
	worker.state = "waiting";
	stats_log(&stats, &worker, 1, 1);
	assert_caught("echod: stats worker=0 pid=0 generation=1 state=waiting active=0 accepted=50 "
		      "refused=1 bytes_in=500 bytes_out=400\n"
		      "echod: stats total workers=1 active=0 accepted=50 refused=1 bytes_in=500 "
		      "bytes_out=400 restarts=0\n");
}

static void they_do_not_ask_for_the_level(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	stats_log(&stats, NULL, 0, 8);
	log_set_level(LOG_LEVEL_NOTICE);
	assert_non_null(strstr(caught(), "stats total workers=8 "));
}

#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		CAUGHT(without_workers_there_is_a_total),
		CAUGHT(each_worker_has_a_line_and_the_total_comes_last),
		CAUGHT(reasons_are_added_up),
		CAUGHT(datagrams_have_a_line_if_there_were_any),
		CAUGHT(the_dead_count_but_have_no_connections),
		CAUGHT(the_heir_has_what_the_dead_did),
		CAUGHT(totals_do_not_go_back_at_a_death),
		CAUGHT(they_do_not_ask_for_the_level),
	};

	return cmocka_run_group_tests_name("stats", group, NULL, NULL) == 0 ? 0 : 1;
}
