/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection, which is kept as long as it is good, and poll(2) for everything. What fails is a
 * line on standard output; the next message tries a new connection.
 */
#include "bench/ping.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/dial.h"
#include "bench/hist.h"
#include "bench/report.h"
#include "common/clock.h"

#define MS          UINT64_C(1000000)
#define BUFFER_SIZE 65536u

_Static_assert(BUFFER_SIZE <= STREAM_RUN_MAX, "what is received at once must lie in one piece");

struct ping {
	const struct options *options;
	const struct stream *stream;
	const struct addr *server;
	char name[ADDR_TEXT_MAX];
	int signal_fd, fd; /* fd -1: no connection */
	bool stopped;      /* by a signal */
	uint32_t offset;
	uint64_t position; /* in the stream, where the next message begins */
	uint64_t opened, sent, received;
	struct hist hist;
	unsigned char buffer[BUFFER_SIZE];
};

enum wait_result { WAIT_READY, WAIT_LATE, WAIT_STOPPED };

/* Waits for events of the connection (none, if they are 0) until deadline_ns or a signal. */
static enum wait_result wait_for(struct ping *ping, short events, uint64_t deadline_ns)
{
	struct pollfd fds[2] = { { .fd = ping->signal_fd, .events = POLLIN },
				 { .fd = events == 0 ? -1 : ping->fd, .events = events } };
	struct signalfd_siginfo info;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < deadline_ns) {
		uint64_t ms = (deadline_ns - now_ns + MS - 1) / MS;
		int count = poll(fds, 2, ms > 60000 ? 60000 : (int)ms);

		if (count <= 0)
			continue;
		if ((fds[0].revents & POLLIN) != 0 &&
		    read(ping->signal_fd, &info, sizeof info) == sizeof info &&
		    info.ssi_signo != SIGCHLD) {
			ping->stopped = true;
			return WAIT_STOPPED;
		}
		if (fds[1].revents != 0)
			return WAIT_READY;
	}
	return WAIT_LATE;
}

static void hang_up(struct ping *ping)
{
	if (ping->fd != -1)
		close(ping->fd);
	ping->fd = -1;
}

/* NULL, or what is wrong. */
static const char *connect_to(struct ping *ping, uint64_t deadline_ns)
{
	uint64_t number = ping->opened;
	int error = 0;

	ping->fd = dial_start(ping->server, ping->options->sources, number);
	if (ping->fd == -1)
		return strerror(errno);
	if (wait_for(ping, POLLOUT, deadline_ns) != WAIT_READY)
		return "no connection in time";
	error = dial_result(ping->fd);
	if (error != 0)
		return strerror(error);
	ping->opened++;
	ping->offset = stream_offset(ping->stream, number);
	ping->position = 0;
	return NULL;
}

static const char *send_some(struct ping *ping, uint64_t *sent, uint64_t end)
{
	size_t size = end - *sent < STREAM_RUN_MAX ? end - *sent : STREAM_RUN_MAX;
	ssize_t taken =
		send(ping->fd, stream_run(ping->stream, ping->offset, *sent), size, MSG_NOSIGNAL);

	if (taken > 0)
		*sent += (uint64_t)taken;
	return taken == -1 && errno != EAGAIN && errno != EINTR ? strerror(errno) : NULL;
}

static const char *receive_some(struct ping *ping, uint64_t sent, uint64_t *received)
{
	ssize_t length = recv(ping->fd, ping->buffer, sizeof ping->buffer, 0);

	if (length == 0)
		return "short: the server ended the connection";
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	if ((size_t)length > sent - *received)
		return "wrong: more came back than was sent";
	if (!ping->options->no_verify &&
	    memcmp(ping->buffer, stream_run(ping->stream, ping->offset, *received),
		   (size_t)length) != 0)
		return "wrong: other bytes came back";
	*received += (uint64_t)length;
	return NULL;
}

