/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place of echobench that forks. A process that cannot work says why and leaves with
 * status 1. */
#include "bench/team.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/report.h"
#include "common/clock.h"

#define MS          UINT64_C(1000000)
#define SHARED_SIZE 4096u /* the meters behind it begin on a page of their own */

_Static_assert(sizeof(struct driver_shared) <= SHARED_SIZE, "SHARED_SIZE is too small");

/* Does not come back. */
static void be_driver(const struct driver_setup *setup, pid_t parent)
{
	struct err err;
	int result;

	/* Ctrl-C reaches the whole group, but the parent says when to end; and nobody survives it.
	 */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	result = driver_run(setup, &err);
	if (result == -1)
		report_error("%s", err.text);
	_exit(result == -1 ? 1 : 0);
}

int team_start(struct team *team, const struct options *options, const struct stream *stream,
	       const struct addr *server, struct err *err)
{
	struct driver_setup setup = { .options = options, .stream = stream, .server = server };
	pid_t parent = getpid();
	void *memory;

	*team = (struct team){ .options = options, .count = options->processes };
	team->memory = SHARED_SIZE + team->count * sizeof(struct meter);
	memory =
		mmap(NULL, team->memory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return err_errno(err, "mmap");
	team->shared = memory;
	team->meters = (struct meter *)((char *)memory + SHARED_SIZE);
	setup.shared = team->shared;
	for (setup.process = 0; setup.process < team->count; setup.process++) {
		pid_t pid;

		setup.meter = &team->meters[setup.process];
		pid = fork();
		if (pid == -1)
			return err_errno(err, "fork");
		if (pid == 0)
			be_driver(&setup, parent);
		team->alive++;
	}
	return 0;
}

void team_add_up(const struct team *team, struct meter *total)
{
	memset(total, 0, sizeof *total);
	for (uint64_t i = 0; i < team->count; i++)
		meter_merge(total, &team->meters[i]);
}

static void order(struct team *team)
{
	uint32_t now = atomic_load(&team->shared->order);

	team->interrupted = true;
	if (now == DRIVER_GO_ON)
		team->ended_ns = clock_ns();
	atomic_store(&team->shared->order, now == DRIVER_GO_ON ? DRIVER_STOP : DRIVER_LEAVE);
}

/* Before the messages that are measured, and before all connections are tried. */
static bool is_warming_up(const struct team *team, uint64_t now_ns)
{
	uint64_t begin_ns = atomic_load(&team->shared->begin_ns);

	return team->options->warm_up_ms > 0 &&
	       (begin_ns == 0 || now_ns < begin_ns + team->options->warm_up_ms * MS);
}

/* The others would wait for a process that is gone. */
static void reap(struct team *team)
{
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0) {
		team->alive--;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		if (WIFSIGNALED(status))
			report_error("a process was killed by signal %d", WTERMSIG(status));
		team->broken = true;
		if (atomic_load(&team->shared->order) < DRIVER_STOP)
			atomic_store(&team->shared->order, DRIVER_STOP);
	}
	if (team->alive == 0 && team->ended_ns == 0)
		team->ended_ns = clock_ns();
}

static void on_signal(struct team *team, int signal_fd)
{
	struct signalfd_siginfo info;

	while (read(signal_fd, &info, sizeof info) == sizeof info) {
		if (info.ssi_signo != SIGCHLD)
			order(team);
	}
	reap(team);
}

void team_wait(struct team *team, int signal_fd)
{
	const struct options *options = team->options;
	struct pollfd poll_fd = { .fd = signal_fd, .events = POLLIN };
	struct report_progress progress;
	uint64_t period_ms = options->interval_ms, next_ms = clock_ms() + period_ms;
	struct meter total;

	report_progress_begin(&progress, stderr, clock_ns());
	reap(team);
	while (team->alive > 0) {
		uint64_t now_ms = clock_ms();

		if (!options->quiet && now_ms >= next_ms) {
			team_add_up(team, &total);
			report_progress(&progress, &total, clock_ns(),
					is_warming_up(team, clock_ns()));
			next_ms += period_ms * ((now_ms - next_ms) / period_ms + 1);
		}
		if (poll(&poll_fd, 1, options->quiet ? -1 : clock_until(now_ms, next_ms)) > 0)
			on_signal(team, signal_fd);
	}
	report_progress_end(&progress);
}

uint64_t team_elapsed(const struct team *team, const struct meter *total)
{
	const struct options *options = team->options;
	uint64_t begin_ns = atomic_load(&team->shared->begin_ns);
	uint64_t measure_ns = begin_ns + options->warm_up_ms * MS, end_ns = total->last_ns;

	/* A run for a time counts its whole time, even if nothing came in the end; one for a number
	 * of messages does not. */
	if (options->messages == OPTIONS_FOREVER) {
		uint64_t stop_ns = measure_ns + options->duration_ms * MS;

		if (team->ended_ns < stop_ns)
			stop_ns = team->ended_ns;
		if (stop_ns > end_ns)
			end_ns = stop_ns;
	}
	return begin_ns == 0 || end_ns < measure_ns ? 0 : end_ns - measure_ns;
}

void team_clear(struct team *team)
{
	if (team->shared != NULL)
		munmap(team->shared, team->memory);
	team->shared = NULL;
}
