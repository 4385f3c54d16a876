/* SPDX-License-Identifier: BSD-2-Clause */
/* What fails is undone, and the reason names the path. */
#include "supervisor/sockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/pidfile.h"
#include "supervisor/socket.h"

#define LOCK_PATH_MAX 128 /* a path of 107 bytes, .lock and the NUL */

static const char *lock_path(const char *path, char buffer[LOCK_PATH_MAX])
{
	snprintf(buffer, LOCK_PATH_MAX, "%s.lock", path);
	return buffer;
}

static bool is_ours(const struct sockfile *file, const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_dev == file->device &&
	       st.st_ino == file->inode;
}

/* The lock is ours: removes what nobody answers at. */
static int clear_the_way(const struct conf_listen *listen, const char *path, struct err *err)
{
	struct stat st;
	int answers;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : err_errno(err, "lstat");
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, "there is a file which is no socket");
	answers = socket_answers(listen->transport, &listen->addr);
	if (answers == -1)
		return err_errno(err, "cannot see whether the socket there is in use");
	if (answers == 1) {
		errno = EADDRINUSE;
		return err_errno(err, "somebody answers there");
	}
	if (unlink(path) == -1 && errno != ENOENT)
		return err_errno(err, "cannot remove the stale socket");
	return 0;
}

/* The file itself, and never through a link that somebody has put there meanwhile. */
static int open_file(const char *path, struct stat *st, struct err *err)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return err_errno(err, "open");
	if (fstat(fd, st) == 0)
		return fd;
	err_errno(err, "fstat");
	close(fd);
	return -1;
}

static int set_mode(int fd, uint64_t mode, struct err *err)
{
	char opened[32];

	snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
	return chmod(opened, (mode_t)mode) == -1 ? err_errno(err, "mode %04o", (unsigned)mode) : 0;
}

static int set_owner(int fd, const struct owner *owner, struct err *err)
{
	uid_t user = owner->has_user ? owner->user : (uid_t)-1;
	gid_t group = owner->has_group ? owner->group : (gid_t)-1;
	char text[OWNER_TEXT_MAX];

	if ((owner->has_user || owner->has_group) &&
	    fchownat(fd, "", user, group, AT_EMPTY_PATH) == -1)
		return err_errno(err, "owner %s", owner_format(owner, text));
	return 0;
}

/* Who can write to the folder can put another file there, or a second name of one, since bind. */
static int take(struct sockfile *file, const struct stat *st, struct err *err)
{
	if (!S_ISSOCK(st->st_mode) || st->st_nlink != 1 || st->st_uid != geteuid())
		return err_set(err, "somebody has put another file there");
	file->device = st->st_dev;
	file->inode = st->st_ino;
	return 0;
}

/* The owner first: until then the mode is one that lets nobody in. */
static int settle(struct sockfile *file, const char *path, const struct profile_socket *settings,
		  struct err *err)
{
	struct stat st = { 0 };
	int fd = open_file(path, &st, err), result;
	struct err ignored;

	if (fd == -1) {
		if (lstat(path, &st) == 0)
			take(file, &st, &ignored); /* so that it does not stay behind */
		return -1;
	}
	result = take(file, &st, err) == 0 && set_owner(fd, &settings->owner, err) == 0
			 ? set_mode(fd, settings->mode, err)
			 : -1;
	close(fd);
	return result;
}

static int cannot_listen(const struct conf_listen *listen, const char *path, struct err *err)
{
	return err_prefix(err, "cannot listen on %s %s", transport_name(listen->transport), path);
}

static int claim(struct sockfile *file, const struct conf_listen *listen, const char *path,
		 struct err *err)
{
	int fd;

	if (clear_the_way(listen, path, err) == -1)
		return cannot_listen(listen, path, err);
	fd = socket_claim(listen, &listen->addr, false, err);
	if (fd == -1)
		return -1;
	if (settle(file, path, &listen->profile.socket, err) == 0)
		return fd;
	close(fd);
	return cannot_listen(listen, path, err);
}

/* Or the name of the lock would be what is missing. */
static int check_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[LOCK_PATH_MAX] = ".";

	if (slash != NULL)
		snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path),
			 path);
	return access(folder, F_OK) == -1 ? err_errno(err, "folder %s", folder) : 0;
}

static int lock(const char *path, struct err *err)
{
	char name[LOCK_PATH_MAX];

	if (check_folder(path, err) == -1)
		return -1;
	/* Who may read it could hold the lock. */
	return pidfile_open(lock_path(path, name), 0600, err);
}

int sockfile_claim(struct sockfile *file, const struct conf_listen *listen, bool locked,
		   struct err *err)
{
	const char *path = addr_path(&listen->addr);
	int lock_fd = -1, fd;

	*file = (struct sockfile){ 0 };
	if (path == NULL)
		return socket_claim(listen, &listen->addr, false, err);
	if (!locked && (lock_fd = lock(path, err)) == -1)
		return cannot_listen(listen, path, err);
	*file = (struct sockfile){ .held = true, .lock_fd = lock_fd };
	fd = claim(file, listen, path, err);
	if (fd == -1)
		sockfile_release(file, &listen->addr);
	return fd;
}

enum sockfile_state sockfile_look(const struct sockfile *file, const struct addr *addr)
{
	const char *path = addr_path(addr);
	struct stat st;

	if (!file->held || is_ours(file, path))
		return SOCKFILE_THERE;
	return lstat(path, &st) == -1 && errno == ENOENT ? SOCKFILE_GONE : SOCKFILE_REPLACED;
}

void sockfile_succeed(struct sockfile *heir, struct sockfile *file)
{
	heir->lock_fd = file->lock_fd;
	file->lock_fd = -1;
}

int sockfile_change(const struct sockfile *file, const struct addr *addr,
		    const struct profile_socket *was, const struct profile_socket *now,
		    struct err *err)
{
	bool other_owner = !owner_equal(&was->owner, &now->owner);
	struct stat st = { 0 };
	int fd, result;

	if (!file->held || (!other_owner && was->mode == now->mode))
		return 0;
	fd = open_file(addr_path(addr), &st, err);
	if (fd == -1)
		return -1;
	if (st.st_dev != file->device || st.st_ino != file->inode)
		result = err_set(err, "the file is not ours any more");
	else if ((result = set_mode(fd, now->mode, err)) == 0 && other_owner)
		result = now->owner.has_user || now->owner.has_group
				 ? set_owner(fd, &now->owner, err)
				 : err_set(err, "owner goes back to our own only at a restart");
	close(fd);
	return result;
}

void sockfile_release(struct sockfile *file, const struct addr *addr)
{
	const char *path = addr_path(addr);
	char name[LOCK_PATH_MAX];

	if (!file->held)
		return;
	if (is_ours(file, path))
		unlink(path);
	if (file->lock_fd != -1)
		pidfile_close(lock_path(path, name), file->lock_fd);
	*file = (struct sockfile){ 0 };
}
