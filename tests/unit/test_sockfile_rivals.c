/* SPDX-License-Identifier: BSD-2-Clause */
/* Who gets the path of a UNIX socket, and who is refused. */
#include "sockfile.h"

#include <signal.h>
#include <sys/wait.h>

#include "supervisor/socket.h"

#define RIVALS 8

static void a_stale_socket_is_replaced(void **state)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd;

		close(foreign(types[i], false));
		fd = claim();
		assert_int_equal(mode_of(path), 0666);
		close(fd);
		sockfile_release(&file, &listen_unix.addr);
	}
}

static void a_socket_that_answers_is_not(void **state)
{
	(void)state;
	for (int type = 0; type < 2; type++) {
		int fd = foreign(type == 0 ? SOCK_STREAM : SOCK_DGRAM, type == 0);

		refuse("somebody answers there: Address already in use");
		close(fd);
		unlink(path);
	}
}

/* Its queue holds two clients: the third would have to wait. */
static void nor_is_one_that_is_busy(void **state)
{
	int fd = foreign(SOCK_STREAM, true), one = dial(), other = dial();

	(void)state;
	assert_true(one != -1 && other != -1);
	refuse("somebody answers there");
	close(one);
	close(other);
	close(fd);
	unlink(path);
}

static void what_is_no_socket_is_not(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	refuse("there is a file which is no socket");
	assert_int_equal(mode_of(path), 0600);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	refuse("there is a file which is no socket");
	unlink(path);
}

static void a_path_that_is_held_is_refused(void **state)
{
	int fd = claim();

	(void)state;
	refuse("s.lock: locked by process");
	close(fd); /* nobody answers, but it is still ours */
	refuse("s.lock: locked by process");
	assert_int_equal(mode_of(path), 0666);
}

/* The lock goes from one to the other, and no third gets in. */
static void an_heir_gets_the_lock(void **state)
{
	struct sockfile heir;
	struct err err;
	int fd = claim(), other;

	(void)state;
	unlink(path);
	for (int round = 0; round < 2; round++) {
		other = sockfile_claim(&heir, &listen_unix, true, &err);
		assert_true(other != -1);
		refuse("s.lock: locked by process");
		close(other);
		if (round == 0) { /* it comes to nothing: the lock is where it was */
			sockfile_release(&heir, &listen_unix.addr);
			refuse("s.lock: locked by process");
		}
	}
	sockfile_succeed(&heir, &file);
	sockfile_release(&file, &listen_unix.addr);
	refuse("s.lock: locked by process");
	assert_int_equal(mode_of(path), 0666);
	sockfile_release(&heir, &listen_unix.addr);
	close(fd);
}

/* A rival: waits for the start, claims, tells the outcome, and holds what it has to the end. */
static void compete(int start, int outcome)
{
	struct err err;
	char byte;
	int fd;

	if (read(start, &byte, 1) != 0)
		_exit(1);
	fd = sockfile_claim(&file, &listen_unix, false, &err);
	byte = fd == -1 ? 'l' : 'w';
	if (fd != -1)
		socket_serve(fd, TRANSPORT_UNIX, &listen_unix.addr, &listen_unix.profile.socket,
			     &err);
	if (write(outcome, &byte, 1) != 1)
		_exit(1);
	pause();
	_exit(1);
}

static void of_rivals_at_a_stale_socket_one_wins(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		int start[2], outcome[2], winners = 0;
		pid_t rivals[RIVALS];

		assert_int_equal(pipe2(start, O_CLOEXEC), 0);
		assert_int_equal(pipe2(outcome, O_CLOEXEC), 0);
		if (round == 0)
			close(foreign(SOCK_STREAM, false)); /* later the last winner's is there */
		for (int i = 0; i < RIVALS; i++) {
			rivals[i] = fork();
			if (rivals[i] == 0) {
				close(start[1]);
				compete(start[0], outcome[1]);
			}
		}
		close(start[0]);
		close(start[1]);
		for (int i = 0; i < RIVALS; i++) {
			char byte = '?';

			assert_int_equal(read(outcome[0], &byte, 1), 1);
			winners += byte == 'w';
		}
		for (int i = 0; i < RIVALS; i++) {
			if (rivals[i] > 0) {
				kill(rivals[i], SIGKILL);
				waitpid(rivals[i], NULL, 0);
			}
		}
		close(outcome[0]);
		close(outcome[1]);
		assert_int_equal(winners, 1);
	}
	close(claim());
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(a_stale_socket_is_replaced),
		WITH_FOLDER(a_socket_that_answers_is_not),
		WITH_FOLDER(nor_is_one_that_is_busy),
		WITH_FOLDER(what_is_no_socket_is_not),
		WITH_FOLDER(a_path_that_is_held_is_refused),
		WITH_FOLDER(an_heir_gets_the_lock),
		WITH_FOLDER(of_rivals_at_a_stale_socket_one_wins),
	};

	return cmocka_run_group_tests_name("who gets the path of a socket", group, NULL, NULL) == 0
		       ? 0
		       : 1;
}
