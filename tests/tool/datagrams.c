/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * datagrams: a UDP client that checks every byte and counts what became of each datagram. Each flow
 * is a connected socket, so that replies from another address do not reach it, with one datagram on
 * its way; one that has no reply in time is lost, and the next is sent, -k after the one before.
 *
 * It says "sent" when each flow has sent one datagram, "running" when each has had a reply; the
 * last line says what happened. SIGTERM ends it early, as -d does: nothing more is sent. Exit
 * status: 0 all came back, once; 1 not so; 2 usage; 3 a socket could not be made, bound or
 * connected.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/parse.h"

#define FLOWS_MAX 1000
#define SIZE_MAX_ 65527 /* of a datagram: IPv6 */
#define HEAD      12    /* bytes of a payload that say which one it is, if it is long enough */

struct flow {
	int fd;
	uint32_t number;
	uint64_t sequence; /* of the datagram on its way, from 1 up */
	uint64_t lost;     /* the last one that was given up; 0 = none */
	uint64_t sent_ms;
	bool waiting, answered;
};

static struct {
	uint64_t flows, rounds, seconds, min, max, timeout_ms, pause_ms;
} plan = { 1, 0, 0, 0, 1400, 2000, 0 };

static struct {
	uint64_t sent, received, lost, late, duplicated, wrong, refused;
} tally;

static struct flow flows[FLOWS_MAX];
static unsigned char expected[SIZE_MAX_], got[SIZE_MAX_ + 1];
static volatile sig_atomic_t ending;

static void on_term(int signo)
{
	(void)signo;
	ending = 1;
}

static uint64_t mix(uint64_t word)
{
	word ^= word >> 33;
	word *= UINT64_C(0xff51afd7ed558ccd);
	word ^= word >> 33;
	word *= UINT64_C(0xc4ceb9fe1a85ec53);
	return word ^ word >> 33;
}

/* Fills expected with the payload of a datagram; returns its size. */
static size_t make(const struct flow *flow, uint64_t sequence)
{
	uint64_t seed = mix((uint64_t)flow->number << 40 ^ sequence);
	size_t size = (size_t)(plan.min + seed % (plan.max - plan.min + 1));

	for (size_t at = 0; at < size; at += sizeof seed) {
		size_t left = size - at;

		memcpy(expected + at, &seed, left < sizeof seed ? left : sizeof seed);
		seed = mix(seed + 1);
	}
	if (size >= HEAD) {
		memcpy(expected, &flow->number, 4);
		memcpy(expected + 4, &sequence, 8);
	}
	return size;
}

static void give_up(struct flow *flow)
{
	flow->waiting = false;
	flow->lost = flow->sequence;
	tally.lost++;
}

static void send_next(struct flow *flow)
{
	size_t size = make(flow, ++flow->sequence);

	flow->waiting = true;
	flow->sent_ms = clock_ms();
	tally.sent++;
	if (send(flow->fd, expected, size, 0) == -1) {
		tally.refused++;
		give_up(flow);
	}
}

/* A reply that is not the one that was waited for. */
static void judge_stray(const struct flow *flow, size_t size)
{
	uint64_t sequence = 0;

	if (size >= HEAD)
		memcpy(&sequence, got + 4, 8);
	if (sequence == 0 || sequence > flow->sequence || make(flow, sequence) != size ||
	    memcmp(expected, got, size) != 0)
		tally.wrong++;
	else if (sequence == flow->lost)
		tally.late++;
	else
		tally.duplicated++;
}

static void receive(struct flow *flow)
{
	ssize_t size;

	while ((size = recv(flow->fd, got, sizeof got, MSG_DONTWAIT)) != -1) {
		if (flow->waiting && make(flow, flow->sequence) == (size_t)size &&
		    memcmp(expected, got, (size_t)size) == 0) {
			tally.received++;
			flow->waiting = false;
			flow->answered = true;
		} else {
			judge_stray(flow, (size_t)size);
		}
	}
	if (errno != EAGAIN && errno != EINTR) {
		tally.refused++;
		if (flow->waiting)
			give_up(flow);
	}
}

/* Whether the flow has something to send or to wait for. */
static bool step(struct flow *flow, uint64_t now)
{
	if (flow->waiting && now >= flow->sent_ms + plan.timeout_ms)
		give_up(flow);
	if (flow->waiting)
		return true;
	if (ending || (plan.rounds != 0 && flow->sequence == plan.rounds))
		return false;
	if (now >= flow->sent_ms + plan.pause_ms)
		send_next(flow);
	return true;
}

