/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An echo server for tests, which makes the mistakes that it is told to make, with each connection
 * anew:
 *     --delay=MS             echoes so much later
 *     --stall=MS:PERIOD      echoes nothing in the first MS of each PERIOD (ms of the monotonic
 * clock)
 *     --corrupt=N            byte N (from 0) comes back with all bits inverted
 *     --drop                 takes everything and sends nothing
 *     --truncate=N           sends FIN after N bytes
 *     --reset=N              sends RST after N bytes
 *     --extra=N              sends byte N twice
 *     --banner               sends a line of its own first
 *     --frame                takes only whole messages, of 4 bytes of length (least significant
 * byte first) and so many that follow, and answers each at once with all of it
 *     --length=N             message N (from 0) comes back with a length of one more; with --frame
 *     --unix=PATH            serves a UNIX socket; @ in front: an abstract one
 * It prints `port N` and serves 127.0.0.1, or the path, each connection with a process of its own,
 * until a signal ends it.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "serve.h"

#define NEVER       UINT64_MAX
#define BUFFER_SIZE 65536
#define FRAME_HEAD  4
#define FRAME_MAX   (1024 * 1024)

struct faults {
	uint64_t delay_ms, stall_ms, period_ms;
	uint64_t corrupt, truncate, reset, extra; /* positions in the stream */
	uint64_t length;                          /* number of a frame */
	bool drop, banner, frame;
	const char *path;
};

static void wait_ms(uint64_t ms)
{
	const struct timespec time = { .tv_sec = (time_t)(ms / 1000),
				       .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

static void stall(const struct faults *faults)
{
	uint64_t phase = faults->period_ms == 0 ? 0 : clock_ms() % faults->period_ms;

	if (phase < faults->stall_ms)
		wait_ms(faults->stall_ms - phase);
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	_exit(0);
}

static void send_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t taken = send(fd, bytes, length, MSG_NOSIGNAL);

		if (taken == -1)
			_exit(0);
		bytes += taken;
		length -= (size_t)taken;
	}
}

static bool lies_in(uint64_t position, uint64_t begin, uint64_t length)
{
	return position >= begin && position - begin < length;
}

/* Sends what came in at this position; does not come back if it is the last. */
static void echo(int fd, const struct faults *faults, char *bytes, uint64_t position, size_t length)
{
	uint64_t end = faults->truncate < faults->reset ? faults->truncate : faults->reset;
	size_t first;

	if (faults->drop)
		return;
	if (lies_in(faults->corrupt, position, length))
		bytes[faults->corrupt - position] = (char)~bytes[faults->corrupt - position];
	if (position + length >= end) {
		send_all(fd, bytes, end > position ? (size_t)(end - position) : 0);
		if (faults->reset == end)
			reset(fd);
		shutdown(fd, SHUT_WR);
		while (recv(fd, bytes, BUFFER_SIZE, 0) > 0)
			;
		_exit(0);
	}
	first = lies_in(faults->extra, position, length) ? (size_t)(faults->extra - position) + 1
							 : 0;
	send_all(fd, bytes, first);
	send_all(fd, bytes + (first > 0 ? first - 1 : 0), length - (first > 0 ? first - 1 : 0));
}

/* Whatever does not come whole is not answered. */
static void serve_frames(int fd, const struct faults *faults)
{
	static unsigned char frame[FRAME_HEAD + FRAME_MAX];
	uint64_t position = 0;

	for (uint64_t number = 0;; number++) {
		size_t size;

		if (recv(fd, frame, FRAME_HEAD, MSG_WAITALL) != FRAME_HEAD)
			return;
		size = frame[0] | (size_t)frame[1] << 8 | (size_t)frame[2] << 16 |
		       (size_t)frame[3] << 24;
		if (size > FRAME_MAX ||
		    (size > 0 && recv(fd, frame + FRAME_HEAD, size, MSG_WAITALL) != (ssize_t)size))
			return;
		if (number == faults->length)
			frame[0]++;
		echo(fd, faults, (char *)frame, position, FRAME_HEAD + size);
		position += FRAME_HEAD + size;
	}
}

static void serve(int fd, const struct faults *faults)
{
	static const char banner[] = "220 ready\r\n";
	static char buffer[BUFFER_SIZE];
	uint64_t position = 0;
	ssize_t length;

	if (faults->banner)
		send_all(fd, banner, sizeof banner - 1);
	if (faults->frame)
		serve_frames(fd, faults);
	while ((length = recv(fd, buffer, sizeof buffer, 0)) > 0) {
		stall(faults);
		if (faults->delay_ms > 0)
			wait_ms(faults->delay_ms);
		echo(fd, faults, buffer, position, (size_t)length);
		position += (uint64_t)length;
	}
	close(fd);
}

static void read_faults(struct faults *faults, int argc, char **argv)
{
	static const struct option list[] = {
		{ "delay", required_argument, NULL, 'd' },
		{ "stall", required_argument, NULL, 's' },
		{ "corrupt", required_argument, NULL, 'c' },
		{ "drop", no_argument, NULL, 'D' },
		{ "truncate", required_argument, NULL, 't' },
		{ "reset", required_argument, NULL, 'r' },
		{ "extra", required_argument, NULL, 'e' },
		{ "banner", no_argument, NULL, 'b' },
		{ "frame", no_argument, NULL, 'f' },
		{ "length", required_argument, NULL, 'l' },
		{ "unix", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*faults = (struct faults){
		.corrupt = NEVER, .truncate = NEVER, .reset = NEVER, .extra = NEVER, .length = NEVER
	};
	while ((option = getopt_long(argc, argv, "", list, NULL)) != -1) {
		uint64_t number = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);

		switch (option) {
		case 'd':
			faults->delay_ms = number;
			break;
		case 's':
			faults->stall_ms = number;
			faults->period_ms = serve_behind_colon(optarg);
			break;
		case 'c':
			faults->corrupt = number;
			break;
		case 'D':
			faults->drop = true;
			break;
		case 't':
			faults->truncate = number;
			break;
		case 'r':
			faults->reset = number;
			break;
		case 'e':
			faults->extra = number;
			break;
		case 'b':
			faults->banner = true;
			break;
		case 'f':
			faults->frame = true;
			break;
		case 'l':
			faults->length = number;
			break;
		case 'u':
			faults->path = optarg;
			break;
		default:
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct faults faults;
	pid_t parent = getpid();
	int listener;

	read_faults(&faults, argc, argv);
	signal(SIGCHLD, SIG_IGN); /* no zombies */
	listener = serve_open(SOCK_STREAM, faults.path);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1 && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (fd == -1)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			close(listener);
			serve(fd, &faults);
			_exit(0);
		}
		close(fd);
	}
}
