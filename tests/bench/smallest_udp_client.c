/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The yardstick for echobench with datagrams: epoll_wait, recv, send on connected sockets, and
 * nothing else. It looks at no byte and at no clock, and a datagram that is lost ends its socket's
 * part in this.
 *
 * smallest_udp_client PORT SOCKETS SIZE SECONDS: prints messages/s and its processor time for each,
 * in us.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 512

static char buffer[65536];
static volatile sig_atomic_t over;

static void on_alarm(int signal_number)
{
	over = signal_number;
}

static int dial(in_port_t port, int epoll)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	event.data.fd = fd;
	if (fd == -1 || connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		perror("smallest_udp_client");
		exit(1);
	}
	return fd;
}

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static struct epoll_event events[EVENTS];
	const struct sigaction action = { .sa_handler = on_alarm };
	int epoll = epoll_create1(0);
	unsigned long messages = 0;
	double begin, cpu;
	size_t size;

	if (argc != 5 || (size = strtoul(argv[3], NULL, 10)) > sizeof buffer) {
		fputs("usage: smallest_udp_client PORT SOCKETS SIZE SECONDS\n", stderr);
		return 2;
	}
	sigaction(SIGALRM, &action, NULL);
	alarm((unsigned)atoi(argv[4]));
	begin = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < atoi(argv[2]); i++)
		send(dial((in_port_t)atoi(argv[1]), epoll), buffer, size, 0);
	while (!over) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			if (recv(events[i].data.fd, buffer, sizeof buffer, 0) == -1)
				return 1;
			messages++;
			send(events[i].data.fd, buffer, size, 0);
		}
	}
	begin = now(CLOCK_MONOTONIC) - begin;
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%.0f messages/s, %.3f us each\n", (double)messages / begin,
	       cpu * 1e6 / (double)messages);
	return 0;
}
