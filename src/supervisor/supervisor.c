/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: signals, reports, deaths and deadlines become events of the fleet. Nothing here blocks
 * but poll (and, at a reload, the look-up of names). Once it runs, no failed call ends it: it is
 * logged, and what is there is kept.
 */
#include "supervisor/supervisor.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/parse.h"
#include "supervisor/limit.h"
#include "supervisor/orders.h"
#include "supervisor/pidfile.h"

/* Who signals a process and then its group, as timeout(1) does, asks once and not twice. */
#define SAME_REQUEST_MS 100

#define PAUSE_MS 100 /* between two turns, beyond what was to be waited: something held us up */

/* Blocked here and read from a descriptor; spawn gives workers a clean slate. */
static int open_signals(struct err *err)
{
	static const int handled[] = { SIGCHLD, SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1 };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++) {
		signal(handled[i],
		       SIG_DFL); /* an ignored SIGCHLD would reap for us, an ignored HUP be lost */
		sigaddset(&set, handled[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR2, SIG_IGN); /* one mistyped letter is not to end us */
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return err_errno(err, "sigprocmask");
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd == -1 ? err_errno(err, "signalfd") : fd;
}

static void stop(struct supervisor *supervisor, uint32_t drain_ms, uint64_t now)
{
	unsigned live = 0;
	char time[PARSE_DURATION_MAX];

	for (size_t id = 0; id < supervisor->fleet.capacity; id++)
		live += fleet_lives(&supervisor->fleet, id);
	if (drain_ms == 0)
		log_notice("stopping at once");
	else if (drain_ms == FLEET_NO_DEADLINE)
		log_notice("stopping: draining %u worker%s without a time limit", live,
			   live == 1 ? "" : "s");
	else
		log_notice("stopping: draining %u worker%s, at most %s", live, live == 1 ? "" : "s",
			   parse_format_duration(drain_ms, time));
	notify_send(&supervisor->notify, "STOPPING=1\nSTATUS=draining %u worker%s", live,
		    live == 1 ? "" : "s");
	/* From here on the sockets are open only in workers: when the last one has closed its own,
	 * clients are refused. */
	slots_close(&supervisor->generation.slots);
	fleet_stop(&supervisor->fleet, drain_ms, now);
}

static void on_terminate(struct supervisor *supervisor, uint64_t now)
{
	bool first = supervisor->terminate_ms == 0;

	if (!first && now - supervisor->terminate_ms < SAME_REQUEST_MS)
		return;
	stop(supervisor, first ? (uint32_t)supervisor->generation.conf.drain_timeout_ms : 0, now);
	supervisor->terminate_ms = now;
}

static void on_worker_gone(struct supervisor *supervisor, size_t id, int status, uint64_t now)
{
	struct fleet_worker was = supervisor->fleet.workers[id];
	pid_t pid = supervisor->crew.children[id].pid;
	struct fleet_death death = {
		.for_good = WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG,
		.served = share_served(supervisor->share, id),
	};
	uint64_t delay = 0;
	char how[CHILD_END_MAX];

	child_describe_end(status, supervisor->share->cells[id].forbidden, how);
	crew_bury(&supervisor->crew, id);
	share_reset(supervisor->share, id);
	sources_reset(supervisor->sources, id);
	switch (fleet_gone(&supervisor->fleet, id, &death, &delay, now)) {
	case FLEET_LEFT:
		log_at(status == 0 ? LOG_LEVEL_INFO : LOG_LEVEL_WARN,
		       "worker %u (pid %ld) of generation %u left: %s", was.index, (long)pid,
		       was.generation, how);
		break;
	case FLEET_RESTARTS:
		supervisor->crew.stats.restarts++;
		if (delay == 0)
			log_warn("worker %u (pid %ld) %s, restarting", was.index, (long)pid, how);
		else
			log_warn("worker %u (pid %ld) %s, restarting in %u ms", was.index,
				 (long)pid, how, (unsigned)delay);
		break;
	case FLEET_GIVEN_UP:
		log_error("worker %u (pid %ld) %s: it will not be restarted", was.index, (long)pid,
			  how);
		break;
	case FLEET_ABANDONED:
		err_set(&supervisor->why, "worker %u (pid %ld) %s before all workers were ready",
			was.index, (long)pid, how);
		break;
	}
}

/* SIGCHLD stands for any number of deaths; as process 1 of a container, also of processes that are
 * not ours. */
static void reap(struct supervisor *supervisor, uint64_t now)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		ssize_t id = crew_find(&supervisor->crew, pid);

		if (id >= 0)
			on_worker_gone(supervisor, (size_t)id, status, now);
		else
			log_debug("reaped process %ld, which is not ours", (long)pid);
	}
}

