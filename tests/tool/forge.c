/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forge [-n COUNT] [-r RATE] FROM TO: sends UDP datagrams to TO that claim to come from FROM, both
 * ADDRESS:PORT of IPv4. FROM can have a range of ports, LOW-HIGH, which take turns. COUNT: 1
 * without it; RATE: a second, as fast as it goes without it. Only for addresses of this machine,
 * 127.0.0.0/8. Exit status: 0 sent, 1 it failed, 2 usage, 3 the right to make raw packets is
 * missing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/parse.h"

#define TURN 32u /* datagrams between two looks at the clock */

struct packet {
	struct iphdr ip;
	struct udphdr udp;
	char payload[4];
};

static struct {
	uint64_t count, rate; /* rate 0: no limit */
	struct sockaddr_in from, to;
	uint64_t last_port; /* from.sin_port is the first */
} plan = { .count = 1 };

static int read_addr(const char *text, struct sockaddr_in *in)
{
	char host[ADDR_HOST_MAX];
	struct addr addr;
	struct err err;
	uint16_t port;

	if (addr_split(text, 0, host, &port, &err) == -1 ||
	    addr_resolve(host, port, &addr, 1, &err) == -1 || addr.storage.ss_family != AF_INET)
		return -1;
	memcpy(in, &addr.storage, sizeof *in);
	return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET ? 0 : -1;
}

static int read_from(char *text)
{
	char *dash = strchr(text, '-');
	struct err err;

	if (dash != NULL)
		*dash++ = '\0';
	if (read_addr(text, &plan.from) == -1)
		return -1;
	plan.last_port = ntohs(plan.from.sin_port);
	return dash == NULL ? 0
			    : parse_number(dash, plan.last_port, UINT16_MAX, &plan.last_port, &err);
}

static int read_plan(int argc, char **argv)
{
	struct err err;
	int option;

	while ((option = getopt(argc, argv, "n:r:")) != -1) {
		if (option == '?' ||
		    parse_number(optarg, 1, UINT32_MAX, option == 'n' ? &plan.count : &plan.rate,
				 &err) == -1)
			return -1;
	}
	if (argc - optind != 2 || read_from(argv[optind]) == -1)
		return -1;
	return read_addr(argv[optind + 1], &plan.to);
}

/* Waits until the next ones are due, COUNT having been sent since START_NS. */
static void keep_pace(uint64_t start_ns, uint64_t count)
{
	uint64_t due_ns, now_ns = clock_ns();

	if (plan.rate == 0)
		return;
	due_ns = start_ns + count * 1000000000 / plan.rate;
	if (due_ns > now_ns)
		nanosleep(&(struct timespec){ .tv_sec = (time_t)((due_ns - now_ns) / 1000000000),
					      .tv_nsec = (long)((due_ns - now_ns) % 1000000000) },
			  NULL);
}

static int send_all(int fd)
{
	/* The kernel fills in the rest; UDP over IPv4 may go without a checksum (RFC 768). */
	struct packet packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP },
		.udp = { .len = htons(sizeof packet.udp + sizeof packet.payload) },
		.payload = { 'e', 'c', 'h', 'o' },
	};
	uint64_t first = ntohs(plan.from.sin_port), ports = plan.last_port - first + 1;
	uint64_t start_ns = clock_ns();

	packet.ip.saddr = plan.from.sin_addr.s_addr;
	packet.ip.daddr = plan.to.sin_addr.s_addr;
	packet.udp.dest = plan.to.sin_port;
	for (uint64_t i = 0; i < plan.count; i++) {
		packet.udp.source = htons((uint16_t)(first + i % ports));
		if (sendto(fd, &packet, sizeof packet, 0, (struct sockaddr *)&plan.to,
			   sizeof plan.to) == -1) {
			perror("forge");
			return 1;
		}
		if ((i + 1) % TURN == 0)
			keep_pace(start_ns, i + 1);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int fd;

	if (read_plan(argc, argv) == -1) {
		fprintf(stderr, "usage: forge [-n COUNT] [-r RATE] 127.X.X.X:PORT[-PORT] "
				"127.X.X.X:PORT\n");
		return 2;
	}
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd == -1) {
		int error = errno;

		perror("forge");
		return error == EPERM || error == EACCES ? 3 : 1;
	}
	return send_all(fd);
}
