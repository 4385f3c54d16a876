/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in the place of recv(2), so that what is tried out here is in no worker of echod itself.
 */
#include "obey.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

static bool obedient;
static pid_t parent; /* who asks for it later makes a call that is none of these */

static void crash(void)
{
	raise(SIGSEGV);
}

static void spin(void)
{
	for (;;)
		;
}

static const struct {
	const char *text;
	void (*act)(void);
} orders[] = {
	{ "do crash", crash },
	{ "do spin", spin },
};

static int close_it(int fd)
{
	return fd == -1 ? -1 : close(fd);
}

static int try_open(void)
{
	return close_it(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int try_create(void)
{
	return close_it(open("made-by-a-worker", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_socket(void)
{
	return close_it(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_socket_unix(void)
{
	return close_it(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* Standard input is no socket: what fails with that has passed the sandbox. */
static int try_connect(void)
{
	struct sockaddr_in nobody = { .sin_family = AF_INET };

	return connect(STDIN_FILENO, (struct sockaddr *)&nobody, sizeof nobody);
}

static int try_dial(void)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(1) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result;

	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result = connect(fd, (struct sockaddr *)&there, sizeof there);
	if (fd != -1)
		close(fd); /* leaves errno alone when it succeeds */
	return result;
}

static int try_bind(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	return bind(STDIN_FILENO, (struct sockaddr *)&any, sizeof any);
}

static int try_exec(void)
{
	char *const none[] = { NULL };

	return execve("/no/such/program", none, none);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : 0;
}

static int try_ptrace(void)
{
	return ptrace(PTRACE_DETACH, parent, NULL, NULL) == -1 ? -1 : 0;
}

static int try_kill(void)
{
	return kill(parent, 0);
}

static int try_prctl(void)
{
	return prctl(PR_SET_NAME, "another");
}

static int try_signal(void)
{
	return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0;
}

static int try_setsockopt(void)
{
	int on = 1;

	return setsockopt(STDIN_FILENO, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static int try_sendmsg(void)
{
	return (int)sendmsg(STDIN_FILENO, &(struct msghdr){ 0 }, 0);
}

static int try_recvmsg(void)
{
	return (int)recvmsg(STDIN_FILENO, &(struct msghdr){ 0 }, 0);
}

static int try_ioctl(void)
{
	int bytes;

	return ioctl(STDIN_FILENO, FIONREAD, &bytes);
}

static int try_fcntl(void)
{
	return fcntl(STDIN_FILENO, F_GETFL) == -1 ? -1 : 0;
}

static int map(int before, int after)
{
	void *page = mmap(NULL, 4096, before, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int result = page == MAP_FAILED ? -1 : mprotect(page, 4096, after);

	if (page != MAP_FAILED)
		munmap(page, 4096);
	return result;
}

static int try_mmap_exec(void)
{
	return map(PROT_READ | PROT_EXEC, PROT_READ);
}

static int try_mprotect_exec(void)
{
	return map(PROT_READ, PROT_READ | PROT_EXEC);
}

static const struct {
	const char *text;
	int (*make)(void); /* -1: errno says why not */
} calls[] = {
	{ "do open", try_open },           { "do create", try_create },
	{ "do socket", try_socket },       { "do socket-unix", try_socket_unix },
	{ "do connect", try_connect },     { "do dial", try_dial },
	{ "do bind", try_bind },           { "do exec", try_exec },
	{ "do fork", try_fork },           { "do ptrace", try_ptrace },
	{ "do kill", try_kill },           { "do prctl", try_prctl },
	{ "do signal", try_signal },       { "do setsockopt", try_setsockopt },
	{ "do ioctl", try_ioctl },         { "do fcntl", try_fcntl },
	{ "do sendmsg", try_sendmsg },     { "do recvmsg", try_recvmsg },
	{ "do mmap-exec", try_mmap_exec }, { "do mprotect-exec", try_mprotect_exec },
};

void obey_start(void)
{
	obedient = true;
	parent = getppid();
}

static bool is(const char *order, const char *text, size_t length)
{
	return strlen(order) == length && memcmp(order, text, length) == 0;
}

/* Returns how long the answer is that stands in the place of the order. */
static size_t obey(char *text, size_t length, size_t size)
{
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		if (is(orders[i].text, text, length))
			orders[i].act();
	}
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		const char *answer;

		if (!is(calls[i].text, text, length))
			continue;
		answer = calls[i].make() == -1 ? strerrorname_np(errno) : "done";
		length = strlen(answer) < size ? strlen(answer) : size;
		memcpy(text, answer, length);
		break;
	}
	return length;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t got = recvfrom(fd, buffer, size, flags, NULL, NULL);

	if (obedient && got > 0)
		got = (ssize_t)obey(buffer, (size_t)got, size);
	return got;
}