static void on_signal(struct supervisor *supervisor, int signo, uint64_t now)
{
	switch (signo) {
	case SIGCHLD:
		reap(supervisor, now);
		break;
	case SIGHUP:
		if (supervisor->fleet.stopping)
			log_notice("reload ignored: echod is stopping");
		fleet_reload(&supervisor->fleet);
		break;
	case SIGINT:
	case SIGTERM:
		on_terminate(supervisor, now);
		break;
	case SIGQUIT:
		if (!supervisor->fleet.stopping)
			stop(supervisor, FLEET_NO_DEADLINE, now);
		break;
	case SIGUSR1:
		crew_ask_totals(&supervisor->crew, now);
		break;
	}
}

static void read_signals(struct supervisor *supervisor, uint64_t now)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info)
		on_signal(supervisor, (int)info.ssi_signo, now);
}

static void read_reports(struct supervisor *supervisor, size_t id, uint64_t now)
{
	struct child *child = &supervisor->crew.children[id];
	const struct fleet_worker *worker = &supervisor->fleet.workers[id];
	struct child_news news;
	struct err err;

	if (child_read(child, &news, &err) == -1) {
		log_error("worker %u (pid %ld) sent %s: killed", worker->index, (long)child->pid,
			  err.text);
		child_signal(child, SIGKILL);
	}
	if (news.heard)
		fleet_heard(&supervisor->fleet, id, now);
	if (news.ready && fleet_ready(&supervisor->fleet, id, now) == 0)
		log_notice("worker %u (pid %ld) ready", worker->index, (long)child->pid);
}

/* Once a second, if it has changed: the workers' reports wake us that often. */
static void tell_status(struct supervisor *supervisor, uint64_t now)
{
	const struct crew *crew = &supervisor->crew;
	uint64_t active = 0;
	unsigned live = 0;

	if (supervisor->notify.fd == -1 || supervisor->fleet.stopping ||
	    now < supervisor->told_ms + REPORT_INTERVAL_MS)
		return;
	supervisor->told_ms = now;
	for (size_t id = 0; id < crew->capacity; id++) {
		live += crew->children[id].pid != 0;
		active += crew->children[id].last.counters.active;
	}
	if (live == supervisor->told_live && active == supervisor->told_active)
		return;
	supervisor->told_live = live;
	supervisor->told_active = active;
	notify_send(&supervisor->notify, "STATUS=%u worker%s, %" PRIu64 " connection%s", live,
		    live == 1 ? "" : "s", active, active == 1 ? "" : "s");
}

/* Who was stopped, or busy with something slow, has heard nobody since the last turn, however long
 * it meant to wait. */
static void notice_pause(struct supervisor *supervisor, int wait, uint64_t now)
{
	uint64_t since = now - supervisor->turned_ms;

	if (supervisor->turned_ms != 0 && wait >= 0 && since > (uint64_t)wait + PAUSE_MS)
		fleet_paused(&supervisor->fleet, since);
	supervisor->turned_ms = now;
}

