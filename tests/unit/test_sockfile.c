/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of UNIX sockets: who gets a path, with which mode, and who removes it. */
#include "supervisor/sockfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf/listen.h"
#include "supervisor/socket.h"

#define RIVALS 8

static char folder[PATH_MAX - 64], path[PATH_MAX];
static struct conf_listen listen_unix;
static struct sockfile file;
static enum { NO_THIEF, THIEF_SYMLINK, THIEF_LINK } thief; /* what comes right behind bind */

/* In place of libc's: somebody who is there as soon as the socket is. */
int bind(int fd, const struct sockaddr *addr, socklen_t length)
{
	int result = (int)syscall(SYS_bind, fd, addr, length);

	if (result == 0 && thief != NO_THIEF) {
		char target[PATH_MAX];

		snprintf(target, sizeof target, "%s/t", folder);
		unlink(path);
		if ((thief == THIEF_SYMLINK ? symlink(target, path) : link(target, path)) == -1)
			return -1;
	}
	return result;
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	/* Not $TMPDIR: a path of 107 bytes is the longest. */
	strcpy(folder, "/tmp/test_sockfile.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/s", folder);
	file = (struct sockfile){ 0 };
	listen_unix = (struct conf_listen){ .transport = TRANSPORT_UNIX,
					    .profile.socket = PROFILE_SOCKET };
	return addr_unix(&listen_unix.addr, path, &err);
}

/* What is left in the folder makes this fail. */
static int tidy_up(void **state)
{
	(void)state;
	sockfile_release(&file, &listen_unix.addr);
	return rmdir(folder);
}

static int claim(void)
{
	struct err err = { "" };
	int fd = sockfile_claim(&file, &listen_unix, false, &err);

	if (fd == -1)
		fail_msg("%s", err.text);
	return fd;
}

static void refuse(const char *why)
{
	struct sockfile other;
	struct err err = { "" };

	assert_int_equal(sockfile_claim(&other, &listen_unix, false, &err), -1);
	assert_false(other.held);
	if (strstr(err.text, why) == NULL || strstr(err.text, path) == NULL)
		fail_msg("%s", err.text);
}

static unsigned mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode & 07777;
}

/* A client; its end, or -1. */
static int dial(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&listen_unix.addr.storage, listen_unix.addr.length) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A socket at the path, of somebody else's. */
static int foreign(int type, bool listening)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_int_equal(
		bind(fd, (struct sockaddr *)&listen_unix.addr.storage, listen_unix.addr.length), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void the_mode_does_not_depend_on_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 0777 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		mode_t before = umask(masks[i]);
		int fd;

		listen_unix.profile.socket.mode = 0624;
		fd = claim();
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(mode_of(path), 0624);
		close(fd);
		sockfile_release(&file, &listen_unix.addr);
	}
}

/* Between bind and what settles it, nobody gets in. */
static void at_first_the_file_is_for_nobody(void **state)
{
	struct err err;
	int fd;

	(void)state;
	fd = socket_claim(&listen_unix, &listen_unix.addr, false, &err);
	assert_true(fd != -1);
	assert_int_equal(mode_of(path), 0);
	assert_int_equal(dial(), -1);
	close(fd);
	unlink(path);
}

static void nobody_is_answered_before_it_serves(void **state)
{
	struct err err;
	int fd = claim(), client;

	(void)state;
	assert_int_equal(dial(), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(socket_serve(fd, TRANSPORT_UNIX, &listen_unix.addr,
				      &listen_unix.profile.socket, &err),
			 0);
	client = dial();
	assert_true(client != -1);
	close(client);
	close(fd);
}

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

static void another_file_is_left_alone(void **state)
{
	int fd = claim(), other;
	struct err err;
	struct profile_socket now = listen_unix.profile.socket;

	(void)state;
	unlink(path);
	other = foreign(SOCK_STREAM, true);
	chmod(path, 0600);
	now.mode = 0777;
	assert_int_equal(
		sockfile_change(&file, &listen_unix.addr, &listen_unix.profile.socket, &now, &err),
		-1);
	assert_string_equal(err.text, "the file is not ours any more");
	sockfile_release(&file, &listen_unix.addr);
	assert_int_equal(mode_of(path), 0600);
	close(other);
	close(fd);
	unlink(path);
}

static void modes_and_owners_change(void **state)
{
	struct profile_socket was = listen_unix.profile.socket, now = was;
	struct stat st;
	struct err err = { "" };
	int fd = claim();

	(void)state;
	now.mode = 0600;
	assert_int_equal(sockfile_change(&file, &listen_unix.addr, &was, &now, &err), 0);
	assert_int_equal(mode_of(path), 0600);
	now.owner = (struct owner){ .has_user = true, .user = getuid() == 0 ? 4711 : getuid() };
	assert_int_equal(sockfile_change(&file, &listen_unix.addr, &was, &now, &err), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, now.owner.user);
	assert_int_equal(sockfile_change(&file, &listen_unix.addr, &now, &was, &err), -1);
	assert_non_null(strstr(err.text, "only at a restart"));
	close(fd);
}

static void a_missing_folder_is_named(void **state)
{
	struct err err;

	(void)state;
	snprintf(path, sizeof path, "%s/missing/s", folder);
	assert_int_equal(addr_unix(&listen_unix.addr, path, &err), 0);
	refuse("/missing: No such file or directory");
	snprintf(path, sizeof path, "no-such-folder-here/s");
	assert_int_equal(addr_unix(&listen_unix.addr, path, &err), 0);
	refuse(": folder no-such-folder-here: No such file or directory");
}

static void put(const char *name, const char *content)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);

	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

