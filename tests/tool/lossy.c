/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An echo server for datagrams, for tests, which makes the mistakes that it is told to make, each
 * with every Nth datagram (counted over all clients, from 1 on):
 *     --drop=N           does not answer
 *     --duplicate=N      answers twice
 *     --swap=N           answers after the next one has been answered
 *     --delay=N:MS       answers so much later
 *     --corrupt=N:BYTE   inverts all bits of that byte (from 0)
 *     --cut=N            answers with one byte less
 *     --stretch=N        answers with one byte more
 *     --until=N          is gone after so many datagrams
 *     --silent           sends nothing
 * and without mistakes
 *     --unix=PATH        serves a UNIX socket; @ in front: an abstract one
 * It prints `port N` and serves 127.0.0.1, or the path, until a signal ends it. Nothing overtakes
 * but what is delayed or swapped: at most one datagram waits for each of both.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "serve.h"

#define BUFFER_SIZE 65536

struct faults {
	uint64_t drop, duplicate, swap, delay, corrupt, cut, stretch, until; /* 0: never */
	uint64_t delay_ms, corrupt_byte;
	bool silent;
};

struct datagram {
	char bytes[BUFFER_SIZE];
	size_t length;
	struct addr from;
	uint64_t due_ms; /* of a delayed one */
};

/* One that waits, or none (from.length 0). */
static struct datagram swapped, delayed;

static bool is_nth(uint64_t number, uint64_t every)
{
	return every > 0 && number % every == 0;
}

static void answer(int fd, const struct datagram *datagram)
{
	/* What has no room at the client is lost, as it may be. */
	if (sendto(fd, datagram->bytes, datagram->length, 0,
		   (const struct sockaddr *)&datagram->from.storage, datagram->from.length) == -1 &&
	    errno != EAGAIN && errno != ECONNREFUSED && errno != ENOENT && errno != EPERM)
		perror("lossy");
}

static void let_go(int fd, struct datagram *waiting)
{
	if (waiting->from.length == 0)
		return;
	answer(fd, waiting);
	waiting->from.length = 0;
}

static void serve(int fd, const struct faults *faults, struct datagram *datagram, uint64_t number)
{
	if (faults->silent || is_nth(number, faults->drop))
		return;
	if (is_nth(number, faults->corrupt) && faults->corrupt_byte < datagram->length)
		datagram->bytes[faults->corrupt_byte] =
			(char)~datagram->bytes[faults->corrupt_byte];
	if (is_nth(number, faults->cut) && datagram->length > 0)
		datagram->length--;
	if (is_nth(number, faults->stretch) && datagram->length < BUFFER_SIZE)
		datagram->bytes[datagram->length++] = '!';
	if (is_nth(number, faults->swap)) {
		swapped = *datagram;
		return;
	}
	if (is_nth(number, faults->delay)) {
		let_go(fd, &delayed);
		delayed = *datagram;
		delayed.due_ms = clock_ms() + faults->delay_ms;
		return;
	}
	answer(fd, datagram);
	if (is_nth(number, faults->duplicate))
		answer(fd, datagram);
	let_go(fd, &swapped);
}

static void serve_all(int fd, const struct faults *faults)
{
	static struct datagram datagram;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint64_t number = 0;

	while (faults->until == 0 || number < faults->until) {
		uint64_t now_ms = clock_ms();
		bool waits = delayed.from.length > 0;
		ssize_t length;

		if (waits && delayed.due_ms <= now_ms)
			let_go(fd, &delayed);
		if (poll(&poll_fd, 1, waits ? clock_until(now_ms, delayed.due_ms) : -1) <= 0)
			continue;
		datagram.from.length = sizeof datagram.from.storage;
		length = recvfrom(fd, datagram.bytes, sizeof datagram.bytes, MSG_DONTWAIT,
				  (struct sockaddr *)&datagram.from.storage, &datagram.from.length);
		if (length == -1)
			continue;
		datagram.length = (size_t)length;
		serve(fd, faults, &datagram, ++number);
	}
}

/* The path of the UNIX socket, or NULL. */
static const char *read_faults(struct faults *faults, int argc, char **argv)
{
	static const struct option list[] = {
		{ "drop", required_argument, NULL, 'd' },
		{ "duplicate", required_argument, NULL, '2' },
		{ "swap", required_argument, NULL, 's' },
		{ "delay", required_argument, NULL, 'l' },
		{ "corrupt", required_argument, NULL, 'c' },
		{ "cut", required_argument, NULL, 't' },
		{ "stretch", required_argument, NULL, 'x' },
		{ "until", required_argument, NULL, 'n' },
		{ "silent", no_argument, NULL, 'q' },
		{ "unix", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 },
	};
	static const char letters[] = "d2slctxn";
	uint64_t *const fields[] = { &faults->drop,    &faults->duplicate, &faults->swap,
				     &faults->delay,   &faults->corrupt,   &faults->cut,
				     &faults->stretch, &faults->until };
	const char *path = NULL;
	int option;

	*faults = (struct faults){ .drop = 0 };
	while ((option = getopt_long(argc, argv, "", list, NULL)) != -1) {
		const char *letter = strchr(letters, option);

		if (option == '?')
			exit(2);
		if (option == 'u')
			path = optarg;
		if (option == 'q')
			faults->silent = true;
		if (letter == NULL)
			continue;
		*fields[letter - letters] = strtoull(optarg, NULL, 10);
		if (option == 'l')
			faults->delay_ms = serve_behind_colon(optarg);
		if (option == 'c')
			faults->corrupt_byte = serve_behind_colon(optarg);
	}
	return path;
}

int main(int argc, char **argv)
{
	struct faults faults;
	const char *path = read_faults(&faults, argc, argv);

	serve_all(serve_open(SOCK_DGRAM, path), &faults);
	return 0;
}
