/* SPDX-License-Identifier: BSD-2-Clause */
/* Forking: what a worker is born with and without. The children tell by their exit status what was
 * wrong. */
#include "supervisor/spawn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "descriptors.h"

static char title_text[64];
static const struct title title = { title_text, sizeof title_text };

static int wait_for(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Forks a worker that runs entry; nothing is in stdout's buffer that it could write again. */
static struct spawn_child spawn(int (*entry)(const struct worker_setup *setup),
				struct setup_listener *listeners, size_t count)
{
	struct spawn_plan plan = {
		.setup = { .index = 3,
			   .generation = 2,
			   .listeners = listeners,
			   .listener_count = count },
		.entry = entry,
		.title = &title,
		.log_level = LOG_LEVEL_DEBUG,
	};
	struct spawn_child child = { .pid = -1 };
	struct err err = { 0 };

	fflush(NULL);
	if (spawn_worker(&plan, &child, &err) == -1)
		fail_msg("%s", err.text);
	assert_true(child.pid > 0); /* -1 would be everybody */
	return child;
}

static void close_child(const struct spawn_child *child)
{
	close(child->report_fd);
	close(child->command_fd);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* Those that it was given, and no other below the limit of this test. */
static int look_at_descriptors(const struct worker_setup *setup)
{
	for (int fd = 0; fd < 256; fd++) {
		bool given =
			fd <= STDERR_FILENO || fd == setup->report_fd || fd == setup->command_fd;

		for (size_t i = 0; i < setup->listener_count; i++)
			given |= fd == setup->listeners[i].fd;
		if (is_open(fd) != given)
			return given ? 1 : 2;
	}
	return setup->listener_count == 3 ? 0 : 3;
}

static void a_worker_has_its_own_descriptors_and_no_others(void **state)
{
	struct setup_listener listeners[3];
	struct spawn_child child;
	int others[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		others[i] = open("/dev/null", O_RDONLY | (i % 2 ? O_CLOEXEC : 0));
	listeners[0] = (struct setup_listener){ .fd = others[13], .address = 0 }; /* not in order */
	listeners[1] = (struct setup_listener){ .fd = others[2], .address = 1 };
	listeners[2] = (struct setup_listener){ .fd = others[3], .address = 2 };
	child = spawn(look_at_descriptors, listeners, 3);
	assert_int_equal(wait_for(child.pid), 0);
	close_child(&child);
	for (int i = 0; i < 20; i++) {
		assert_true(is_open(others[i]));
		close(others[i]);
	}
}

static int look_at_signals(const struct worker_setup *setup)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGPIPE };
	struct sigaction action;
	sigset_t mask;
	int signo = 0;

	(void)setup;
	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
		if (sigaction(ignored[i], NULL, &action) == -1 || action.sa_handler != SIG_IGN)
			return 1;
	}
	if (sigaction(SIGCHLD, NULL, &action) == -1 || action.sa_handler != SIG_DFL)
		return 2;
	if (sigprocmask(SIG_BLOCK, NULL, &mask) == -1 || !sigisemptyset(&mask))
		return 3;
	if (prctl(PR_GET_PDEATHSIG, &signo) == -1 || signo != SIGKILL)
		return 4;
	return 0;
}

