/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker process as the supervisor sees it: its pid, its two pipes, and what it reported last. */
#ifndef ECHOD_CHILD_H
#define ECHOD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "link/command.h"
#include "link/filter.h"
#include "link/report.h"
#include "supervisor/spawn.h"

struct child {
	pid_t pid;     /* 0 = no process */
	int report_fd; /* -1 = closed */
	int command_fd;
	uint32_t asked; /* number of the last COMMAND_TOTALS sent */
	struct report
		last; /* what it reported last; worker and generation are set from the start */
};

struct child_news {
	bool heard; /* it has reported */
	bool ready; /* and that it is ready, for the first time */
};

/* Takes over what spawn_worker made. */
void child_open(struct child *child, const struct spawn_child *spawned, unsigned worker,
		unsigned generation);
void child_close(struct child *child);

/*
 * Reads what the worker has reported, at most a pipe full, and keeps the last report. Returns 0, or
 * -1 with a reason if the worker sends nonsense: it should be killed, and is read no more.
 */
int child_read(struct child *child, struct child_news *news, struct err *err);

/* Sends a command. Returns -1 if the pipe is full or broken: the worker hangs or is gone. */
int child_send(struct child *child, struct command *command);

void child_signal(const struct child *child, int signo);

/* "killed by signal 9" or "exited with status 1", from waitpid's status; with a forbidden call
 * (filter.h), "killed: forbidden system call openat". */
#define CHILD_END_MAX 80
const char *child_describe_end(int status, uint32_t forbidden, char text[CHILD_END_MAX]);

#endif
