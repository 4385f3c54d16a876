/* SPDX-License-Identifier: BSD-2-Clause */
/* The file is looked at through its descriptor, the folders by name: who could exchange one of
 * these meanwhile is who is looked for. */
#include "common/trust.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* on one way, as the kernel has it (path_resolution(7)) */

/* The mode of a link means nothing, and in a sticky folder nobody can move the files of others. */
static int judge(const struct stat *st, const char *name, struct err *err)
{
	bool is_link = S_ISLNK(st->st_mode);
	bool is_sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(err, "user %u could change it: chown %sroot %s",
			       (unsigned)st->st_uid, is_link ? "-h " : "", name);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_sticky && !is_link)
		return err_set(err, "%s could change it: chmod go-w %s",
			       (st->st_mode & S_IWOTH) != 0 ? "everybody" : "its group", name);
	return 0;
}

/* name: an absolute path; it is cut, folder by folder, up to the root. */
static int judge_folders(char *name, struct err *err)
{
	struct stat st;
	char *slash;

	while ((slash = strrchr(name, '/')) != NULL && name[1] != '\0') {
		slash[slash == name] = '\0';
		if (stat(name, &st) == -1)
			return err_errno(err, "%s", name);
		if (judge(&st, name, err) == -1)
			return -1;
	}
	return 0;
}

static int judge_way(const char *path, unsigned links, struct err *err);

/* Who can write to its folder, or owns it, can let the link name another file. rest: of the path,
 * behind the link. */
static int judge_link(const char *link, const struct stat *st, const char *rest, unsigned links,
		      struct err *err)
{
	char target[PATH_MAX], way[2 * PATH_MAX], folder[PATH_MAX + 2];
	ssize_t length = readlink(link, target, sizeof target - 1);
	int parent = (int)(strrchr(link, '/') - link) + 1;

	if (length == -1)
		return err_errno(err, "%s", link);
	if (links == 0)
		return err_set(err, "%s: too many links", link);
	target[length] = '\0';
	if (judge(st, link, err) == -1)
		return -1;
	snprintf(way, sizeof way, "%.*s.", parent, link);
	if (realpath(way, folder) == NULL)
		return err_errno(err, "%s", way);
	memcpy(folder + strlen(folder), "/", 2); /* so that the folder itself is looked at, too */
	if (judge_folders(folder, err) == -1)
		return -1;
	snprintf(way, sizeof way, "%.*s%s%s", target[0] == '/' ? 0 : parent, link, target, rest);
	return judge_way(way, links - 1, err);
}

/* The symbolic links on the way along an absolute path, and on theirs. */
static int judge_way(const char *path, unsigned links, struct err *err)
{
	char part[PATH_MAX];
	struct stat st;

	for (const char *end = path; *end != '\0';) {
		end = strchrnul(end + 1, '/');
		if (end - path >= (ssize_t)sizeof part)
			return err_set(err, "the path to it is too long");
		snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
		if (lstat(part, &st) == -1)
			return err_errno(err, "%s", part);
		if (S_ISLNK(st.st_mode))
			return judge_link(part, &st, end, links, err);
	}
	return 0;
}

/* A path from here is one from the root. */
static int judge_links(const char *path, struct err *err)
{
	char here[PATH_MAX], way[2 * PATH_MAX];

	if (path[0] == '/')
		return judge_way(path, LINKS_MAX, err);
	if (getcwd(here, sizeof here) == NULL)
		return err_errno(err, "getcwd");
	snprintf(way, sizeof way, "%s/%s", here, path);
	return judge_way(way, LINKS_MAX, err);
}

int trust_file(int fd, const char *path, struct err *err)
{
	char *name = realpath(path, NULL);
	struct stat st;
	int result;

	if (name == NULL || fstat(fd, &st) == -1)
		result = err_errno(err, "cannot see who could change it");
	else if ((result = judge(&st, name, err)) == 0 && (result = judge_folders(name, err)) == 0)
		result = judge_links(path, err);
	free(name);
	return result;
}
