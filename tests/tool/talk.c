/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * talk HOST:PORT STEP...: one connection and what is to happen on it, step by step. TEXT may have
 * \n, \t, \\, \0 and \xHH; N may have k or m behind it.
 *
 *   send:TEXT     sends it, all of it
 *   bytes:N       sends the next N bytes of a pattern
 *   expect:TEXT   receives exactly that
 *   echo:N        receives the next N bytes of that pattern
 *   line:TEXT     receives a line that has TEXT in it
 *   lines:N:TEXT  receives N such lines
 *   flood         sends until nothing was taken for 200 ms, and reads nothing
 *   quiet:MS      for so long nothing comes
 *   say:TEXT      prints TEXT to standard output: it has come so far
 *   fin           ends its side
 *   end           receives the end, and nothing before it
 *   drop          receives whatever comes up to the end
 *   reset         reads nothing, and is reset
 *   atleast:MS    so much time has passed since it began to connect
 *   on:N          goes on with connection N, 1 to 64, and makes it first; it began with 1
 *   close         closes it
 *   within:MS     no more has passed since the last close; prints how much
 *   await:PATH    that file is there; for that it waits 10 minutes
 *
 * Exit status 0: all went as it should; 1: it did not, and a line on standard error says what.
 * Nothing else waits for longer than 30 s.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/parse.h"
#include "talk.h"

static uint64_t number(const struct talk *talk, const char *text)
{
	uint64_t value;
	struct err err;

	if (parse_size(text, 0, 1u << 30, &value, &err) == -1)
		talk_failed(talk, err.text);
	return value;
}

static size_t unescape(const struct talk *talk, const char *text, char bytes[TEXT_MAX])
{
	static const char letters[] = "nt\\0", meant[] = "\n\t\\";
	size_t size = 0;

	for (; *text != '\0' && size < TEXT_MAX; text++) {
		const char *letter;
		unsigned code;

		bytes[size] = *text;
		if (*text == '\\') {
			letter = text[1] == '\0' ? NULL : strchr(letters, text[1]);
			if (letter != NULL) {
				bytes[size] = meant[letter - letters];
				text++;
			} else if (sscanf(text, "\\x%2x", &code) == 1) {
				bytes[size] = (char)code;
				text += 3;
			} else {
				talk_failed(talk, "no such escape");
			}
		}
		size++;
	}
	return size;
}

static void expect(const struct talk *talk, const char *text)
{
	char wanted[TEXT_MAX], got[TEXT_MAX];
	size_t size = unescape(talk, text, wanted);

	talk_receive(talk, got, size);
	if (memcmp(wanted, got, size) != 0)
		talk_failed(talk, "something else came");
}

static void receive_line(const struct talk *talk, const char *text)
{
	char line[TEXT_MAX], wanted[TEXT_MAX];
	size_t size = 0;

	wanted[unescape(talk, text, wanted)] = '\0';
	do {
		talk_receive(talk, line + size, 1);
	} while (line[size++] != '\n' && size < sizeof line - 1);
	line[size] = '\0';
	if (strstr(line, wanted) == NULL)
		talk_failed(talk, line);
}

static void receive_lines(const struct talk *talk, const char *text)
{
	char *rest;
	unsigned long count = strtoul(text, &rest, 10);

	while (count-- > 0)
		receive_line(talk, rest + 1);
}

static void flood(const struct talk *talk)
{
	static const char zeros[65536];

	while (talk_wait(talk, POLLOUT, TAKEN_MS)) {
		if (send(talk->fd, zeros, sizeof zeros, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 &&
		    errno != EAGAIN)
			talk_failed(talk, strerror(errno));
	}
}

static void be_reset(const struct talk *talk)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (!talk_wait(talk, 0, PATIENCE_MS))
		talk_failed(talk, "no reset comes");
	getsockopt(talk->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error != ECONNRESET)
		talk_failed(talk, strerror(error));
}

/* Up to the end; nothing: before it. */
static void receive_end(const struct talk *talk, bool nothing)
{
	char bytes[65536];

	for (;;) {
		ssize_t got = talk_take(talk, bytes, sizeof bytes);

		if (got == 0)
			return;
		if (got == -1)
			talk_failed(talk, strerror(errno));
		if (nothing)
			talk_failed(talk, "something came before the end");
	}
}

