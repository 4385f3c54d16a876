/* SPDX-License-Identifier: BSD-2-Clause */
/* One worker process. A pid is only used between fork and waitpid, so it cannot be somebody else's.
 */
#include "supervisor/child.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_MAX                                                                         \
	1024 /* reports at once: as many as a pipe holds, so that a flood cannot hold us \
	      */

void child_open(struct child *child, const struct spawn_child *spawned, unsigned worker,
		unsigned generation)
{
	*child = (struct child){
		.pid = spawned->pid,
		.report_fd = spawned->report_fd,
		.command_fd = spawned->command_fd,
		.last = { .worker = worker, .generation = generation },
	};
}

static void close_reports(struct child *child)
{
	if (child->report_fd != -1)
		close(child->report_fd);
	child->report_fd = -1;
}

void child_close(struct child *child)
{
	close_reports(child);
	close(child->command_fd);
	*child = (struct child){ .report_fd = -1, .command_fd = -1 };
}

int child_read(struct child *child, struct child_news *news, struct err *err)
{
	struct report report;

	*news = (struct child_news){ false };
	for (int i = 0; i < READ_MAX && child->report_fd != -1; i++) {
		switch (report_read(child->report_fd, &child->last, &report, err)) {
		case FRAME_DONE:
			news->heard = true;
			news->ready |= report.kind == REPORT_READY;
			child->last = report;
			break;
		case FRAME_WAIT:
			return 0;
		case FRAME_END:
			close_reports(child);
			return 0;
		case FRAME_BAD:
			close_reports(child);
			return -1;
		}
	}
	return 0;
}

int child_send(struct child *child, struct command *command)
{
	return command_write(child->command_fd, command) == FRAME_DONE ? 0 : -1;
}

void child_signal(const struct child *child, int signo)
{
	if (child->pid > 0) /* 0 and -1 are not one process (kill(2)) */
		kill(child->pid, signo);
}

const char *child_describe_end(int status, uint32_t forbidden, char text[CHILD_END_MAX])
{
	char call[FILTER_NAME_MAX];

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && forbidden != 0)
		snprintf(text, CHILD_END_MAX, "killed: forbidden system call %s",
			 filter_name(forbidden, call));
	else if (WIFSIGNALED(status))
		snprintf(text, CHILD_END_MAX, "killed by signal %d", WTERMSIG(status));
	else
		snprintf(text, CHILD_END_MAX, "exited with status %d", WEXITSTATUS(status));
	return text;
}
