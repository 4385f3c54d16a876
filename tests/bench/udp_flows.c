/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * udp_flows PORT FLOWS SIZE SECONDS: so many clients of a UDP echo server on 127.0.0.1, each with
 * one datagram on its way, of SIZE bytes. Prints how many came back, and how many were lost: those
 * are sent again after half a second.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define FLOWS_MAX 1000
#define LOST_S    0.5

static char bytes[65536];
static int fds[FLOWS_MAX];
static double sent_s[FLOWS_MAX];

static double clock_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void open_flows(int epoll, int flows, in_port_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = port,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (int i = 0; i < flows; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };

		fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		if (fds[i] == -1 || connect(fds[i], (struct sockaddr *)&to, sizeof to) == -1 ||
		    epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) == -1) {
			perror("udp_flows");
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	static struct epoll_event events[FLOWS_MAX];
	int epoll = epoll_create1(0), flows;
	unsigned long received = 0, lost = 0;
	size_t size;
	double now, end, look;

	if (argc != 5 || (flows = atoi(argv[2])) > FLOWS_MAX)
		return 2;
	size = (size_t)atoi(argv[3]);
	open_flows(epoll, flows, htons((in_port_t)atoi(argv[1])));
	now = clock_s();
	look = now + LOST_S;
	end = now + atof(argv[4]);
	for (int i = 0; i < flows; i++) {
		send(fds[i], bytes, size, 0);
		sent_s[i] = now;
	}
	while (now < end) {
		int count = epoll_wait(epoll, events, FLOWS_MAX, 100);

		now = clock_s();
		for (int k = 0; k < count; k++) {
			uint32_t i = events[k].data.u32;

			if (recv(fds[i], bytes, sizeof bytes, 0) == -1)
				continue;
			received++;
			send(fds[i], bytes, size, 0);
			sent_s[i] = now;
		}
		for (int i = 0; now >= look && i < flows; i++) {
			if (now < sent_s[i] + LOST_S)
				continue;
			lost++;
			send(fds[i], bytes, size, 0);
			sent_s[i] = now;
		}
		if (now >= look)
			look = now + LOST_S;
	}
	printf("%lu %lu\n", received, lost);
	return 0;
}