static void check_time(const struct talk *talk, uint64_t ms)
{
	if (clock_ms() - talk->connected_ms < ms)
		talk_failed(talk, "too early");
}

static void go_on_with(struct talk *talk, uint64_t connection)
{
	int *fd;

	if (connection < 1 || connection > CONNECTIONS)
		talk_failed(talk, "no such connection");
	fd = &talk->fds[connection];
	if (*fd == -1) {
		talk->connected_ms = clock_ms();
		*fd = socket(talk->addr.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(*fd, (struct sockaddr *)&talk->addr.storage, talk->addr.length) == -1)
			talk_failed(talk, strerror(errno));
	}
	talk->fd = *fd;
}

static void close_it(struct talk *talk)
{
	for (int i = 1; i <= CONNECTIONS; i++) {
		if (talk->fds[i] == talk->fd)
			talk->fds[i] = -1;
	}
	talk->closed_ns = clock_ns();
	close(talk->fd);
	talk->fd = -1;
}

static void check_pause(const struct talk *talk, uint64_t ms)
{
	uint64_t us = (clock_ns() - talk->closed_ns) / 1000;

	printf("%llu us\n", (unsigned long long)us);
	if (us > ms * 1000)
		talk_failed(talk, "too late");
}

static void await_file(const struct talk *talk, const char *path)
{
	uint64_t deadline = clock_ms() + 20 * PATIENCE_MS;

	while (access(path, F_OK) == -1) {
		if (clock_ms() > deadline)
			talk_failed(talk, "it does not come");
		poll(NULL, 0, 10);
	}
}

static void do_step(struct talk *talk, char *step)
{
	char *value = strchr(step, ':'), bytes[TEXT_MAX];

	talk->step = step;
	value = value == NULL ? step + strlen(step) : value + 1;
	if (strncmp(step, "send:", 5) == 0)
		talk_send(talk, bytes, unescape(talk, value, bytes));
	else if (strncmp(step, "expect:", 7) == 0)
		expect(talk, value);
	else if (strncmp(step, "bytes:", 6) == 0)
		talk_send_pattern(talk, number(talk, value));
	else if (strncmp(step, "echo:", 5) == 0)
		talk_receive_pattern(talk, number(talk, value));
	else if (strncmp(step, "line:", 5) == 0)
		receive_line(talk, value);
	else if (strncmp(step, "lines:", 6) == 0)
		receive_lines(talk, value);
	else if (strcmp(step, "flood") == 0)
		flood(talk);
	else if (strncmp(step, "quiet:", 6) == 0 &&
		 talk_wait(talk, POLLIN, (int)number(talk, value)))
		talk_failed(talk, "something came");
	else if (strncmp(step, "say:", 4) == 0)
		puts(value);
	else if (strcmp(step, "fin") == 0)
		shutdown(talk->fd, SHUT_WR);
	else if (strncmp(step, "atleast:", 8) == 0)
		check_time(talk, number(talk, value));
	else if (strncmp(step, "on:", 3) == 0)
		go_on_with(talk, number(talk, value));
	else if (strcmp(step, "close") == 0)
		close_it(talk);
	else if (strncmp(step, "within:", 7) == 0)
		check_pause(talk, number(talk, value));
	else if (strncmp(step, "await:", 6) == 0)
		await_file(talk, value);
	else if (strcmp(step, "reset") == 0)
		be_reset(talk);
	else if (strcmp(step, "end") == 0 || strcmp(step, "drop") == 0)
		receive_end(talk, step[0] == 'e');
	else if (strncmp(step, "quiet:", 6) != 0)
		talk_failed(talk, "no such step");
}

int main(int argc, char **argv)
{
	struct talk talk = { .step = "connect" };
	char host[ADDR_HOST_MAX];
	struct err err;
	uint16_t port;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || addr_split(argv[1], 1, host, &port, &err) == -1 ||
	    addr_resolve(host, port, &talk.addr, 1, &err) == -1) {
		fputs("usage: talk HOST:PORT STEP...\n", stderr);
		return 2;
	}
	memset(talk.fds, -1, sizeof talk.fds);
	go_on_with(&talk, 1);
	for (int i = 2; i < argc; i++)
		do_step(&talk, argv[i]);
	return 0;
}