static void run(void)
{
	static struct pollfd fds[FLOWS_MAX];
	uint64_t end_ms = plan.seconds == 0 ? CLOCK_NEVER : clock_ms() + plan.seconds * 1000;
	bool busy = true, told = false;

	for (uint64_t i = 0; i < plan.flows; i++)
		step(&flows[i], clock_ms());
	printf("sent\n");
	fflush(stdout);

	while (busy) {
		uint64_t now = clock_ms(), answered = 0;

		if (now >= end_ms)
			ending = 1;
		busy = false;
		for (uint64_t i = 0; i < plan.flows; i++) {
			busy = step(&flows[i], now) || busy;
			answered += flows[i].answered;
			fds[i] = (struct pollfd){ .fd = flows[i].fd, .events = POLLIN };
		}
		if (answered == plan.flows && !told) {
			told = true;
			printf("running\n");
			fflush(stdout);
		}
		if (busy && poll(fds, (nfds_t)plan.flows, 10) <= 0)
			continue;
		for (uint64_t i = 0; i < plan.flows; i++) {
			if (fds[i].revents != 0)
				receive(&flows[i]);
		}
	}
}

static int open_flow(struct flow *flow, const struct addr *to, const struct addr *from)
{
	flow->fd = socket(to->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (flow->fd == -1 ||
	    (from->length != 0 &&
	     bind(flow->fd, (const struct sockaddr *)&from->storage, from->length) == -1) ||
	    connect(flow->fd, (const struct sockaddr *)&to->storage, to->length) == -1) {
		perror("datagrams");
		return -1;
	}
	return 0;
}

static int read_addr(const char *text, uint16_t min_port, struct addr *addr, struct err *err)
{
	char host[ADDR_HOST_MAX];
	uint16_t port;

	if (addr_split(text, min_port, host, &port, err) == -1)
		return -1;
	return addr_resolve(host, port, addr, 1, err) == -1 ? -1 : 0;
}

static int read_sizes(char *text, struct err *err)
{
	char *dash = strchr(text, '-');

	if (dash != NULL)
		*dash++ = '\0';
	if (parse_size(text, 0, SIZE_MAX_, &plan.min, err) == -1)
		return -1;
	return parse_size(dash != NULL ? dash : text, plan.min, SIZE_MAX_, &plan.max, err);
}

static int read_option(int option, char *value, struct addr *from, struct err *err)
{
	switch (option) {
	case 'b':
		return read_addr(value, 0, from, err);
	case 'c':
		return parse_number(value, 1, FLOWS_MAX, &plan.flows, err);
	case 'd':
		return parse_number(value, 1, 3600, &plan.seconds, err);
	case 'k':
		return parse_duration(value, 0, 600000, &plan.pause_ms, err);
	case 'n':
		return parse_number(value, 1, UINT32_MAX, &plan.rounds, err);
	case 's':
		return read_sizes(value, err);
	case 't':
		return parse_duration(value, 1, 600000, &plan.timeout_ms, err);
	default:
		return err_set(err, "datagrams [-b HOST:PORT] [-c FLOWS] [-n DATAGRAMS | -d "
				    "SECONDS] [-k PAUSE] [-s MIN-MAX] [-t TIMEOUT] HOST:PORT");
	}
}

int main(int argc, char **argv)
{
	struct addr to, from = { 0 };
	struct err err = { .text = "expected HOST:PORT" };
	int option;

	while ((option = getopt(argc, argv, "b:c:d:k:n:s:t:")) != -1) {
		if (read_option(option, optarg, &from, &err) == -1) {
			fprintf(stderr, "%s\n", err.text);
			return 2;
		}
	}
	if (optind != argc - 1 || read_addr(argv[optind], 1, &to, &err) == -1) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	signal(SIGTERM, on_term);
	for (uint64_t i = 0; i < plan.flows; i++) {
		flows[i].number = (uint32_t)i;
		if (open_flow(&flows[i], &to, &from) == -1)
			return 3;
	}
	run();
	printf("sent=%" PRIu64 " received=%" PRIu64 " lost=%" PRIu64 " late=%" PRIu64
	       " duplicated=%" PRIu64 " wrong=%" PRIu64 " refused=%" PRIu64 "\n",
	       tally.sent, tally.received, tally.lost, tally.late, tally.duplicated, tally.wrong,
	       tally.refused);
	return tally.received == tally.sent && tally.duplicated + tally.wrong == 0 ? 0 : 1;
}
