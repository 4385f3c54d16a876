/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock, not the content, says whether echod runs. Between open and lock the file may have been
 * removed by its last owner: then our lock is on a file that nobody else can find, and we begin
 * again.
 */
#include "supervisor/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PID_TEXT_MAX 24 /* bytes: more than any number and its end of the line */

static bool is_still_there(const char *path, int fd)
{
	struct stat named, opened;

	return lstat(path, &named) == 0 && fstat(fd, &opened) == 0 &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* A file of something else that has this name must not be written over: a pid file is empty, or a
 * number and the end of the line. */
static bool is_pid_file(int fd)
{
	char text[PID_TEXT_MAX + 1];
	ssize_t length = pread(fd, text, sizeof text, 0);
	ssize_t digits = 0;

	while (digits < length && text[digits] >= '0' && text[digits] <= '9')
		digits++;
	if (digits == length)
		return length < (ssize_t)sizeof text;
	return digits > 0 && digits == length - 1 && text[digits] == '\n';
}

static int lock_failed(const char *path, int fd, struct err *err)
{
	char text[32] = "";

	if (errno != EWOULDBLOCK)
		return err_errno(err, "%s: flock", path);
	if (pread(fd, text, sizeof text - 1, 0) > 0 && atoi(text) > 0)
		return err_set(err, "%s: locked by process %d: echod is running already", path,
			       atoi(text));
	return err_set(err, "%s: locked: echod is running already", path);
}

/* Whether nothing but a pid file of ours can be written over; not followed, if it is a link. */
static int judge(const struct stat *st, const char *path, struct err *err)
{
	if (S_ISLNK(st->st_mode))
		return err_set(err, "%s: is a symbolic link", path);
	if (!S_ISREG(st->st_mode))
		return err_set(err, "%s: is not a regular file", path);
	if (st->st_nlink > 1)
		return err_set(err, "%s: is a hard link: the file has another name", path);
	if (st->st_uid != geteuid())
		return err_set(err, "%s: belongs to user %u", path, (unsigned)st->st_uid);
	return 0;
}

/* What is there already; even to open a device can do something. errno 0: it has gone meanwhile. */
static int open_there(const char *path, struct err *err)
{
	struct stat st;
	int fd = -1;

	if (lstat(path, &st) == 0) {
		if (judge(&st, path, err) == -1) {
			errno = EINVAL;
			return -1;
		}
		fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	}
	if (fd == -1 && errno == ENOENT)
		errno = 0;
	else if (fd == -1)
		err_errno(err, "%s: cannot open", path);
	return fd;
}

static int open_file(const char *path, mode_t mode, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd != -1)
		return fd;
	return errno == EEXIST ? open_there(path, err) : err_errno(err, "%s: cannot open", path);
}

/* The locked file, or -1 with errno 0 if the file was removed meanwhile and another try is due. */
static int open_locked(const char *path, mode_t mode, struct err *err)
{
	int fd = open_file(path, mode, err);
	struct stat st;
	int retry = 0;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1) {
		err_errno(err, "%s: fstat", path);
	} else if (judge(&st, path, err) == -1) {
		/* it is another one now */
	} else if (!is_pid_file(fd)) {
		err_set(err, "%s: is there already, and no pid file", path);
	} else if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		lock_failed(path, fd, err);
	} else if (is_still_there(path, fd)) {
		fchmod(fd, st.st_mode & mode); /* what was left behind may have more */
		return fd;
	} else {
		retry = 1;
	}
	close(fd);
	errno = retry ? 0 : EINVAL;
	return -1;
}

int pidfile_open(const char *path, mode_t mode, struct err *err)
{
	int fd;

	do {
		fd = open_locked(path, mode, err);
	} while (fd == -1 && errno == 0);
	if (fd == -1)
		return -1;
	if (ftruncate(fd, 0) == -1 || dprintf(fd, "%ld\n", (long)getpid()) < 0) {
		err_errno(err, "%s: cannot write", path);
		pidfile_close(path, fd);
		return -1;
	}
	return fd;
}

void pidfile_close(const char *path, int fd)
{
	if (is_still_there(path, fd))
		unlink(path);
	close(fd);
}
