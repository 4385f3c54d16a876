/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * held PID: the TCP connections that a process has a descriptor of, one line each: port and address
 * of the peer. held -l PID: its listening sockets, one line each: port, address and the number of
 * connections in the queue. held -u PID: its connections over UNIX sockets that have a path, one
 * line each: the path.
 *
 * It reads /proc/PID/fd for socket inodes and then /proc/PID/net/tcp, tcp6 or unix
 * (proc_pid_net(5)), so the picture is exact only of a process that is stopped. Exit status: 0
 * done, 1 the process or its files cannot be read, 2 usage.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN    0x0a /* include/net/tcp_states.h */
#define STATE_CONNECTED 0x03 /* SS_CONNECTED, linux/net.h */
#define TIME_WAIT \
	" 06 00000000:00000000 03:" /* state, queues and timer; there can be 100000 of them */

struct inodes {
	unsigned long *list; /* sorted by inodes_read */
	size_t count, capacity;
};

static int compare(const void *one, const void *other)
{
	unsigned long a = *(const unsigned long *)one, b = *(const unsigned long *)other;

	return (a > b) - (a < b);
}

static int inodes_add(struct inodes *inodes, unsigned long inode)
{
	if (inodes->count == inodes->capacity) {
		size_t capacity = inodes->capacity * 2 + 64;
		unsigned long *list = realloc(inodes->list, capacity * sizeof(*list));

		if (list == NULL)
			return -1;
		inodes->list = list;
		inodes->capacity = capacity;
	}
	inodes->list[inodes->count++] = inode;
	return 0;
}

/* The inodes of all sockets that the process has open. */
static int inodes_read(struct inodes *inodes, const char *pid)
{
	char path[64], target[64];
	struct dirent *entry;
	unsigned long inode;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	folder = opendir(path);
	if (folder == NULL)
		return -1;
	while ((entry = readdir(folder)) != NULL) {
		ssize_t length =
			readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		if (length < 0)
			continue; /* closed meanwhile, or . and .. */
		target[length] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1 && inodes_add(inodes, inode) < 0)
			break;
	}
	closedir(folder);
	if (inodes->count > 0)
		qsort(inodes->list, inodes->count, sizeof(*inodes->list), compare);
	return 0;
}

static bool inodes_have(const struct inodes *inodes, unsigned long inode)
{
	return inodes->count > 0 &&
	       bsearch(&inode, inodes->list, inodes->count, sizeof(*inodes->list), compare) != NULL;
}

/* The kernel prints an address as 32-bit words in hexadecimal, each as this machine would. */
static const char *format_address(const char *hex, char text[INET6_ADDRSTRLEN])
{
	struct in6_addr address;
	uint32_t words[4] = { 0 };
	size_t count = strlen(hex) / 8;

	for (size_t i = 0; i < count && i < 4; i++) {
		char word[9] = "";

		memcpy(word, hex + 8 * i, 8);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	memcpy(&address, words, sizeof(address));
	if (count == 1)
		return inet_ntop(AF_INET, &words[0], text, INET6_ADDRSTRLEN);
	if (IN6_IS_ADDR_V4MAPPED(&address))
		return inet_ntop(AF_INET, &words[3], text, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, &address, text, INET6_ADDRSTRLEN);
}

static void print_tcp(const char *line, const struct inodes *inodes, bool listening)
{
	char local[33], peer[33], text[INET6_ADDRSTRLEN];
	unsigned local_port, peer_port, state, queued;
	unsigned long inode;

	if (strstr(line, TIME_WAIT) != NULL)
		return;
	if (sscanf(line, "%*s %32[0-9A-F]:%x %32[0-9A-F]:%x %x %*x:%x %*s %*s %*s %*s %lu", local,
		   &local_port, peer, &peer_port, &state, &queued, &inode) != 7)
		return; /* the headline */
	if (inode == 0 || (state == STATE_LISTEN) != listening || !inodes_have(inodes, inode))
		return;
	if (listening)
		printf("%u %s %u\n", local_port, format_address(local, text), queued);
	else
		printf("%u %s\n", peer_port, format_address(peer, text));
}

static void print_unix(const char *line, const struct inodes *inodes)
{
	unsigned long inode;
	char path[109]; /* sun_path, and the NUL */
	unsigned state;

	if (sscanf(line, "%*s %*x %*x %*x %*x %x %lu %108s", &state, &inode, path) == 3 &&
	    state == STATE_CONNECTED && inodes_have(inodes, inode))
		printf("%s\n", path);
}

static int print_table(const char *pid, const char *table, const struct inodes *inodes, char what)
{
	char path[64], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/net/%s", pid, table);
	file = fopen(path, "r");
	if (file == NULL)
		return errno == ENOENT ? 0 : -1; /* tcp6: no IPv6 here */
	while (fgets(line, sizeof(line), file) != NULL) {
		if (what == 'u')
			print_unix(line, inodes);
		else
			print_tcp(line, inodes, what == 'l');
	}
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	struct inodes inodes = { .list = NULL };
	const char *pid = argv[argc - 1];
	char what = '\0';
	int status = 0;

	if (argc == 3 && (strcmp(argv[1], "-l") == 0 || strcmp(argv[1], "-u") == 0))
		what = argv[1][1];
	if (argc != (what != '\0' ? 3 : 2) || strtoul(pid, NULL, 10) == 0) {
		fputs("usage: held [-l|-u] PID\n", stderr);
		return 2;
	}
	if (inodes_read(&inodes, pid) < 0 ||
	    print_table(pid, what == 'u' ? "unix" : "tcp", &inodes, what) < 0 ||
	    (what != 'u' && print_table(pid, "tcp6", &inodes, what) < 0)) {
		fprintf(stderr, "held: process %s: %s\n", pid, strerror(errno));
		status = 1;
	}
	free(inodes.list);
	return status;
}
