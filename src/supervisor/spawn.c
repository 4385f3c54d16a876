/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Forking, and what a child does before it is a worker. The order in the child matters: the death
 * signal first, then the look whether the supervisor is still there, so that no worker can outlive
 * it; the descriptors last, because the supervisor's own must be gone before the worker opens any.
 */
#include "supervisor/spawn.h"

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "supervisor/steering.h"

#define EXIT_LATE 1 /* nobody will ask */

/* The supervisor's signals go to the whole process group (Ctrl-C) or to every echod (pkill):
 * workers leave by command. */
static void reset_signals(void)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGABRT, SIG_DFL); /* it ends who hangs */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_between(int first, int last)
{
	if (first > last)
		return;
#ifdef HAVE_CLOSE_RANGE
	if (close_range((unsigned)first, (unsigned)last, 0) == 0)
		return;
#endif
	if (last == INT_MAX)
		last = (int)sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last; fd++)
		close(fd);
}

static int compare_ints(const void *one, const void *other)
{
	return *(const int *)one - *(const int *)other;
}

/* Closes everything above standard error that the worker has not been given. */
static int close_others(const struct worker_setup *setup)
{
	size_t count = 0;
	int next = STDERR_FILENO + 1;
	int *kept = calloc(setup->listener_count + 2, sizeof *kept);

	if (kept == NULL)
		return -1;
	kept[count++] = setup->report_fd;
	kept[count++] = setup->command_fd;
	for (size_t i = 0; i < setup->listener_count; i++)
		kept[count++] = setup->listeners[i].fd;
	qsort(kept, count, sizeof *kept, compare_ints);
	for (size_t i = 0; i < count; i++) {
		close_between(next, kept[i] - 1);
		next = kept[i] + 1;
	}
	close_between(next, INT_MAX);
	free(kept);
	return 0;
}

/* Dies when the supervisor does. Returns -1 if it has already. */
static int follow(pid_t supervisor)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == supervisor ? 0 : -1;
}

static int become_worker(const struct spawn_plan *plan, pid_t supervisor)
{
	const struct worker_setup *setup = &plan->setup;
	struct err err;

	if (follow(supervisor) == -1)
		return EXIT_LATE;
	reset_signals();
	log_forked();
	if (close_others(setup) == -1)
		return EXIT_LATE;
	title_set(plan->title, "echod: worker %u (generation %u)", setup->index, setup->generation);
	log_set_level(plan->log_level);
	log_settle(plan->detaches);
	if (privilege_drop(&plan->identity, &err) == -1) {
		log_error("worker %u cannot give up its privileges: %s", setup->index, err.text);
		return EX_CONFIG;
	}
	if (follow(supervisor) == -1) /* a change of user has cleared it (prctl(2)) */
		return EXIT_LATE;
	if (plan->pins)
		steering_pin(setup->index, setup->workers);
	return plan->entry(setup);
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static int open_pipes(int report[2], int command[2], struct err *err)
{
	if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1)
		return err_errno(err, "pipe2");
	if (pipe2(command, O_CLOEXEC | O_NONBLOCK) == -1) {
		err_errno(err, "pipe2");
		close_pair(report);
		return -1;
	}
	return 0;
}

int spawn_worker(struct spawn_plan *plan, struct spawn_child *child, struct err *err)
{
	int report[2], command[2];
	pid_t supervisor = getpid();

	if (open_pipes(report, command, err) == -1)
		return -1;
	plan->setup.report_fd = report[1];
	plan->setup.command_fd = command[0];
	child->pid = fork();
	if (child->pid == 0)
		exit(become_worker(plan, supervisor));
	if (child->pid == -1) {
		err_errno(err, "fork");
		close_pair(report);
		close_pair(command);
		return -1;
	}
	close(report[1]);
	close(command[0]);
	child->report_fd = report[0];
	child->command_fd = command[1];
	return 0;
}

/* The parent of a daemon: what the child says, or how it ended. */
static int await_child(pid_t pid, int fd)
{
	char byte;
	ssize_t got;
	int status;

	do {
		got = read(fd, &byte, 1);
	} while (got == -1 && errno == EINTR);
	if (got == 1)
		return 0;
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			return 1;
	}
	/* Ended before it served, even if it was asked to: for whoever waits that is no success. */
	return WIFEXITED(status) && status != 0 ? WEXITSTATUS(status) : 1;
}

int spawn_background(int *notify_fd, int *status, struct err *err)
{
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) == -1)
		return err_errno(err, "pipe2");
	pid = fork();
	if (pid == -1) {
		err_errno(err, "fork");
		close_pair(pair);
		return -1;
	}
	if (pid == 0) {
		close(pair[0]);
		setsid();
		*notify_fd = pair[1];
		return 0;
	}
	close(pair[1]);
	*status = await_child(pid, pair[0]);
	return 1;
}

void spawn_notify(int notify_fd)
{
	ssize_t ignored = write(notify_fd, "", 1); /* if the parent has gone, nobody waits for it */

	(void)ignored;
	close(notify_fd);
}
