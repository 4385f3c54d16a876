/* SPDX-License-Identifier: BSD-2-Clause */
/* The log when nobody reads it, or nobody is there: nothing blocks, and lost lines are counted. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void errno_survives(void **state)
{
	(void)state;
	errno = ERANGE;
	log_error("x");
	assert_int_equal(errno, ERANGE);
	close(STDERR_FILENO);
	log_error("x");
	assert_int_equal(errno, ERANGE);
}

/* Standard error becomes the write end of a pipe; returns the read end. */
static int pipe_stderr(void)
{
	int pair[2];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	close(pair[1]);
	return pair[0];
}

/* Until nothing more goes in; the pipe blocks again afterwards. */
static void fill(int fd)
{
	static const char zeros[4096];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, zeros, sizeof zeros) > 0 || write(fd, zeros, 1) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}

static void drain(int fd)
{
	static char bytes[1 << 16];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (read(fd, bytes, sizeof bytes) > 0)
		;
}

static void a_full_pipe_loses_lines_and_counts_them(void **state)
{
	char text[256];
	int reader = pipe_stderr();
	ssize_t length;

	(void)state;
	fill(STDERR_FILENO);
	alarm(20); /* who blocks here, blocks for ever */
	for (int i = 0; i < 3; i++)
		log_error("lost");
	drain(reader);
	log_error("seen");
	log_error("again");
	alarm(0);
	length = read(reader, text, sizeof text - 1);
	text[length < 0 ? 0 : length] = '\0';
	close(reader);
	assert_string_equal(text, "echod: 3 lines were lost: nobody read them\n"
				  "echod: seen\n"
				  "echod: again\n");
}

static void a_reader_that_has_left_is_no_harm(void **state)
{
	sighandler_t before = signal(SIGPIPE, SIG_IGN);
	int file = dup(STDERR_FILENO), reader = pipe_stderr();

	(void)state;
	close(reader);
	errno = ERANGE;
	for (int i = 0; i < 3; i++)
		log_error("to nobody");
	assert_int_equal(errno, ERANGE);
	signal(SIGPIPE, before);
	dup2(file, STDERR_FILENO);
	close(file);
	log_error("x");
	assert_non_null(strstr(caught(), " lines were lost: nobody read them\nechod: x\n"));
}

static bool is_null(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

/* In a child: 0 if all is well, else the number of what is wrong. */
static int detach(void)
{
	errno = ERANGE;
	log_detach();
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (!is_null(fd))
			return 1 + fd;
	}
	log_error("a test of echod: to be overlooked");
	return 0;
}

/* The same without a descriptor to spare: what it needs has been opened before. */
static int detach_settled(void)
{
	struct rlimit limit;
	int null;

	log_settle(true);
	null = dup(STDERR_FILENO); /* the lowest free number */
	close(null);
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 10;
	limit.rlim_cur = (rlim_t)null; /* the hard limit may not be ours to set (valgrind) */
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		return 11;
	return detach();
}

static void run_detached(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_caught("");
}

static void detached_it_leaves_the_terminal(void **state)
{
	(void)state;
	run_detached(detach);
}

static void settled_it_opens_nothing_to_leave_the_terminal(void **state)
{
	(void)state;
	run_detached(detach_settled);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		CAUGHT(errno_survives),
		CAUGHT(a_full_pipe_loses_lines_and_counts_them),
		CAUGHT(a_reader_that_has_left_is_no_harm),
		CAUGHT(detached_it_leaves_the_terminal),
		CAUGHT(settled_it_opens_nothing_to_leave_the_terminal),
	};

	return cmocka_run_group_tests_name("log_reader", group, NULL, NULL) == 0 ? 0 : 1;
}
