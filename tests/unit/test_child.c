/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker as the supervisor sees it: most of it needs two pipes and no process. */
#include "supervisor/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MOST_AT_ONCE 1024 /* reports that one call reads */

struct both_ends {
	struct child child;
	int report_fd, command_fd; /* the worker's ends */
};

static int set_up(void **state)
{
	static struct both_ends ends;
	int report[2], command[2];

	signal(SIGPIPE, SIG_IGN);
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    pipe2(command, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	ends.report_fd = report[1];
	ends.command_fd = command[0];
	child_open(&ends.child, &(struct spawn_child){ 4711, report[0], command[1] }, 3, 2);
	*state = &ends;
	return 0;
}

static int tidy_up(void **state)
{
	struct both_ends *ends = *state;

	child_close(&ends->child);
	close(ends->report_fd);
	close(ends->command_fd);
	return 0;
}

static struct report report_of(enum report_kind kind, uint64_t accepted)
{
	return (struct report){
		.kind = kind, .worker = 3, .generation = 2, .counters = { .accepted = accepted }
	};
}

static void say(const struct both_ends *ends, enum report_kind kind, uint64_t accepted)
{
	struct report report = report_of(kind, accepted);

	assert_int_equal(report_write(ends->report_fd, &report), FRAME_DONE);
}

static void close_end(int *fd)
{
	assert_int_equal(close(*fd), 0);
	*fd = -1;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1 || errno != EBADF;
}

static void a_child_begins_with_nothing_said(void **state)
{
	const struct child *child = &((struct both_ends *)*state)->child;

	assert_int_equal(child->pid, 4711);
	assert_int_equal(child->last.kind, 0);
	assert_int_equal(child->last.worker, 3);
	assert_int_equal(child->last.generation, 2);
	assert_int_equal(child->last.counters.accepted, 0);
}

static void ready_is_told_once_and_the_last_report_kept(void **state)
{
	struct both_ends *ends = *state;
	struct child_news news = { true, true };
	struct err err;

	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_false(news.ready);
	say(ends, REPORT_READY, 0);
	say(ends, REPORT_BEAT, 7);
	say(ends, REPORT_BEAT, 9);
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_true(news.ready);
	assert_int_equal(ends->child.last.counters.accepted, 9);
	say(ends, REPORT_BEAT, 10);
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_false(news.ready);
	assert_int_equal(ends->child.last.counters.accepted, 10);
}

static void last_words_are_heard_before_the_end(void **state)
{
	struct both_ends *ends = *state;
	int fd = ends->child.report_fd;
	struct child_news news;
	struct err err;

	say(ends, REPORT_READY, 0);
	say(ends, REPORT_BEAT, 12);
	close_end(&ends->report_fd);
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_int_equal(ends->child.last.counters.accepted, 12);
	assert_int_equal(ends->child.report_fd, -1);
	assert_false(is_open(fd));
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_false(news.ready);
}

static void nonsense_is_told_and_nothing_read_after_it(void **state)
{
	struct both_ends *ends = *state;
	struct report report = report_of(REPORT_BEAT, 3);
	struct child_news news;
	struct err err = { 0 };

	say(ends, REPORT_READY, 0);
	say(ends, REPORT_BEAT, 5);
	assert_int_equal(report_write(ends->report_fd, &report), FRAME_DONE);
	assert_int_equal(child_read(&ends->child, &news, &err), -1);
	assert_string_equal(err.text, "counters that go back");
	assert_true(news.ready); /* that was no nonsense yet */
	assert_int_equal(ends->child.last.counters.accepted, 5);
	assert_int_equal(ends->child.report_fd, -1);
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_false(news.ready);
	assert_int_equal(ends->child.last.counters.accepted, 5);
}

static void a_flood_is_read_a_part_at_a_time(void **state)
{
	struct both_ends *ends = *state;
	struct report report = report_of(REPORT_READY, 0);
	int written = 0, left;
	struct child_news news;
	struct err err;

	fcntl(ends->report_fd, F_SETPIPE_SZ, 1 << 18); /* if it may not: then it is a pipe full */
	while (report_write(ends->report_fd, &report) == FRAME_DONE) {
		written++;
		report = report_of(REPORT_BEAT, (uint64_t)written);
	}
	assert_int_equal(child_read(&ends->child, &news, &err), 0);
	assert_int_equal(ioctl(ends->child.report_fd, FIONREAD, &left), 0);
	assert_true(left / (int)sizeof report >= written - MOST_AT_ONCE);
	assert_true(written < MOST_AT_ONCE || ends->child.last.counters.accepted > 0);
	while (left > 0) {
		assert_int_equal(child_read(&ends->child, &news, &err), 0);
		assert_int_equal(ioctl(ends->child.report_fd, FIONREAD, &left), 0);
	}
	assert_int_equal(ends->child.last.counters.accepted, written - 1);
}

static void commands_are_sent(void **state)
{
	struct both_ends *ends = *state;
	struct command command = { .kind = COMMAND_TOTALS, .number = 8 }, got;

	assert_int_equal(child_send(&ends->child, &command), 0);
	assert_int_equal(command_read(ends->command_fd, &got), FRAME_DONE);
	assert_int_equal(got.kind, COMMAND_TOTALS);
	assert_int_equal(got.number, 8);
}

static void a_worker_that_does_not_listen_is_told(void **state)
{
	struct both_ends *ends = *state;
	struct command command = { .kind = COMMAND_TOTALS };

	while (child_send(&ends->child, &command) == 0)
		;
	assert_int_equal(errno, EAGAIN);
	close_end(&ends->command_fd);
	assert_int_equal(child_send(&ends->child, &command), -1);
	assert_int_equal(errno, EPIPE);
}

static void close_leaves_no_descriptor_and_no_process(void **state)
{
	struct both_ends *ends = *state;
	int report_fd = ends->child.report_fd, command_fd = ends->child.command_fd;

	child_close(&ends->child);
	assert_false(is_open(report_fd));
	assert_false(is_open(command_fd));
	assert_int_equal(ends->child.pid, 0);
	assert_int_equal(ends->child.report_fd, -1);
	assert_int_equal(ends->child.command_fd, -1);
	assert_int_equal(ends->child.last.kind, 0);
}

static void kill_kills(void **state)
{
	struct both_ends *ends = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	assert_true(pid > 0); /* -1 would be everybody */
	ends->child.pid = pid;
	child_signal(&ends->child, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void ends_are_described(void **state)
{
	char text[CHILD_END_MAX];

	(void)state;
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGKILL), 0, text),
			    "killed by signal 9");
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGSEGV) | WCOREFLAG, 0, text),
			    "killed by signal 11");
	assert_string_equal(child_describe_end(W_EXITCODE(0, 0), 0, text), "exited with status 0");
	assert_string_equal(child_describe_end(W_EXITCODE(255, 0), 0, text),
			    "exited with status 255");
}