/* Waits for a signal, a report or the next deadline, and makes events of them. */
static void turn(struct supervisor *supervisor)
{
	struct crew *crew = &supervisor->crew;
	uint64_t deadline = fleet_deadline(&supervisor->fleet);
	uint64_t now = clock_ms();
	int wait;

	if (crew->totals_deadline_ms < deadline)
		deadline = crew->totals_deadline_ms;
	if (notify_deadline(&supervisor->notify) < deadline)
		deadline = notify_deadline(&supervisor->notify);
	supervisor->fds[0] = (struct pollfd){ .fd = supervisor->signal_fd, .events = POLLIN };
	for (size_t id = 0; id < crew->capacity; id++)
		supervisor->fds[id + 1] =
			(struct pollfd){ .fd = crew->children[id].report_fd, .events = POLLIN };
	wait = clock_until(now, deadline);
	poll(supervisor->fds, crew->capacity + 1, wait);
	now = clock_ms();
	notice_pause(supervisor, wait, now);
	/* Reports first: what a worker said before it died counts. */
	for (size_t id = 0; id < crew->capacity; id++) {
		if (supervisor->fds[id + 1].revents != 0)
			read_reports(supervisor, id, now);
	}
	read_signals(supervisor, now);
	fleet_tick(&supervisor->fleet, now);
	if (crew_totals_due(crew, now))
		crew_log_totals(crew, &supervisor->fleet, supervisor->generation.workers);
	notify_watchdog(&supervisor->notify, fleet_is_fresh(&supervisor->fleet), now);
	tell_status(supervisor, now);
}

static int serve(struct supervisor *supervisor, struct err *err)
{
	if (generation_prepare(&supervisor->generation, supervisor->plan->conf, err) == -1 ||
	    orders_start(supervisor, err) == -1)
		return -1;
	if (geteuid() == 0 && !supervisor->generation.next.user.has_user)
		log_warn("workers run as root: better set user, as in -u nobody");
	limit_log(slots_count(&supervisor->generation.slots));
	while (orders_carry_out(supervisor))
		turn(supervisor);
	if (log_wants(LOG_LEVEL_NOTICE))
		crew_log_totals(&supervisor->crew, &supervisor->fleet,
				supervisor->generation.workers);
	log_notice("stopped");
	return 0;
}

int supervisor_run(const struct supervisor_plan *plan)
{
	struct supervisor *supervisor = calloc(1, sizeof *supervisor);
	const char *pid_file = plan->pid_file;
	int pid_fd = -1, status = 1;
	struct err err;

	if (supervisor != NULL)
		supervisor->share = share_new();
	if (supervisor == NULL || supervisor->share == NULL) {
		log_error("out of memory");
		free(supervisor);
		return 1;
	}
	supervisor->plan = plan;
	supervisor->generation.slots.inherit = plan->inherit;
	supervisor->notify_fd = plan->notify_fd;
	supervisor->signal_fd = -1;
	crew_init(&supervisor->crew);
	fleet_init(&supervisor->fleet, (uint32_t)clock_ns() ^ (uint32_t)getpid());
	title_set(plan->title, "echod: supervisor");
	if (notify_open(&supervisor->notify, &err) == -1)
		log_warn("%s", err.text);
	limit_raise();
	/* Signals first: who finds our process id in the file may send one at once. */
	if ((supervisor->signal_fd = open_signals(&err)) == -1 ||
	    (pid_file != NULL && (pid_fd = pidfile_open(pid_file, 0644, &err)) == -1) ||
	    serve(supervisor, &err) == -1)
		log_error("%s", err.text);
	else
		status = supervisor->fleet.exit_status;
	if (pid_fd != -1)
		pidfile_close(pid_file, pid_fd);
	if (supervisor->signal_fd != -1)
		close(supervisor->signal_fd);
	notify_close(&supervisor->notify);
	generation_clear(&supervisor->generation);
	crew_clear(&supervisor->crew);
	fleet_clear(&supervisor->fleet);
	sources_free(supervisor->sources);
	share_free(supervisor->share);
	free(supervisor->fds);
	free(supervisor);
	return status;
}
