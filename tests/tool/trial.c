/* SPDX-License-Identifier: BSD-2-Clause */
/* What must not be is a line on standard error; everything is looked at all the same. */
#include "trial.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"

#define TARGETS     6
#define WORKERS     3 /* at the end */
#define PATIENCE_MS 30000
#define RELOADS_MAX 20

/* What every listener can be told, so that as much as possible is called; the files' folder. */
#define LISTENERS                                                                              \
	"listen tcp:127.0.0.1:0 sndbuf=16k pending-high=64k pending-low=16k\n"                 \
	"listen tcp:" TOUR_FRAMED ":0 service=frame delay=1ms rate=8m idle-timeout=60s\n"      \
	"listen udp:127.0.0.1:0\n"                                                             \
	"listen unix:%1$s/socket\nlisten unixgram:%1$s/gram\npid-file %1$s/pid\n"              \
	"drain-timeout 10s\n"                                                                  \
	"listen tcp:%2$s:0 service=echo greeting=\"hello\\n\" max-connections-per-source=50\n" \
	"workers %3$d\n"

static void __attribute__((format(printf, 2, 3)))
blame(struct trial *trial, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "call=%s nth=%u times=%u in=%s error=%s: ", trial->call, trial->nth,
		trial->times, trial->processes, trial->error);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	trial->failed = true;
}

/* ---------------------------------------------------------------- conditions to wait for */

static bool has_started_or_gone(struct trial *trial)
{
	subject_read_mail(&trial->subject);
	return trial->subject.commits_told > 0 ||
	       subject_logged(&trial->subject, ": listening on ") == TARGETS ||
	       subject_is_gone(&trial->subject);
}

static bool has_reloaded(struct trial *trial)
{
	subject_read_mail(&trial->subject);
	return trial->subject.commits_told > 1 ||
	       subject_logged(&trial->subject, " is serving") > 0;
}

static bool has_reloaded_or_refused(struct trial *trial)
{
	return has_reloaded(trial) || trial->subject.refusals_told > trial->refused ||
	       subject_logged(&trial->subject, "reload refused: ") > trial->refused ||
	       subject_is_gone(&trial->subject);
}

/* Everybody is there, and nobody holds more than in the run without a fault. */
static bool is_whole(struct trial *trial)
{
	pid_t workers[WORKERS + 1];

	if (subject_workers(&trial->subject, workers, WORKERS + 1) != WORKERS)
		return false;
	for (unsigned i = 0; i < WORKERS && !trial->spared; i++) {
		size_t held = subject_descriptors(workers[i]);

		if (held == 0 || held > trial->worker_fds)
			return false;
	}
	return trial->spared || subject_descriptors(trial->subject.pid) <= trial->supervisor_fds;
}

static bool has_ended(struct trial *trial)
{
	return subject_is_gone(&trial->subject);
}

