/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sockets PID: the options that are in force in the sockets of a process, one line for each socket:
 * listen, connected or datagram, its own address, and NAME=VALUE for each option.
 *
 * It asks the kernel for descriptors of the very same sockets (pidfd_getfd(2)), so it sees what is,
 * not what somebody believes to have set. Exit status: 0 done, 1 failed, 2 usage, 77 the kernel
 * does not let us (ptrace(2), access mode checking).
 */
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/addr.h"

#define NOT_ALLOWED 77

static const struct {
	const char *name;
	int level, option;
} options[] = {
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "keepintvl", IPPROTO_TCP, TCP_KEEPINTVL },
	{ "keepcnt", IPPROTO_TCP, TCP_KEEPCNT },
	{ "nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "linger2", IPPROTO_TCP, TCP_LINGER2 },
	{ "linger", SOL_SOCKET, SO_LINGER },
	{ "rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "ttl", IPPROTO_IP, IP_TTL },
	{ "hops", IPPROTO_IPV6, IPV6_UNICAST_HOPS },
	{ "tos", IPPROTO_IP, IP_TOS },
	{ "tclass", IPPROTO_IPV6, IPV6_TCLASS },
	{ "usertimeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "fastopen", IPPROTO_TCP, TCP_FASTOPEN },
	{ "mark", SOL_SOCKET, SO_MARK },
	{ "broadcast", SOL_SOCKET, SO_BROADCAST },
	{ "v6only", IPPROTO_IPV6, IPV6_V6ONLY },
	{ "reuseport", SOL_SOCKET, SO_REUSEPORT },
	{ "oobinline", SOL_SOCKET, SO_OOBINLINE },
};

static int get(int fd, int level, int option, int missing)
{
	/* SO_LINGER has two numbers, of which the first says whether it is on. */
	int value[2] = { 0 };
	socklen_t length = sizeof value;

	return getsockopt(fd, level, option, value, &length) == 0 ? value[0] : missing;
}

static void print_device(int fd)
{
	char name[32] = "";
	socklen_t length = sizeof name - 1;

	if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &length) == 0 && name[0] != '\0')
		printf(" device=%s", name);
}

static void print_backlog(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof info;

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
		printf(" backlog=%u", info.tcpi_sacked);
}

static void print_socket(int fd)
{
	bool stream = get(fd, SOL_SOCKET, SO_TYPE, 0) == SOCK_STREAM;
	bool listens = get(fd, SOL_SOCKET, SO_ACCEPTCONN, 0) == 1;
	struct addr addr = { .length = sizeof addr.storage };
	char text[ADDR_TEXT_MAX];
	const char *state = listens ? "listen" : "connected";

	if (getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length) == -1 ||
	    (addr.storage.ss_family != AF_INET && addr.storage.ss_family != AF_INET6 &&
	     addr.storage.ss_family != AF_UNIX))
		return;
	printf("%s %s", stream ? state : "datagram", addr_format(&addr, text));
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		int value = get(fd, options[i].level, options[i].option, -2);

		if (value != -2)
			printf(" %s=%d", options[i].name, value);
	}
	if (listens && addr.storage.ss_family != AF_UNIX)
		print_backlog(fd);
	print_device(fd);
	putchar('\n');
}

/* Returns an exit status. */
static int print_all(int process, DIR *folder)
{
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(folder)) != NULL) {
		int number = atoi(entry->d_name), fd;

		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(folder), entry->d_name, &st, 0) == -1 || !S_ISSOCK(st.st_mode))
			continue;
		fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
		if (fd == -1 && (errno == EPERM || errno == ENOSYS))
			return NOT_ALLOWED;
		if (fd == -1)
			continue; /* closed meanwhile */
		print_socket(fd);
		close(fd);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int pid = argc == 2 ? atoi(argv[1]) : 0, process, status;
	char path[64];
	DIR *folder;

	if (pid <= 0) {
		fputs("usage: sockets PID\n", stderr);
		return 2;
	}
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	folder = opendir(path);
	if (process == -1 || folder == NULL) {
		int error = errno;

		fprintf(stderr, "sockets: process %d: %s\n", pid, strerror(errno));
		if (folder != NULL)
			closedir(folder);
		return error == EPERM || error == EACCES || error == ENOSYS ? NOT_ALLOWED : 1;
	}
	status = print_all(process, folder);
	closedir(folder);
	close(process);
	return status;
}