/* Sends a message and waits for it. NULL and its time, or what is wrong. */
static const char *exchange(struct ping *ping, uint64_t size, uint64_t *time_ns)
{
	uint64_t begin_ns = clock_ns(), end = ping->position + size;
	uint64_t sent = ping->position, received = ping->position;
	const char *why = send_some(ping, &sent, end);

	while (why == NULL && received < end) {
		short events = (short)(POLLIN | (sent < end ? POLLOUT : 0));
		enum wait_result result =
			wait_for(ping, events, begin_ns + ping->options->timeout_ms * MS);

		if (result != WAIT_READY)
			return result == WAIT_LATE ? "timeout" : "interrupted";
		why = receive_some(ping, sent, &received);
		if (why == NULL && sent < end)
			why = send_some(ping, &sent, end);
	}
	*time_ns = clock_ns() - begin_ns;
	ping->position = end;
	return why;
}

static void send_one(struct ping *ping, uint64_t number)
{
	const struct options *options = ping->options;
	uint64_t size = stream_draw(ping->stream, 0, number, options->size.low, options->size.high);
	uint64_t time_ns = 0;
	const char *why = NULL;

	if (ping->fd == -1)
		why = connect_to(ping, clock_ns() + options->timeout_ms * MS);
	if (why == NULL)
		why = exchange(ping, size, &time_ns);
	if (ping->stopped) {
		hang_up(ping); /* neither lost nor back */
		return;
	}
	ping->sent++;
	if (why != NULL) {
		hang_up(ping);
		printf("from %s: seq=%" PRIu64 " %s\n", ping->name, number, why);
		return;
	}
	ping->received++;
	hist_record(&ping->hist, time_ns);
	if (!options->quiet)
		printf("%" PRIu64 " bytes from %s: seq=%" PRIu64 " time=%.3f ms\n", size,
		       ping->name, number, (double)time_ns / 1e6);
}

static void print_summary(const struct ping *ping)
{
	const struct hist *hist = &ping->hist;

	printf("\n--- %s echo statistics ---\n%" PRIu64 " messages sent, %" PRIu64
	       " received, %" PRIu64 " lost\n",
	       ping->name, ping->sent, ping->received, ping->sent - ping->received);
	if (hist->count > 0)
		printf("min/mean/p50/p99/max = %.3f/%.3f/%.3f/%.3f/%.3f ms\n",
		       (double)hist->min / 1e6, hist_mean(hist) / 1e6,
		       (double)hist_percentile(hist, 0.5) / 1e6,
		       (double)hist_percentile(hist, 0.99) / 1e6, (double)hist->max / 1e6);
}

static void ping_all(struct ping *ping)
{
	const struct options *options = ping->options;
	uint64_t begin_ns = clock_ns(), stop_ns = UINT64_MAX;

	if (options->duration_ms != OPTIONS_FOREVER)
		stop_ns = begin_ns + options->duration_ms * MS;
	for (uint64_t i = 0; i < options->messages && !ping->stopped; i++) {
		uint64_t due_ns = begin_ns + i * options->interval_ms * MS;

		if (due_ns >= stop_ns)
			break;
		wait_for(ping, 0, due_ns);
		if (!ping->stopped)
			send_one(ping, i + 1);
	}
	hang_up(ping);
}

int ping_run(const struct options *options, const struct stream *stream, const struct addr *server,
	     int signal_fd, struct err *err)
{
	struct ping *ping = calloc(1, sizeof *ping);
	int status = 0;

	if (ping == NULL)
		return err_errno(err, "malloc");
	ping->options = options;
	ping->stream = stream;
	ping->server = server;
	ping->signal_fd = signal_fd;
	ping->fd = -1;
	addr_format(server, ping->name);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	ping_all(ping);
	print_summary(ping);
	if (ping->received < ping->sent)
		status = ping->opened == 0 ? 3 : 1;
	if (fflush(stdout) != 0)
		status = err_errno(err, "standard output");
	free(ping);
	return status;
}
