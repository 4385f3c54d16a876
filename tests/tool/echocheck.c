/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * echocheck: sessions with an echo server, each byte compared. This file is the event loop: it
 * starts sessions as long as there should be more, tells them what happened, and counts how they
 * ended. Lines on standard output, each at once: port N              (--report-ports) a session has
 * connected from this port running             the first session has come to a good end settled N
 * bytes_sent=N   all sessions are held, or no more is taken from any (--no-read) sessions=N ok=N
 * refused=N reset=N short=N wrong=N timeout=N connected=N bytes_sent=N bytes_received=N let_go=N An
 * error of its own ends it with status 2.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "plan.h"
#include "session.h"
#include "tally.h"
#include "timers.h"

#define MS          1000000u
#define EVENTS      256
#define PAUSE       (10 * (uint64_t)MS) /* after a failure, before anything is started: no busy loop */
#define DESCRIPTORS 16                  /* more than there are sessions */

struct run {
	struct plan plan;
	struct tally tally;
	struct timers timers;
	struct session *pool;  /* plan.connections of them */
	struct session **idle; /* a stack of those that are not used */
	size_t idle_count;

	int epoll_fd, signal_fd;
	uint64_t now_ns;
	uint64_t number, left; /* of the next session; sessions to be started */
	uint64_t stop_ns;      /* start none after it */
	uint64_t pause_ns;     /* start none before it */
	uint64_t ended_ns;     /* when the last one ended */
	uint64_t settled;      /* sessions that are held or stalled */
	bool settled_told, running_told;
};

static size_t active(const struct run *run)
{
	return run->plan.connections - run->idle_count;
}

static void watch(struct run *run, struct session *session)
{
	struct epoll_event event = { .data.ptr = session };
	int operation = EPOLL_CTL_MOD;

	event.events = session_wants(session, run->now_ns);
	if (event.events == session->watched)
		return;
	if (session->watched == 0)
		operation = EPOLL_CTL_ADD;
	else if (event.events == 0)
		operation = EPOLL_CTL_DEL; /* or a hang-up would be told again and again */
	if (epoll_ctl(run->epoll_fd, operation, session->fd, &event) < 0) {
		perror("echocheck: epoll_ctl");
		exit(2);
	}
	session->watched = event.events;
}

/* A timer that comes too early does no harm, moving it each time a byte comes costs more. */
static void arm(struct run *run, struct session *session)
{
	uint64_t deadline = session_deadline(session, run->now_ns);

	if (session->timer.place == 0 || deadline < session->timer.at)
		timers_set(&run->timers, &session->timer, deadline);
}

static void settle(struct run *run, struct session *session, bool settled)
{
	if (settled && !session->settled)
		run->settled++;
	if (!settled && session->settled)
		run->settled--;
	session->settled = settled;
	if (run->settled == 0 || run->settled < active(run) || run->settled_told)
		return;
	if (run->settled == run->plan.connections || run->left == 0) {
		uint64_t sent = 0;

		for (size_t i = 0; i < run->plan.connections; i++)
			sent += run->pool[i].settled ? run->pool[i].sent : 0;
		printf("settled %" PRIu64 " bytes_sent=%" PRIu64 "\n", run->settled, sent);
		run->settled_told = true;
	}
}

static void retire(struct run *run, struct session *session, enum session_end end)
{
	timers_set(&run->timers, &session->timer, TIMER_NEVER);
	session->watched = 0; /* epoll forgets what is closed */
	run->idle[run->idle_count++] = session;
	settle(run, session, false);

	if (end == SESSION_LATER) {
		run->pause_ns = run->now_ns + PAUSE;
		if (run->now_ns - run->ended_ns < run->plan.timeout_ms * MS) {
			run->left++;
			return;
		}
		end = SESSION_REFUSED; /* not even after a long time */
	}
	run->ended_ns = run->now_ns;
	tally_add(&run->tally, session, end);
	if (end != SESSION_OK)
		run->pause_ns = run->now_ns + PAUSE;
	else if (!run->running_told)
		run->running_told = puts("running") >= 0;
}

/* Follows up any call of session_start and session_on_. */
static void follow(struct run *run, struct session *session, enum session_end end)
{
	if (session->connected && !session->port_told && run->plan.report_ports) {
		printf("port %u\n", addr_port(&session->local));
		session->port_told = true;
	}
	if (end != SESSION_GOES_ON) {
		retire(run, session, end);
		return;
	}
	watch(run, session);
	arm(run, session);
	settle(run, session,
	       session->state == SESSION_HELD ||
		       (run->plan.no_read && session_is_stalled(session, run->now_ns)));
}

