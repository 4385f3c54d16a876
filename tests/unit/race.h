/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that all do the same at once, round by round. Included once by a test program;
 * everything is static.
 */
#ifndef ECHOD_TEST_RACE_H
#define ECHOD_TEST_RACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define RACERS 4

/* What the racers share, beside what they race for. */
struct race {
	uint32_t places;
	_Atomic uint32_t arrived; /* at the barriers, over all rounds */
	_Atomic uint32_t holders; /* places that are held */
	_Atomic uint32_t most;    /* holders that there ever were */
};

static inline struct race *new_race(uint32_t places)
{
	struct race *race =
		mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(race != MAP_FAILED);
	race->places = places;
	return race;
}

static inline void free_race(struct race *race)
{
	munmap(race, sizeof *race);
}

/* Barriers are counted from 0, and nobody may leave one out. */
static inline void wait_for_all(struct race *race, unsigned barrier)
{
	atomic_fetch_add(&race->arrived, 1);
	while (atomic_load(&race->arrived) < (barrier + 1) * RACERS)
		sched_yield();
}

/* Runs it in RACERS processes at once, with ids from 0; all have to return 0. */
static inline void run_racers(struct race *race, int (*run)(struct race *race, size_t id))
{
	pid_t pids[RACERS];
	int status;

	for (size_t id = 0; id < RACERS; id++) {
		pids[id] = fork();
		if (pids[id] == 0)
			_exit(run(race, id));
		assert_true(pids[id] > 0);
	}
	for (size_t id = 0; id < RACERS; id++) {
		assert_int_equal(waitpid(pids[id], &status, 0), pids[id]);
		assert_int_equal(status, 0);
	}
}

#endif
