/* SPDX-License-Identifier: BSD-2-Clause */
/* An echod that is put to the test, and what can be seen of it from outside: its log, what it tells
 * a service manager, its processes and their descriptors. What goes wrong on our side ends the
 * program with status 2. */
#ifndef ECHOD_TEST_SUBJECT_H
#define ECHOD_TEST_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SUBJECT_PATH_MAX 256

struct subject {
	const char *program, *folder; /* FOLDER/conf is its configuration, FOLDER/log its log */
	pid_t pid;
	char *log;
	int manager;                          /* the service manager's socket */
	unsigned commits_told, refusals_told; /* generations that serve, reloads refused */
};

void subject_init(struct subject *subject, const char *program, const char *folder);
void subject_clear(struct subject *subject);

void subject_path(const struct subject *subject, const char *name, char path[SUBJECT_PATH_MAX]);

/* Writes FOLDER/conf. */
void subject_configure(const struct subject *subject, const char *text);

/* Starts it, with an empty log. failing: $FAILING (failing.c), or NULL. */
void subject_launch(struct subject *subject, const char *failing);

/* What it has logged so far; valid until the next call. */
const char *subject_log(struct subject *subject);
/* How often that is in it. */
unsigned subject_logged(struct subject *subject, const char *what);

/* Counts what the manager was told; the log may have lost it. */
void subject_read_mail(struct subject *subject);

/* Whether its process has ended. Its status is still to be waited for. */
bool subject_is_gone(const struct subject *subject);

/* Its children, at most so many; returns how many there are. */
size_t subject_workers(const struct subject *subject, pid_t workers[], size_t most);

/* 0: there is no such process any more. */
size_t subject_descriptors(pid_t pid);

#endif
