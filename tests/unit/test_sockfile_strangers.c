/* SPDX-License-Identifier: BSD-2-Clause */
/* What others put where the file of a UNIX socket is, or its lock: it is not followed, not changed,
 * and not removed. */
#include "sockfile.h"

#include <sys/syscall.h>

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

static void leave(const char *name, const char *content)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);

	assert_int_equal(write(fd, content, strlen(content)), strlen(content));
	close(fd);
}

/* The file that a link leads to is as leave has made it. */
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

static void a_file_that_has_gone_is_noticed(void **state)
{
	int fd = claim();
	struct sockfile none = { 0 };

	(void)state;
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_THERE);
	unlink(path);
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_GONE);
	leave(path, "another");
	assert_int_equal(sockfile_look(&file, &listen_unix.addr), SOCKFILE_REPLACED);
	assert_int_equal(sockfile_look(&none, &listen_unix.addr), SOCKFILE_THERE);
	unlink(path);
	close(fd);
}

static void refuse_and_remove(const char *name, const char *why)
{
	refuse(why);
	unlink(name);
}

/* At the path, and where the lock is to be; to a file, and to nothing. */
static void nothing_is_done_through_a_link(void **state)
{
	char target[PATH_MAX], lock[PATH_MAX + 8];
	struct stat st;

	(void)state;
	snprintf(target, sizeof target, "%s/t", folder);
	snprintf(lock, sizeof lock, "%s.lock", path);
	leave(target, "4711 precious");
	assert_int_equal(symlink(target, path), 0);
	refuse_and_remove(path, "there is a file which is no socket");
	assert_int_equal(link(target, path), 0);
	refuse_and_remove(path, "there is a file which is no socket");
	assert_int_equal(symlink(target, lock), 0);
	refuse_and_remove(lock, "s.lock: is a symbolic link");
	assert_int_equal(link(target, lock), 0);
	refuse_and_remove(lock, "s.lock: is a hard link");
	assert_untouched(target, "4711 precious");
	unlink(target);
	assert_int_equal(symlink(target, lock), 0);
	refuse_and_remove(lock, "s.lock: is a symbolic link");
	assert_int_equal(symlink(target, path), 0);
	refuse_and_remove(path, "there is a file which is no socket");
	assert_int_equal(lstat(target, &st), -1);
	assert_int_equal(mkfifo(lock, 0600), 0);
	refuse_and_remove(lock, "s.lock: is not a regular file");
}

/* Whoever may write to the folder is quicker: between bind and what comes next. */
static void what_comes_in_the_way_is_left_alone(void **state)
{
	char target[PATH_MAX];

	(void)state;
	snprintf(target, sizeof target, "%s/t", folder);
	leave(target, "precious");
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

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(another_file_is_left_alone),
		WITH_FOLDER(a_file_that_has_gone_is_noticed),
		WITH_FOLDER(nothing_is_done_through_a_link),
		WITH_FOLDER(what_comes_in_the_way_is_left_alone),
		WITH_FOLDER(nor_is_another_socket_touched),
	};

	return cmocka_run_group_tests_name("files of others where a socket is to be", group, NULL,
					   NULL) == 0
		       ? 0
		       : 1;
}
