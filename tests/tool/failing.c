/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in the place of system calls and of malloc in echod-failing, for echod and for the
 * libraries that it uses, and makes some of them fail as $FAILING says, words with blanks between
 * them:
 *     call=NAME     which: one of `names` below
 *     nth=N         the N-th in its process, 1 being the first
 *     times=N       and those after it, N in all (1)
 *     error=N       with this errno
 *     in=FROM-TO    in which processes: 0 the supervisor, 1 the first one that it forks, and so on
 *     trace=1       tell from where it was called, too
 * Each that fails is a line on standard error.
 *
 * A process counts its own calls: a worker begins at 1 when it is forked. malloc is also calloc and
 * realloc; log is write(2) to standard error, write any other. What the C library calls inside of
 * itself goes past here, but for malloc.
 */
#undef _FORTIFY_SOURCE /* its own read and recv would be in the way */

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FRAMES_MAX 16

enum call {
	NO_CALL,
	ACCEPT4,
	BIND,
	EPOLL_CREATE,
	EPOLL_CTL,
	FCNTL,
	FORK,
	LISTEN,
	LOG,
	MALLOC,
	MMAP,
	OPEN,
	PIPE,
	READ,
	RECV,
	SEND,
	SETSOCKOPT,
	SOCKET,
	SPLICE,
	WRITE,
	CALLS
};

static const char *const names[CALLS] = {
	[NO_CALL] = "",
	[ACCEPT4] = "accept4",
	[BIND] = "bind",
	[EPOLL_CREATE] = "epoll_create",
	[EPOLL_CTL] = "epoll_ctl",
	[FCNTL] = "fcntl",
	[FORK] = "fork",
	[LISTEN] = "listen",
	[LOG] = "log",
	[MALLOC] = "malloc",
	[MMAP] = "mmap",
	[OPEN] = "open",
	[PIPE] = "pipe",
	[READ] = "read",
	[RECV] = "recv",
	[SEND] = "send",
	[SETSOCKOPT] = "setsockopt",
	[SOCKET] = "socket",
	[SPLICE] = "splice",
	[WRITE] = "write",
};

static struct {
	enum call call;
	unsigned nth, times, first, last;
	int error;
	bool trace;
} plan;

static unsigned process, forked, calls;
static bool telling; /* what that calls is not counted */

static bool has_looped; /* it has waited for events, so it has started */

/* For the leak sanitizer: a worker that cannot start leaves what it has made to its end. */
int __lsan_is_turned_off(void); /* NOLINT(bugprone-reserved-identifier): its name is given */
int __lsan_is_turned_off(void)  /* NOLINT(bugprone-reserved-identifier) */
{
	return process > 0 && !has_looped;
}

/* The number behind NAME= in the text. */
static unsigned find(const char *text, const char *name, unsigned otherwise)
{
	const char *at = strstr(text, name);

	return at == NULL ? otherwise : (unsigned)strtoul(at + strlen(name), NULL, 10);
}

static enum call find_call(const char *text)
{
	const char *at = strstr(text, "call=");

	for (enum call call = NO_CALL + 1; at != NULL && call < CALLS; call++) {
		size_t length = strlen(names[call]);

		if (strncmp(at + 5, names[call], length) == 0 &&
		    (at[5 + length] == ' ' || at[5 + length] == '\0'))
			return call;
	}
	fprintf(stderr, "echod-failing: no such call: %s\n", text);
	_exit(99);
}

static void __attribute__((constructor)) read_plan(void)
{
	const char *text = getenv("FAILING"), *range;

	if (text == NULL)
		return;
	plan.nth = find(text, "nth=", 1);
	plan.times = find(text, "times=", 1);
	plan.error = (int)find(text, "error=", ENOMEM);
	plan.trace = find(text, "trace=", 0) != 0;
	plan.first = plan.last = find(text, "in=", 0);
	range = strstr(text, "in=");
	range = range == NULL ? NULL : strchr(range, '-');
	if (range != NULL)
		plan.last = (unsigned)strtoul(range + 1, NULL, 10);
	plan.call = find_call(text);
}

/* Past the log, and in one piece. */
static void tell(void)
{
	void *frames[FRAMES_MAX];
	char line[128];
	int length = snprintf(line, sizeof line, "failing: %s number %u in process %u: errno %d\n",
			      names[plan.call], calls, process, plan.error);

	telling = true;
	syscall(SYS_write, STDERR_FILENO, line, (size_t)length);
	if (plan.trace)
		backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), STDERR_FILENO);
	telling = false;
}

