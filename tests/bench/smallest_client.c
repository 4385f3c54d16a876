/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The yardstick for echobench: the smallest possible epoll client. epoll_wait, recv, send, and
 * nothing else: it looks at no byte and at no clock, sends the same bytes again and again, and
 * trusts the server.
 *
 * smallest_client PORT CONNECTIONS SIZE SECONDS: prints messages/s and its processor time for each,
 * in us.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (1024 * 1024)
#define EVENTS      512

struct connection {
	int fd;
	size_t missing; /* bytes of the message that have not come back */
};

static char buffer[BUFFER_SIZE];
static volatile sig_atomic_t over;

static void on_alarm(int signal_number)
{
	over = signal_number;
}

static int dial(in_port_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	if (fd == -1 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 ||
	    connect(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
		perror("smallest_client");
		exit(1);
	}
	return fd;
}

static void send_one(struct connection *connection, size_t size)
{
	connection->missing = size;
	if (send(connection->fd, buffer, size, MSG_NOSIGNAL) != (ssize_t)size && !over)
		exit(1);
}

static unsigned long drive(int epoll, size_t size)
{
	static struct epoll_event events[EVENTS];
	unsigned long messages = 0;

	while (!over) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;
			ssize_t got = recv(connection->fd, buffer, sizeof buffer, 0);

			if (got <= 0)
				exit(1);
			connection->missing -= (size_t)got;
			if (connection->missing > 0)
				continue;
			messages++;
			send_one(connection, size);
		}
	}
	return messages;
}

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fputs("usage: smallest_client PORT CONNECTIONS SIZE SECONDS\n", stderr);
		return 2;
	}

	const struct sigaction action = { .sa_handler = on_alarm };
	int count = atoi(argv[2]), epoll = epoll_create1(0);
	size_t size = strtoul(argv[3], NULL, 10);
	struct connection *connections = calloc((size_t)count, sizeof *connections);
	double begin, cpu, seconds = atof(argv[4]);
	struct itimerval time = { .it_value.tv_sec = (time_t)seconds };
	unsigned long messages;

	if (size == 0 || size > BUFFER_SIZE || connections == NULL)
		return 2;
	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };

		connections[i].fd = dial((in_port_t)atoi(argv[1]));
		epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &event);
	}
	time.it_value.tv_usec = (suseconds_t)((seconds - (double)time.it_value.tv_sec) * 1e6);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &time, NULL);
	begin = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	for (int i = 0; i < count; i++)
		send_one(&connections[i], size);
	messages = drive(epoll, size);
	begin = now(CLOCK_MONOTONIC) - begin;
	cpu = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%.0f messages/s, %.3f us each\n", (double)messages / begin,
	       cpu * 1e6 / (double)messages);
	free(connections);
	return 0;
}
