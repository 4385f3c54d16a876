/* SPDX-License-Identifier: BSD-2-Clause */
/* echobench: loads an echo server and checks every byte. The order of start-up, and the exit
 * status. */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/dial.h"
#include "bench/export.h"
#include "bench/meter.h"
#include "bench/options.h"
#include "bench/ping.h"
#include "bench/report.h"
#include "bench/stream.h"
#include "bench/team.h"
#include "common/addr.h"
#include "common/err.h"

#define DESCRIPTORS 16 /* more than a process has connections */

enum { STATUS_GOOD, STATUS_FAILED, STATUS_USAGE, STATUS_NO_CONNECTION };

/* A process needs a descriptor for each of its connections. */
static int raise_limit(const struct options *options, struct err *err)
{
	uint64_t most = (options->connections + options->processes - 1) / options->processes;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return err_errno(err, "getrlimit");
	if (limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
			return err_errno(err, "setrlimit");
	}
	if (limit.rlim_cur < most + DESCRIPTORS)
		return err_set(
			err,
			"%ju connections in a process do not fit: the limit of open files is %ju "
			"(ulimit -n); use more processes (-t)",
			(uintmax_t)most, (uintmax_t)limit.rlim_cur);
	return 0;
}

static int open_signals(struct err *err)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) == -1)
		return err_errno(err, "sigprocmask");
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd == -1)
		return err_errno(err, "signalfd");
	return fd;
}

static int write_hgrm(const struct options *options, FILE *file, const struct hist *hist,
		      struct err *err)
{
	export_hgrm(file, hist);
	if (fflush(file) != 0 || ferror(file) != 0)
		return err_errno(err, "%s", options->hgrm);
	return 0;
}

static int write_results(const struct report *report, int status, FILE *hgrm, struct err *err)
{
	const struct options *options = report->options;

	if (options->json)
		export_json(stdout, report);
	else if (options->csv)
		export_csv(stdout, report);
	else if (status != STATUS_NO_CONNECTION) /* nothing but zeros */
		report_table(stdout, report);
	if (fflush(stdout) != 0)
		return err_errno(err, "standard output");
	if (hgrm != NULL)
		return write_hgrm(options, hgrm, &report->meter->latency, err);
	return 0;
}

static void tell_refused(const struct options *options, const struct addr *server,
			 const struct meter *total)
{
	int error = total->first[FAILURE_REFUSED].error;
	char text[TARGET_TEXT_MAX];

	if (error == 0 && total->failures[FAILURE_TIMEOUT] > 0)
		error = ETIMEDOUT;
	report_error("no connection to %s%s%s", target_format(&options->target, server, text),
		     error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

/* Runs the processes. Returns the exit status, or -1 with a reason. */
static int run(const struct options *options, const struct stream *stream,
	       const struct addr *server, int signal_fd, FILE *hgrm, struct err *err)
{
	struct report report = { .options = options, .server = server };
	struct meter total;
	struct team team;
	int status = team_start(&team, options, stream, server, err);

	if (status == 0) {
		team_wait(&team, signal_fd);
		team_add_up(&team, &total);
		report.meter = &total;
		report.elapsed_ns = team_elapsed(&team, &total);
		report.interrupted = team.interrupted;
		report_look_at_machine(&report.machine);
		status = team.broken ? STATUS_FAILED : meter_status(&total);
		if (write_results(&report, status, hgrm, err) == -1)
			status = -1;
	}
	if (status == STATUS_NO_CONNECTION)
		tell_refused(options, server, &total);
	team_clear(&team);
	return status;
}

static int start(const struct options *options, FILE *hgrm, struct err *err)
{
	struct stream stream = { .table = NULL };
	struct addr server;
	int status = -1, signal_fd;

	if (raise_limit(options, err) == -1 || stream_init(&stream, options->seed, err) == -1)
		return -1;
	signal_fd = open_signals(err);
	if (signal_fd != -1 && dial_resolve(options, &server, err) == -1) {
		report_error("%s", err->text);
		status = STATUS_NO_CONNECTION;
	} else if (signal_fd != -1) {
		status = options->ping ? ping_run(options, &stream, &server, signal_fd, err)
				       : run(options, &stream, &server, signal_fd, hgrm, err);
	}
	if (signal_fd != -1)
		close(signal_fd);
	stream_clear(&stream);
	return status;
}

/* The file of the results is opened before anything is measured for it. */
static int open_and_start(const struct options *options, struct err *err)
{
	FILE *hgrm = NULL;
	int status;

	if (options->hgrm != NULL && (hgrm = fopen(options->hgrm, "we")) == NULL)
		return err_errno(err, "%s", options->hgrm);
	status = start(options, hgrm, err);
	if (hgrm != NULL && fclose(hgrm) != 0 && status != -1)
		return err_errno(err, "%s", options->hgrm);
	return status;
}

int main(int argc, char **argv)
{
	struct options options;
	struct err err;
	int status;

	if (options_read(&options, argc, argv, &err) == -1) {
		report_error("%s", err.text);
		return STATUS_USAGE;
	}
	if (options.action == OPTIONS_HELP) {
		options_print_help(stdout);
		return STATUS_GOOD;
	}
	if (options.action == OPTIONS_VERSION) {
		printf("echobench %s\n", PACKAGE_VERSION);
		return STATUS_GOOD;
	}
	status = open_and_start(&options, &err);
	if (status == -1) {
		report_error("%s", err.text);
		return STATUS_FAILED;
	}
	return status;
}