/* Workers that outlive it become our children. */
static bool is_alone(struct trial *trial)
{
	(void)trial;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static bool within(struct trial *trial, bool (*condition)(struct trial *))
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	uint64_t deadline = clock_ms() + PATIENCE_MS;

	while (!condition(trial)) {
		if (clock_ms() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* ---------------------------------------------------------------- a run */

static void configure(struct trial *trial, const char *greeter, int workers)
{
	char text[2048];

	snprintf(text, sizeof text, LISTENERS, trial->subject.folder, greeter, workers);
	subject_configure(&trial->subject, text);
}

static void launch(struct trial *trial)
{
	char text[256];

	memset(&trial->tour, 0, sizeof trial->tour);
	trial->refused = 0;
	trial->failed = false;
	configure(trial, TOUR_GREETER, WORKERS - 1);
	snprintf(text, sizeof text, "call=%s nth=%u times=%u error=%s in=%s trace=%d", trial->call,
		 trial->nth, trial->times, trial->error, trial->processes,
		 getenv("ORDEAL_TRACE") != NULL);
	subject_launch(&trial->subject, trial->spared ? NULL : text);
}

/* HUP until it is done: each one that is refused has a line, and changes nothing. An address goes,
 * one comes, and there is one worker more. */
static void reload(struct trial *trial)
{
	configure(trial, TOUR_GREETER2, WORKERS);
	for (int tries = 0; tries < RELOADS_MAX; tries++) {
		kill(trial->subject.pid, SIGHUP);
		if (!within(trial, has_reloaded_or_refused)) {
			blame(trial, "it says nothing about the reload");
			return;
		}
		if (has_reloaded(trial))
			return;
		if (has_ended(trial)) {
			blame(trial, "it left at the reload");
			return;
		}
		trial->refused++;
		trial->sum.reloads_refused++;
		tour_go(&trial->tour);
	}
	blame(trial, "it never reloads again");
}

static void look_at_descriptors(struct trial *trial)
{
	pid_t workers[WORKERS + 1] = { 0 };
	size_t number;
	bool whole = within(trial, is_whole);

	number = subject_workers(&trial->subject, workers, WORKERS + 1);
	if (!whole)
		blame(trial, "%zu workers, %zu descriptors (%zu), of a worker %zu (%zu)", number,
		      subject_descriptors(trial->subject.pid), trial->supervisor_fds,
		      subject_descriptors(workers[0]), trial->worker_fds);
	if (!trial->spared)
		return;
	trial->supervisor_fds = subject_descriptors(trial->subject.pid);
	trial->worker_fds = subject_descriptors(workers[0]);
}

static void serve(struct trial *trial)
{
	struct tour *tour = &trial->tour;

	tour_plan(tour, subject_log(&trial->subject), NULL);
	/* A line that the log has lost names an address that nobody visits. */
	if (tour->count < TARGETS && strcmp(trial->call, "log") != 0)
		blame(trial, "it serves %zu addresses only", tour->count);
	tour_go(tour);
	tour_hold(tour);
	reload(trial);
	tour_let_go(tour);
	tour_plan(tour, subject_log(&trial->subject), has_reloaded(trial) ? TOUR_GREETER : NULL);
	tour_go(tour);
	look_at_descriptors(trial);
	kill(trial->subject.pid, SIGTERM);
}

static void judge_status(struct trial *trial, int status, bool started)
{
	if (!WIFEXITED(status))
		blame(trial, "it died of signal %d", WTERMSIG(status));
	else if (started && WEXITSTATUS(status) != 0)
		blame(trial, "exit status %d", WEXITSTATUS(status));
	else if (!started && WEXITSTATUS(status) != 1 && WEXITSTATUS(status) != 78)
		blame(trial, "not started, and exit status %d", WEXITSTATUS(status));
	if (!started && strcmp(trial->call, "log") != 0 &&
	    subject_logged(&trial->subject, "error: ") == 0 &&
	    subject_logged(&trial->subject, "echod: ") == 0)
		blame(trial, "it does not say why it does not start");
}

static void judge_log(struct trial *trial)
{
	static const char *const horrors[] = { "killed by signal 4",  "killed by signal 6",
					       "killed by signal 7",  "killed by signal 8",
					       "killed by signal 11", "Sanitizer",
					       "runtime error:",      "exited with status 99" };

	for (size_t i = 0; i < sizeof horrors / sizeof horrors[0]; i++) {
		if (subject_logged(&trial->subject, horrors[i]) > 0)
			blame(trial, "%s", horrors[i]);
	}
}

static void judge_files(struct trial *trial)
{
	static const char *const files[] = { "socket", "socket.lock", "gram", "gram.lock", "pid" };
	char path[SUBJECT_PATH_MAX];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		subject_path(&trial->subject, files[i], path);
		if (unlink(path) == 0)
			blame(trial, "%s is left", files[i]);
	}
}

static void judge_clients(struct trial *trial)
{
	const struct tour *tour = &trial->tour;
	unsigned struck = subject_logged(&trial->subject, "failing: ");
	unsigned unwell = tour->ends[VISITOR_RESET] + tour->ends[VISITOR_LOST];

	if (tour->trouble[0] != '\0')
		blame(trial, "%s", tour->trouble);
	if (unwell > struck)
		blame(trial, "%u clients were reset or not answered, %u calls failed", unwell,
		      struck);
	trial->sum.struck += struck > 0;
	trial->sum.resets += tour->ends[VISITOR_RESET];
	trial->sum.lost += tour->ends[VISITOR_LOST];
}

static void keep_log(const struct trial *trial)
{
	char path[SUBJECT_PATH_MAX], name[64], kept[SUBJECT_PATH_MAX];

	subject_path(&trial->subject, "log", path);
	snprintf(name, sizeof name, "%s.%s.%u", trial->call, trial->processes, trial->nth);
	subject_path(&trial->subject, name, kept);
	rename(path, kept);
}

bool trial_run(struct trial *trial)
{
	unsigned before = trial->sum.struck;
	bool started;
	int status;

	launch(trial);
	if (!within(trial, has_started_or_gone))
		blame(trial, "it neither starts nor ends");
	started = !has_ended(trial);
	if (started)
		serve(trial);
	if (!within(trial, has_ended)) {
		blame(trial, "it does not end");
		kill(trial->subject.pid, SIGKILL);
	}
	waitpid(trial->subject.pid, &status, 0);
	judge_status(trial, status, started);
	judge_log(trial);
	if (!within(trial, is_alone))
		blame(trial, "a process is left");
	judge_files(trial);
	judge_clients(trial);
	trial->sum.runs++;
	trial->sum.not_started += !started;
	trial->sum.restarts += subject_logged(&trial->subject, ", restarting");
	trial->sum.failures += trial->failed;
	if (trial->failed)
		keep_log(trial);
	return trial->sum.struck > before;
}