/* The file that a link leads to is as put has made it. */
static void assert_untouched(const char *name, const char *content)
{
	char text[64] = "";
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, geteuid());
	assert_true(read(fd, text, sizeof text - 1) >= 0);
	assert_string_equal(text, content);
	close(fd);
}

/* At the path, and where the lock is to be; to a file, and to nothing. */
static void nothing_is_done_through_a_link(void **state)
{
	char target[PATH_MAX], lock[PATH_MAX + 8];
	struct stat st;

	(void)state;
	snprintf(target, sizeof target, "%s/t", folder);
	snprintf(lock, sizeof lock, "%s.lock", path);
	put(target, "4711 precious");
	assert_int_equal(symlink(target, path), 0);
	refuse("there is a file which is no socket");
	unlink(path);
	assert_int_equal(link(target, path), 0);
	refuse("there is a file which is no socket");
	unlink(path);
	assert_int_equal(symlink(target, lock), 0);
	refuse("s.lock: is a symbolic link");
	unlink(lock);
	assert_int_equal(link(target, lock), 0);
	refuse("s.lock: is a hard link");
	unlink(lock);
	assert_untouched(target, "4711 precious");
	unlink(target);
	assert_int_equal(symlink(target, lock), 0);
	refuse("s.lock: is a symbolic link");
	unlink(lock);
	assert_int_equal(symlink(target, path), 0);
	refuse("there is a file which is no socket");
	unlink(path);
	assert_int_equal(lstat(target, &st), -1);
	assert_int_equal(mkfifo(lock, 0600), 0);
	refuse("s.lock: is not a regular file");
	unlink(lock);
}

/* Whoever may write to the folder is quicker: between bind and what comes next. */
static void what_comes_in_the_way_is_left_alone(void **state)
{
	char target[PATH_MAX];

	(void)state;
	snprintf(target, sizeof target, "%s/t", folder);
	put(target, "precious");
	for (thief = THIEF_SYMLINK; thief <= THIEF_LINK; thief++) {
		refuse("somebody has put another file there");
		assert_untouched(target, "precious");
		unlink(path);
	}
	thief = NO_THIEF;
	unlink(target);
}

/* Another socket of ours, which would get the mode and the owner of this one. */
static void nor_is_another_socket_touched(void **state)
{
	char target[PATH_MAX];
	int fd = foreign(SOCK_STREAM, false);

	(void)state;
	snprintf(target, sizeof target, "%s/t", folder);
	assert_int_equal(rename(path, target), 0);
	chmod(target, 0600);
	thief = THIEF_LINK;
	refuse("somebody has put another file there");
	thief = NO_THIEF;
	assert_int_equal(mode_of(target), 0600);
	unlink(path);
	unlink(target);
	close(fd);
}

static void a_file_that_has_gone_is_noticed(void **state)
{
	int fd = claim();
	struct sockfile none = { 0 };

	(void)state;
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_THERE);
	unlink(path);
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_GONE);
	put(path, "another");
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_REPLACED);
	assert_int_equal(sockfile_look(&none, &listen_unix.addr), SOCKFILE_THERE);
	unlink(path);
	close(fd);
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

static void datagram_sockets_have_files_too(void **state)
{
	struct err err;
	int fd, client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	listen_unix.transport = TRANSPORT_UNIXGRAM;
	listen_unix.profile.socket.mode = 0640;
	close(foreign(SOCK_DGRAM, false)); /* a stale one */
	fd = claim();
	assert_int_equal(mode_of(path), 0640);
	assert_int_equal(socket_serve(fd, TRANSPORT_UNIXGRAM, &listen_unix.addr,
				      &listen_unix.profile.socket, &err),
			 0);
	assert_int_equal(sendto(client, "x", 1, 0, (struct sockaddr *)&listen_unix.addr.storage,
				listen_unix.addr.length),
			 1);
	refuse("s.lock: locked by process");
	close(client);
	close(fd);
}

static void an_abstract_name_has_no_file(void **state)
{
	char name[64];
	struct err err;
	int fd;

	(void)state;
	snprintf(name, sizeof name, "@test_sockfile.%ld", (long)getpid());
	snprintf(path, sizeof path, "%s", name);
	assert_int_equal(addr_unix(&listen_unix.addr, name, &err), 0);
	fd = claim();
	assert_false(file.held);
	refuse("Address already in use (does another echod run?)");
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

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest sockfile[] = {
		WITH_FOLDER(the_mode_does_not_depend_on_the_umask),
		WITH_FOLDER(at_first_the_file_is_for_nobody),
		WITH_FOLDER(nobody_is_answered_before_it_serves),
		WITH_FOLDER(a_stale_socket_is_replaced),
		WITH_FOLDER(a_socket_that_answers_is_not),
		WITH_FOLDER(nor_is_one_that_is_busy),
		WITH_FOLDER(what_is_no_socket_is_not),
		WITH_FOLDER(a_path_that_is_held_is_refused),
		WITH_FOLDER(another_file_is_left_alone),
		WITH_FOLDER(modes_and_owners_change),
		WITH_FOLDER(a_missing_folder_is_named),
		WITH_FOLDER(nothing_is_done_through_a_link),
		WITH_FOLDER(what_comes_in_the_way_is_left_alone),
		WITH_FOLDER(nor_is_another_socket_touched),
		WITH_FOLDER(a_file_that_has_gone_is_noticed),
		WITH_FOLDER(an_heir_gets_the_lock),
		WITH_FOLDER(datagram_sockets_have_files_too),
		WITH_FOLDER(an_abstract_name_has_no_file),
		WITH_FOLDER(of_rivals_at_a_stale_socket_one_wins),
	};

	return cmocka_run_group_tests(sockfile, NULL, NULL) == 0 ? 0 : 1;
}