/* The supervisor blocks them, to read them from a descriptor. */
static void the_supervisors_signals_do_not_reach_a_worker(void **state)
{
	struct spawn_child child;
	sigset_t all, before;

	(void)state;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	child = spawn(look_at_signals, NULL, 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(wait_for(child.pid), 0);
	close_child(&child);
}

static int look_at_setup(const struct worker_setup *setup)
{
	int flags = fcntl(setup->report_fd, F_GETFL) & fcntl(setup->command_fd, F_GETFL);
	char byte;

	if (setup->index != 3 || setup->generation != 2)
		return 1;
	if (strcmp(title_text, "echod: worker 3 (generation 2)") != 0)
		return 6;
	if ((flags & O_NONBLOCK) == 0 || !log_wants(LOG_LEVEL_DEBUG))
		return 2;
	/* It says something, waits for an answer and then for the end of the pipe. */
	if (write(setup->report_fd, "r", 1) != 1)
		return 3;
	fcntl(setup->command_fd, F_SETFL, 0);
	if (read(setup->command_fd, &byte, 1) != 1 || byte != 'c')
		return 4;
	return read(setup->command_fd, &byte, 1) == 0 ? 42 : 5;
}

static void the_pipes_lead_to_the_supervisor_and_end_with_it(void **state)
{
	int before = count_descriptors();
	struct spawn_child child = spawn(look_at_setup, NULL, 0);
	struct pollfd report = { .fd = child.report_fd, .events = POLLIN };
	char byte;

	(void)state;
	assert_int_equal(count_descriptors(), before + 2);
	assert_true((fcntl(child.report_fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(child.command_fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(fcntl(child.report_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(child.command_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(poll(&report, 1, 20000), 1);
	assert_int_equal(read(child.report_fd, &byte, 1), 1);
	assert_int_equal(byte, 'r');
	assert_int_equal(write(child.command_fd, "c", 1), 1);
	close(child.command_fd);
	assert_int_equal(wait_for(child.pid), W_EXITCODE(42, 0)); /* what entry returns */
	assert_int_equal(read(child.report_fd, &byte, 1), 0);
	close(child.report_fd);
	assert_false(log_wants(LOG_LEVEL_DEBUG)); /* that was the worker's level */
	assert_string_equal(title_text, "");
}

static int sleep_for_ever(const struct worker_setup *setup)
{
	(void)setup;
	while (pause() == -1)
		;
	return 0;
}

/* The second worker would not hold the first one's pipes, and so keep it from seeing their end. */
static void workers_do_not_hold_each_others_pipes(void **state)
{
	struct spawn_child first = spawn(look_at_setup, NULL, 0),
			   second = spawn(sleep_for_ever, NULL, 0);

	(void)state;
	assert_int_equal(write(first.command_fd, "c", 1), 1);
	close(first.command_fd);
	assert_int_equal(wait_for(first.pid), W_EXITCODE(42, 0));
	close(first.report_fd);
	kill(second.pid, SIGKILL);
	wait_for(second.pid);
	close_child(&second);
}

/* The worker holds the pipe's end as if it were a listener: when it is closed, all have died. */
static void a_worker_dies_with_its_supervisor(void **state)
{
	int lifeline[2], ready[2], status;
	pid_t supervisor;
	struct pollfd end;
	char byte;

	(void)state;
	assert_int_equal(pipe(lifeline), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	supervisor = fork();
	if (supervisor == 0) {
		struct setup_listener held = { .fd = lifeline[1] };
		struct spawn_plan plan = { .setup = { .listeners = &held, .listener_count = 1 },
					   .entry = sleep_for_ever,
					   .title = &title };
		struct spawn_child child;
		struct err err;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (spawn_worker(&plan, &child, &err) == -1 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(supervisor > 0); /* -1 would be everybody */
	close(lifeline[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	kill(supervisor, SIGKILL);
	status = wait_for(supervisor);
	assert_true(WIFSIGNALED(status));
	end = (struct pollfd){ .fd = lifeline[0], .events = POLLIN };
	assert_int_equal(poll(&end, 1, 20000), 1);
	assert_int_equal(read(lifeline[0], &byte, 1), 0);
	close(lifeline[0]);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(a_worker_has_its_own_descriptors_and_no_others),
		cmocka_unit_test(the_supervisors_signals_do_not_reach_a_worker),
		cmocka_unit_test(the_pipes_lead_to_the_supervisor_and_end_with_it),
		cmocka_unit_test(workers_do_not_hold_each_others_pipes),
		cmocka_unit_test(a_worker_dies_with_its_supervisor),
	};

	return cmocka_run_group_tests_name("spawn", group, NULL, NULL) == 0 ? 0 : 1;
}