/* The worker itself has written the number: it counts only together with the signal. */
static void a_forbidden_call_is_named(void **state)
{
	char text[CHILD_END_MAX], expected[CHILD_END_MAX], name[FILTER_NAME_MAX];

	(void)state;
	snprintf(expected, sizeof expected, "killed: forbidden system call %s",
		 filter_name(SYS_openat + 1, name));
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGSYS), SYS_openat + 1, text),
			    expected);
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGSYS) | WCOREFLAG, 123456790, text),
			    "killed: forbidden system call 123456789");
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGSYS), UINT32_MAX, text),
			    "killed: forbidden system call -2");
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGSYS), 0, text),
			    "killed by signal 31");
	assert_string_equal(child_describe_end(W_EXITCODE(0, SIGKILL), SYS_openat + 1, text),
			    "killed by signal 9");
	assert_string_equal(child_describe_end(W_EXITCODE(1, 0), SYS_openat + 1, text),
			    "exited with status 1");
}

#define WITH_CHILD(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest child[] = {
		WITH_CHILD(a_child_begins_with_nothing_said),
		WITH_CHILD(ready_is_told_once_and_the_last_report_kept),
		WITH_CHILD(last_words_are_heard_before_the_end),
		WITH_CHILD(nonsense_is_told_and_nothing_read_after_it),
		WITH_CHILD(a_flood_is_read_a_part_at_a_time),
		WITH_CHILD(commands_are_sent),
		WITH_CHILD(a_worker_that_does_not_listen_is_told),
		WITH_CHILD(close_leaves_no_descriptor_and_no_process),
		WITH_CHILD(kill_kills),
		cmocka_unit_test(ends_are_described),
		cmocka_unit_test(a_forbidden_call_is_named),
	};

	return cmocka_run_group_tests(child, NULL, NULL) == 0 ? 0 : 1;
}
