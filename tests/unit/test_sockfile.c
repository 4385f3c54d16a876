/* SPDX-License-Identifier: BSD-2-Clause */
/* Files of UNIX sockets: where they are, with which mode, and whose they are. */
#include "sockfile.h"

#include <errno.h>
#include <sys/resource.h>

#include "supervisor/socket.h"

static void the_mode_does_not_depend_on_the_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 0777 };
	char lock[PATH_MAX + 8];

	(void)state;
	snprintf(lock, sizeof lock, "%s.lock", path);
	for (size_t i = 0; i < 3; i++) {
		mode_t before = umask(masks[i]);
		int fd;

		listen_unix.profile.socket.mode = 0624;
		fd = claim();
		assert_int_equal(umask(before), masks[i]);
		assert_int_equal(mode_of(path), 0624);
		assert_int_equal(mode_of(lock) & 077, 0);
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

static void modes_and_owners_change(void **state)
{
	struct profile_socket was = listen_unix.profile.socket, now = was;
	struct stat st;
	struct err err = { 0 };
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

/* With no descriptor left but for the lock it fails, then one step later each time. (valgrind makes
 * a file before it says that there is none for it.) */
static void whatever_fails_nothing_is_left(void **state)
{
	struct rlimit before, limit;
	int lowest = dup(STDERR_FILENO), fd = -1;
	unsigned failed = 0;

	(void)state;
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	for (limit.rlim_cur = (rlim_t)lowest + 1; fd == -1; limit.rlim_cur++) {
		struct err err = { 0 };

		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		fd = sockfile_claim(&file, &listen_unix, false, &err);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (fd != -1)
			break;
		failed++;
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(rmdir(folder), 0); /* no lock, either */
		assert_int_equal(mkdir(folder, 0700), 0);
	}
	assert_true(failed >= 2); /* the socket, its file */
	close(fd);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(the_mode_does_not_depend_on_the_umask),
		WITH_FOLDER(at_first_the_file_is_for_nobody),
		WITH_FOLDER(nobody_is_answered_before_it_serves),
		WITH_FOLDER(modes_and_owners_change),
		WITH_FOLDER(a_missing_folder_is_named),
		WITH_FOLDER(datagram_sockets_have_files_too),
		WITH_FOLDER(an_abstract_name_has_no_file),
		WITH_FOLDER(whatever_fails_nothing_is_left),
	};

	return cmocka_run_group_tests_name("sockfile", group, NULL, NULL) == 0 ? 0 : 1;
}
