/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forge FROM TO: sends one UDP datagram to TO that claims to come from FROM, both ADDRESS:PORT of
 * IPv4. Only for addresses of this machine, 127.0.0.0/8. Exit status: 0 sent, 1 it failed, 2 usage,
 * 3 the right to make raw packets is missing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "common/addr.h"

struct packet {
	struct iphdr ip;
	struct udphdr udp;
	char payload[4];
};

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

int main(int argc, char **argv)
{
	/* The kernel fills in the rest; UDP over IPv4 may go without a checksum (RFC 768). */
	struct packet packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP },
		.udp = { .len = htons(sizeof packet.udp + sizeof packet.payload) },
		.payload = { 'e', 'c', 'h', 'o' },
	};
	struct sockaddr_in from, to;
	int fd;

	if (argc != 3 || read_addr(argv[1], &from) == -1 || read_addr(argv[2], &to) == -1) {
		fprintf(stderr, "usage: forge 127.X.X.X:PORT 127.X.X.X:PORT\n");
		return 2;
	}
	packet.ip.saddr = from.sin_addr.s_addr;
	packet.ip.daddr = to.sin_addr.s_addr;
	packet.udp.source = from.sin_port;
	packet.udp.dest = to.sin_port;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd == -1) {
		int error = errno;

		perror("forge");
		return error == EPERM || error == EACCES ? 3 : 1;
	}
	if (sendto(fd, &packet, sizeof packet, 0, (struct sockaddr *)&to, sizeof to) == -1) {
		perror("forge");
		return 1;
	}
	return 0;
}
