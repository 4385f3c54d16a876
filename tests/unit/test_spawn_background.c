/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parent of a daemon hears, and forks that fail. */
#include "supervisor/spawn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "descriptors.h"

static bool no_fork;

/* In place of libc's: a machine that has no room for a process is hard to come by. */
pid_t fork(void)
{
	pid_t (*next)(void);

	if (no_fork) {
		errno = EAGAIN;
		return -1;
	}
	*(void **)&next = dlsym(RTLD_NEXT, "fork");
	return next();
}

static const struct title title;

/* Is not reached: no worker comes to be. */
static int exit_with_98(const struct worker_setup *setup)
{
	(void)setup;
	_exit(98);
}

static void a_fork_that_fails_leaves_nothing_open(void **state)
{
	struct spawn_plan plan = { .entry = exit_with_98, .title = &title };
	struct spawn_child child;
	int before = count_descriptors(), notify_fd, status;
	struct err err = { 0 };

	(void)state;
	no_fork = true;
	assert_int_equal(spawn_worker(&plan, &child, &err), -1);
	assert_string_equal(err.text, "fork: Resource temporarily unavailable");
	assert_int_equal(spawn_background(&notify_fd, &status, &err), -1);
	no_fork = false;
	assert_int_equal(count_descriptors(), before);
}

static void pipes_that_fail_leave_nothing_open(void **state)
{
	struct spawn_plan plan = { .entry = exit_with_98, .title = &title };
	struct rlimit before, low;
	int descriptors = count_descriptors(), lowest = dup(STDERR_FILENO);

	(void)state;
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	for (int most = 0; most < 4; most++) {
		struct spawn_child child;
		struct err err = { 0 };
		int result;

		low.rlim_cur = (rlim_t)(lowest + most);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		result = spawn_worker(&plan, &child, &err);
		setrlimit(RLIMIT_NOFILE, &before);
		assert_int_equal(result, -1);
		assert_string_equal(err.text, "pipe2: Too many open files");
		assert_int_equal(count_descriptors(), descriptors);
	}
}

/* What the daemon does before it is well, or instead. */
static void tell_all_is_well(int notify_fd)
{
	spawn_notify(notify_fd);
	_exit(getsid(0) == getpid() && fcntl(notify_fd, F_GETFD) == -1 ? 7 : 8);
}

static void exit_with_3(int notify_fd)
{
	(void)notify_fd;
	_exit(3);
}

static void exit_with_0(int notify_fd)
{
	(void)notify_fd;
	_exit(0);
}

static void be_killed(int notify_fd)
{
	(void)notify_fd;
	raise(SIGKILL);
}

static void the_parent_of_a_daemon_waits_for_what_it_says(void **state)
{
	static const struct {
		void (*daemon)(int notify_fd);
		int status;
	} table[] = {
		{ tell_all_is_well, 0 },
		{ exit_with_3, 3 },
		{ exit_with_0, 1 }, /* it never served */
		{ be_killed, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int notify_fd = -1, status = 4711, before = count_descriptors();
		struct err err;
		int parent;

		fflush(NULL);
		parent = spawn_background(&notify_fd, &status, &err);
		if (parent == 0) {
			table[i].daemon(notify_fd);
			_exit(99);
		}
		assert_int_equal(parent, 1);
		assert_int_equal(status, table[i].status);
		close(notify_fd); /* the parent would have exited */
		assert_true(count_descriptors() <= before + 1);
		if (i == 0) {
			assert_int_equal(waitpid(-1, &status, 0) > 0, 1);
			assert_int_equal(status, W_EXITCODE(7, 0));
		}
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(a_fork_that_fails_leaves_nothing_open),
		cmocka_unit_test(pipes_that_fail_leave_nothing_open),
		cmocka_unit_test(the_parent_of_a_daemon_waits_for_what_it_says),
	};

	return cmocka_run_group_tests_name("spawn_background", group, NULL, NULL) == 0 ? 0 : 1;
}
