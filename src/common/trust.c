/* SPDX-License-Identifier: BSD-2-Clause */
/* The file is looked at through its descriptor, the folders by name: who could exchange one of
 * these meanwhile is who is looked for. */
#include "common/trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int judge(const struct stat *st, const char *name, struct err *err)
{
	bool is_sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_set(err, "user %u could change it: chown root %s", (unsigned)st->st_uid,
			       name);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_sticky)
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

int trust_file(int fd, const char *path, struct err *err)
{
	char *name = realpath(path, NULL);
	struct stat st;
	int result;

	if (name == NULL || fstat(fd, &st) == -1)
		result = err_errno(err, "cannot see who could change it");
	else if ((result = judge(&st, name, err)) == 0)
		result = judge_folders(name, err);
	free(name);
	return result;
}