static bool may_start(const struct run *run)
{
	return run->left > 0 && run->now_ns < run->stop_ns;
}

/* Starts as many as are missing, but not those for which others end meanwhile: the loop has to
 * turn. */
static void start_sessions(struct run *run)
{
	size_t missing = run->idle_count;

	while (missing-- > 0 && may_start(run) && run->now_ns >= run->pause_ns) {
		struct session *session = run->idle[--run->idle_count];

		run->left--;
		follow(run, session,
		       session_start(session, &run->plan, run->number++, run->now_ns));
	}
}

static void on_signal(struct run *run)
{
	struct signalfd_siginfo info;

	if (read(run->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM)
		run->left = 0;
	for (size_t i = 0; i < run->plan.connections; i++) {
		struct session *session = &run->pool[i];

		if (session->fd < 0)
			continue;
		follow(run, session,
		       info.ssi_signo == SIGTERM ? session_on_stop(session, run->now_ns)
						 : session_on_speak(session, run->now_ns));
	}
}

static void on_timers(struct run *run)
{
	struct timer *timer;

	while ((timer = timers_take(&run->timers, run->now_ns)) != NULL) {
		struct session *session = timer->owner;

		follow(run, session, session_on_time(session, run->now_ns));
	}
}

/* Milliseconds that epoll may wait, rounded up. */
static int patience(const struct run *run)
{
	uint64_t next = timers_next(&run->timers);
	uint64_t ms;

	if (run->idle_count > 0 && may_start(run) && run->pause_ns < next)
		next = run->pause_ns;
	if (run->idle_count > 0 && run->left > 0 && run->stop_ns < next)
		next = run->stop_ns;
	if (next == TIMER_NEVER)
		return -1;
	if (next <= run->now_ns)
		return 0;
	ms = (next - run->now_ns + MS - 1) / MS;
	return ms < 60000 ? (int)ms : 60000;
}

static void turn(struct run *run)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(run->epoll_fd, events, EVENTS, patience(run));

	run->now_ns = clock_ns();
	for (int i = 0; i < count; i++) {
		struct session *session = events[i].data.ptr;

		/* A signal can have ended what this batch tells of. */
		if (session == NULL)
			on_signal(run);
		else if (session->fd >= 0)
			follow(run, session,
			       session_on_event(session, events[i].events, run->now_ns));
	}
	on_timers(run);
}

static int open_loop(struct run *run)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct rlimit limit;
	sigset_t signals;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < run->plan.connections + DESCRIPTORS) {
		errno = EMFILE;
		return -1;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	run->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || run->epoll_fd < 0 || run->signal_fd < 0)
		return -1;
	return epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, run->signal_fd, &event);
}

static int open_run(struct run *run)
{
	size_t count = run->plan.connections;

	run->pool = calloc(count, sizeof(*run->pool));
	run->idle = calloc(count, sizeof(struct session *));
	if (run->pool == NULL || run->idle == NULL || timers_init(&run->timers, count) < 0)
		return -1;
	while (run->idle_count < count) {
		struct session *session = &run->pool[count - 1 - run->idle_count];

		session->fd = -1;
		session->timer.owner = session;
		run->idle[run->idle_count++] = session;
	}
	if (open_loop(run) < 0)
		return -1;
	return tally_init(&run->tally, run->plan.failures);
}

static void close_run(struct run *run)
{
	tally_clear(&run->tally);
	timers_clear(&run->timers);
	free(run->pool);
	free(run->idle);
	close(run->signal_fd);
	close(run->epoll_fd);
}

int main(int argc, char **argv)
{
	struct run run = { .epoll_fd = -1, .signal_fd = -1 };
	int status = plan_read(&run.plan, argc, argv);

	if (status != 0)
		return status > 0 ? 0 : 2;
	if (open_run(&run) < 0) {
		perror("echocheck");
		close_run(&run);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	run.now_ns = run.ended_ns = clock_ns();
	run.left = run.plan.sessions;
	run.stop_ns = run.plan.duration_ms == UINT64_MAX ? UINT64_MAX
							 : run.now_ns + run.plan.duration_ms * MS;
	while (active(&run) > 0 || may_start(&run)) {
		start_sessions(&run);
		turn(&run);
	}
	tally_print(&run.tally);
	status = tally_status(&run.tally);
	close_run(&run);
	return status;
}
