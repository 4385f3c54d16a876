/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file: who has the lock has it alone, what is stale is taken over, what is no plain file
 * is not touched. */
#include "supervisor/pidfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "folder.h"

static char other[PATH_MAX]; /* a second file in the folder */
static int steals;           /* how often the file vanishes between open and lock */
static int lock_errno;
static mode_t mode_at_lock; /* of the file, as soon as others could have seen it */

static mode_t mode_of(int fd)
{
	struct stat st = { 0 };

	fstat(fd, &st);
	return st.st_mode & 07777;
}

/* In place of libc's: the last owner may remove the file just before, and a file system may have no
 * locks. */
int flock(int fd, int operation)
{
	mode_at_lock = mode_of(fd);
	if (steals > 0) {
		steals--;
		unlink(path);
	}
	if (lock_errno != 0) {
		errno = lock_errno;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static int set_up(void **state)
{
	(void)state;
	steals = lock_errno = 0;
	if (make_folder("echod.pid") == -1)
		return -1;
	snprintf(other, sizeof other, "%s/other", folder);
	return 0;
}

static int tidy_up(void **state)
{
	(void)state;
	unlink(other);
	return remove_folder();
}

static void assert_content(const char *name, const char *expected)
{
	char text[64];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t length = read(fd, text, sizeof text - 1);

	assert_true(length >= 0);
	text[length] = '\0';
	close(fd);
	assert_string_equal(text, expected);
}

static const char *own_pid(void)
{
	static char text[32];

	snprintf(text, sizeof text, "%ld\n", (long)getpid());
	return text;
}

static int must_open_with(mode_t mode)
{
	struct err err = { 0 };
	int fd = pidfile_open(path, mode, &err);

	if (fd == -1)
		fail_msg("%s", err.text);
	return fd;
}

static int must_open(void)
{
	return must_open_with(0644);
}

static void assert_refused(const char *why)
{
	struct err err = { 0 };
	char expected[2 * PATH_MAX];

	snprintf(expected, sizeof expected, "%s: %s", path, why);
	assert_int_equal(pidfile_open(path, 0644, &err), -1);
	assert_string_equal(err.text, expected);
}

static bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static void it_holds_the_pid_and_goes_away(void **state)
{
	int fd = must_open();

	(void)state;
	assert_content(path, own_pid());
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	pidfile_close(path, fd);
	assert_false(exists(path));
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void a_second_one_is_refused_by_the_first_ones_name(void **state)
{
	char why[128];
	int fd = must_open();

	(void)state;
	snprintf(why, sizeof why, "locked by process %ld: echod is running already",
		 (long)getpid());
	assert_refused(why);
	assert_content(path, own_pid());
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_refused("locked: echod is running already");
	pidfile_close(path, fd);
	pidfile_close(path, must_open());
}

/* Not even for a moment; the umask may take away more. */
static void nobody_is_given_more_than_the_mode(void **state)
{
	mode_t before = umask(0);
	int fd = must_open_with(0600);

	(void)state;
	assert_int_equal(mode_at_lock, 0600);
	pidfile_close(path, fd);
	umask(027);
	fd = must_open_with(0644);
	assert_int_equal(mode_of(fd), 0640);
	pidfile_close(path, fd);
	umask(before);
}

static void what_was_left_keeps_no_more_than_the_mode(void **state)
{
	int fd;

	(void)state;
	put(path, "1\n");
	assert_int_equal(chmod(path, 0666), 0);
	fd = must_open_with(0600);
	assert_int_equal(mode_of(fd), 0600);
	pidfile_close(path, fd);
}

/* Somebody else's, that happens to have the name. */
static void a_file_that_is_none_is_left_alone(void **state)
{
	(void)state;
	put(path, "[package]\n");
	assert_refused("is there already, and no pid file");
	assert_content(path, "[package]\n");
}

static void the_lock_and_not_the_content_counts(void **state)
{
	int fd;

	(void)state;
	put(path, "0000000000000000000001\n"); /* process 1 runs, but it has no lock; and that is
						  longer */
	fd = must_open();
	assert_content(path, own_pid());
	pidfile_close(path, fd);
	assert_false(exists(path));
}

/* A process that is killed leaves the file, and gives the lock back. */
static void a_file_left_by_the_dead_is_taken_over(void **state)
{
	int pair[2], status, fd;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	pid = fork();
	if (pid == 0) {
		struct err err;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pidfile_open(path, 0644, &err) == -1 || write(pair[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0); /* -1 would be everybody */
	close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	close(pair[0]);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(exists(path));
	fd = must_open();
	assert_content(path, own_pid());
	pidfile_close(path, fd);
}

static void a_file_that_vanishes_before_the_lock_is_made_anew(void **state)
{
	int fd;

	(void)state;
	steals = 3;
	fd = must_open();
	assert_int_equal(steals, 0);
	assert_content(path, own_pid());
	pidfile_close(path, fd);
	assert_false(exists(path));
}

static void a_lock_that_fails_is_told(void **state)
{
	(void)state;
	lock_errno = ENOLCK;
	assert_refused("flock: No locks available");
}

static void links_are_not_followed(void **state)
{
	(void)state;
	put(other, "precious");
	assert_int_equal(symlink(other, path), 0);
	assert_refused("is a symbolic link");
	assert_content(other, "precious");
	assert_int_equal(unlink(other), 0);
	assert_refused("is a symbolic link");
	assert_false(exists(other));
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("is not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused("is not a regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_refused("is a symbolic link");
}

static void only_a_number_is_a_pid_file(void **state)
{
	static const char *const precious[] = { "2026-11-21 notes\n",
						"10.0.0.0/8\n",
						"4711\n\n",
						"4711\n4712\n",
						"4711 ",
						"\n",
						"123456789012345678901234567890" };

	(void)state;
	for (size_t i = 0; i < sizeof precious / sizeof precious[0]; i++) {
		put(path, precious[i]);
		assert_refused("is there already, and no pid file");
		assert_content(path, precious[i]);
	}
	put(path, "4711"); /* as some programs write it */
	pidfile_close(path, must_open());
}

/* Or a file that holds a number could be written over by who can link to it. */
static void a_file_with_another_name_is_left_alone(void **state)
{
	(void)state;
	put(other, "4711");
	assert_int_equal(link(other, path), 0);
	assert_refused("is a hard link: the file has another name");
	assert_content(other, "4711");
}

static void a_file_of_somebody_else_is_left_alone(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return; /* nobody else can give files away */
	put(path, "4711\n");
	assert_int_equal(chown(path, 54321, 54321), 0);
	assert_refused("belongs to user 54321");
	assert_content(path, "4711\n");
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/nowhere/echod.pid", folder);
	assert_refused("cannot open: No such file or directory");
}

/* Somebody has put another file in its place: that one is not ours to remove. */
static void a_file_that_was_replaced_stays(void **state)
{
	int fd = must_open();

	(void)state;
	put(other, "of another");
	assert_int_equal(rename(other, path), 0);
	pidfile_close(path, fd);
	assert_content(path, "of another");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest pidfile[] = {
		WITH_FOLDER(it_holds_the_pid_and_goes_away),
		WITH_FOLDER(a_second_one_is_refused_by_the_first_ones_name),
		WITH_FOLDER(the_lock_and_not_the_content_counts),
		WITH_FOLDER(nobody_is_given_more_than_the_mode),
		WITH_FOLDER(what_was_left_keeps_no_more_than_the_mode),
		WITH_FOLDER(a_file_that_is_none_is_left_alone),
		WITH_FOLDER(a_file_left_by_the_dead_is_taken_over),
		WITH_FOLDER(a_file_that_vanishes_before_the_lock_is_made_anew),
		WITH_FOLDER(a_lock_that_fails_is_told),
		WITH_FOLDER(links_are_not_followed),
		WITH_FOLDER(what_is_no_file_is_refused),
		WITH_FOLDER(only_a_number_is_a_pid_file),
		WITH_FOLDER(a_file_with_another_name_is_left_alone),
		WITH_FOLDER(a_file_of_somebody_else_is_left_alone),
		WITH_FOLDER(a_folder_that_is_not_there_is_told),
		WITH_FOLDER(a_file_that_was_replaced_stays),
	};

	return cmocka_run_group_tests(pidfile, NULL, NULL) == 0 ? 0 : 1;
}
