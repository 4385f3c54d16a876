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

/* Never through a link that somebody has put there meanwhile. */
static int set_mode(const struct sockfile *file, const char *path, uint64_t mode, struct err *err)
{
	char opened[32];
	struct stat st;
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = -1;

	if (fd == -1)
		return err_errno(err, "mode %04o: open", (unsigned)mode);
	snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == -1 || st.st_dev != file->device || st.st_ino != file->inode)
		err_set(err, "the file is not ours any more");
	else if (chmod(opened, (mode_t)mode) == -1)
		err_errno(err, "mode %04o", (unsigned)mode);
	else
		result = 0;
	close(fd);
	return result;
}

static int set_owner(const char *path, const struct owner *owner, struct err *err)
{
	uid_t user = owner->has_user ? owner->user : (uid_t)-1;
	gid_t group = owner->has_group ? owner->group : (gid_t)-1;
	char text[OWNER_TEXT_MAX];

	if ((owner->has_user || owner->has_group) && lchown(path, user, group) == -1)
		return err_errno(err, "owner %s", owner_format(owner, text));
	return 0;
}

/* The owner first: until then the mode is one that lets nobody in. */
static int settle(struct sockfile *file, const char *path, const struct profile_socket *settings,
		  struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return err_errno(err, "lstat");
	file->device = st.st_dev;
	file->inode = st.st_ino;
	if (set_owner(path, &settings->owner, err) == -1)
		return -1;
	return set_mode(file, path, settings->mode, err);
}

static int claim(struct sockfile *file, const struct conf_listen *listen, const char *path,
		 struct err *err)
{
	int fd;

	if (clear_the_way(listen, path, err) == -1)
		return -1;
	fd = socket_claim(listen, &listen->addr, false, err);
	if (fd == -1)
		return -1;
	if (settle(file, path, &listen->profile.socket, err) == 0)
		return fd;
	close(fd);
	return -1;
}

int sockfile_claim(struct sockfile *file, const struct conf_listen *listen, struct err *err)
{
	const char *path = addr_path(&listen->addr);
	char lock[LOCK_PATH_MAX];
	int fd;

	*file = (struct sockfile){ 0 };
	if (path == NULL)
		return socket_claim(listen, &listen->addr, false, err);
	file->lock_fd = pidfile_open(lock_path(path, lock), err);
	if (file->lock_fd != -1) {
		file->held = true;
		fchmod(file->lock_fd, 0600); /* who may read it could hold the lock */
		fd = claim(file, listen, path, err);
		if (fd != -1)
			return fd;
		sockfile_release(file, &listen->addr);
	}
	if (strstr(err->text, "cannot listen on") == NULL)
		err_prefix(err, "cannot listen on %s %s", transport_name(listen->transport), path);
	return -1;
}

int sockfile_change(const struct sockfile *file, const struct addr *addr,
		    const struct profile_socket *was, const struct profile_socket *now,
		    struct err *err)
{
	const char *path = addr_path(addr);
	bool other_owner = !owner_equal(&was->owner, &now->owner);

	if (!file->held || (!other_owner && was->mode == now->mode))
		return 0;
	if (!is_ours(file, path))
		return err_set(err, "the file is not ours any more");
	if (set_mode(file, path, now->mode, err) == -1)
		return -1;
	if (other_owner && !now->owner.has_user && !now->owner.has_group)
		return err_set(err, "owner goes back to our own only at a restart");
	return other_owner ? set_owner(path, &now->owner, err) : 0;
}

void sockfile_release(struct sockfile *file, const struct addr *addr)
{
	const char *path = addr_path(addr);
	char lock[LOCK_PATH_MAX];

	if (!file->held)
		return;
	if (is_ours(file, path))
		unlink(path);
	pidfile_close(lock_path(path, lock), file->lock_fd);
	*file = (struct sockfile){ 0 };
}