/* The sanitizers themselves come here before they have set themselves up. */
#define UNWATCHED __attribute__((no_sanitize("address", "undefined")))

UNWATCHED static bool must_fail(enum call call)
{
	if (call != plan.call || process < plan.first || process > plan.last || telling)
		return false;
	calls++;
	if (calls < plan.nth || calls - plan.nth >= plan.times)
		return false;
	tell();
	errno = plan.error;
	return true;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): types and names cannot have them. */

/* The function that would have been called without us. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define STAND_IN(call, failed, type, name, parameters, arguments) \
	UNWATCHED type name parameters                            \
	{                                                         \
		static __typeof__(&name) next;                    \
                                                                  \
		if (must_fail(call))                              \
			return failed;                            \
		if (next == NULL)                                 \
			next = NEXT(name);                        \
		return next arguments;                            \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

STAND_IN(MALLOC, NULL, void *, malloc, (size_t size), (size))
STAND_IN(MALLOC, NULL, void *, calloc, (size_t count, size_t size), (count, size))
STAND_IN(MALLOC, NULL, void *, realloc, (void *memory, size_t size), (memory, size))

STAND_IN(ACCEPT4, -1, int, accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags),
	 (fd, addr, length, flags))
STAND_IN(BIND, -1, int, bind, (int fd, const struct sockaddr *addr, socklen_t length),
	 (fd, addr, length))
STAND_IN(EPOLL_CREATE, -1, int, epoll_create, (int size), (size))
STAND_IN(EPOLL_CREATE, -1, int, epoll_create1, (int flags), (flags))
STAND_IN(EPOLL_CTL, -1, int, epoll_ctl, (int fd, int what, int whose, struct epoll_event *event),
	 (fd, what, whose, event))
STAND_IN(LISTEN, -1, int, listen, (int fd, int backlog), (fd, backlog))
STAND_IN(MMAP, MAP_FAILED, void *, mmap,
	 (void *at, size_t size, int access, int flags, int fd, off_t offset),
	 (at, size, access, flags, fd, offset))
STAND_IN(PIPE, -1, int, pipe2, (int fds[2], int flags), (fds, flags))
STAND_IN(READ, -1, ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
STAND_IN(RECV, -1, ssize_t, recv, (int fd, void *bytes, size_t size, int flags),
	 (fd, bytes, size, flags))
STAND_IN(RECV, -1, int, recvmmsg,
	 (int fd, struct mmsghdr *list, unsigned count, int flags, struct timespec *timeout),
	 (fd, list, count, flags, timeout))
STAND_IN(SEND, -1, ssize_t, send, (int fd, const void *bytes, size_t size, int flags),
	 (fd, bytes, size, flags))
STAND_IN(SEND, -1, ssize_t, writev, (int fd, const struct iovec *parts, int count),
	 (fd, parts, count))
STAND_IN(SEND, -1, int, sendmmsg, (int fd, struct mmsghdr *list, unsigned count, int flags),
	 (fd, list, count, flags))
STAND_IN(SETSOCKOPT, -1, int, setsockopt,
	 (int fd, int level, int name, const void *value, socklen_t length),
	 (fd, level, name, value, length))
STAND_IN(SOCKET, -1, int, socket, (int family, int type, int protocol), (family, type, protocol))
STAND_IN(SPLICE, -1, ssize_t, splice,
	 (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
	 (in, from, out, to, size, flags))
STAND_IN(fd == STDERR_FILENO ? LOG : WRITE, -1, ssize_t, write,
	 (int fd, const void *bytes, size_t size), (fd, bytes, size))

int epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	static __typeof__(&epoll_wait) next;

	if (next == NULL)
		next = NEXT(epoll_wait);
	has_looped = true;
	return next(fd, events, most, ms);
}

/* What follows the fixed parameters is taken for one that a register holds, if anything does. */
int fcntl(int fd, int command, ...)
{
	va_list args;
	void *last;

	va_start(args, command);
	last = va_arg(args, void *);
	va_end(args);
	return must_fail(FCNTL) ? -1 : NEXT(fcntl)(fd, command, last);
}

int open(const char *path, int flags, ...)
{
	va_list args;
	void *last;

	va_start(args, flags);
	last = va_arg(args, void *);
	va_end(args);
	return must_fail(OPEN) ? -1 : NEXT(open)(path, flags, last);
}

pid_t fork(void)
{
	pid_t pid;

	if (must_fail(FORK))
		return -1;
	forked++;
	pid = NEXT(fork)();
	if (pid == 0) {
		process = forked;
		calls = 0;
	}
	return pid;
}
