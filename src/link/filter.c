/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list, and what happens to who leaves it. A call that is only killed for has no name: the
 * parent of the dead learns the signal and nothing else. So the kernel raises SIGSYS, whose handler
 * notes the number in memory that the supervisor shares, and that is all: when it returns, it makes
 * a call that kills (rt_sigreturn). No other signal has a handler in a worker.
 */
#include <config.h>

#include "link/filter.h"

#include <stdio.h>

#if defined(HAVE_SECCOMP) && !defined(INSTRUMENTED)

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whatever the arguments are. What a processor does not have libseccomp leaves out. */
static const int allowed[] = {
	/* clients */
	SCMP_SYS(accept4),
	SCMP_SYS(close),
	SCMP_SYS(getpeername),
	SCMP_SYS(getsockname),
	SCMP_SYS(read),
	SCMP_SYS(recv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(send),
	SCMP_SYS(sendmmsg),
#ifndef __GLIBC__
	SCMP_SYS(sendmsg), /* what sendmmsg(3) of others is made of */
#endif
	SCMP_SYS(sendto),
	SCMP_SYS(shutdown),
	SCMP_SYS(splice),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	/* the loop of events */
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(restart_syscall),
	/* clocks, where the vDSO has none */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	/* the log: its stamp, whether there is room, and how it leaves the terminal */
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(getpid),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	/* memory, and what of it is idle (spare.c); mmap and mprotect are below */
	SCMP_SYS(brk),
	SCMP_SYS(getrandom),
	SCMP_SYS(getrusage),
	SCMP_SYS(madvise),
	SCMP_SYS(mremap),
	SCMP_SYS(munmap),
	/* the end, abort(3) among the ways to it */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask),
};

#define ARGUMENT_MAX 2
#define EXACTLY(argument, number)                    \
	{                                            \
		(argument), SCMP_CMP_EQ, (number), 0 \
	}
#define WITHOUT(argument, bits)                           \
	{                                                 \
		(argument), SCMP_CMP_MASKED_EQ, (bits), 0 \
	}

/* Only with these arguments. */
static const struct conditional {
	int call;
	unsigned count;
	struct scmp_arg_cmp arguments[ARGUMENT_MAX];
} conditional[] = {
	/* how much a client has not acknowledged */
	{ .call = SCMP_SYS(ioctl), .count = 1, .arguments = { EXACTLY(1, SIOCOUTQ) } },
	/* descriptors ahead (footing.c) */
	{ .call = SCMP_SYS(fcntl), .count = 1, .arguments = { EXACTLY(1, F_DUPFD_CLOEXEC) } },
	{ .call = SCMP_SYS(fcntl64), .count = 1, .arguments = { EXACTLY(1, F_DUPFD_CLOEXEC) } },
	/* what accepted sockets do not inherit, and a reset on purpose */
	{ .call = SCMP_SYS(setsockopt),
	  .count = 2,
	  .arguments = { EXACTLY(1, SOL_SOCKET), EXACTLY(2, SO_OOBINLINE) } },
	{ .call = SCMP_SYS(setsockopt),
	  .count = 2,
	  .arguments = { EXACTLY(1, SOL_SOCKET), EXACTLY(2, SO_SNDBUF) } },
	{ .call = SCMP_SYS(setsockopt),
	  .count = 2,
	  .arguments = { EXACTLY(1, SOL_SOCKET), EXACTLY(2, SO_LINGER) } },
	/* no memory from that code can run */
	{ .call = SCMP_SYS(mmap), .count = 1, .arguments = { WITHOUT(2, PROT_EXEC) } },
	{ .call = SCMP_SYS(mmap2), .count = 1, .arguments = { WITHOUT(2, PROT_EXEC) } },
	{ .call = SCMP_SYS(mprotect), .count = 1, .arguments = { WITHOUT(2, PROT_EXEC) } },
	/* abort(3); SIGSYS keeps its handler */
	{ .call = SCMP_SYS(rt_sigaction), .count = 1, .arguments = { EXACTLY(0, SIGABRT) } },
};

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* of <asm-generic/siginfo.h>, which glibc 2.36 leaves out */
#endif

static _Atomic uint32_t *note;

static void on_forbidden(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	if (info->si_code == SYS_SECCOMP)
		atomic_store(note, (uint32_t)info->si_syscall + 1);
}

int filter_check(struct err *err)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		return 0;
	return err_errno(err, "no filter of system calls: seccomp");
}

/* syslog(3) asks for one when syslogd was started anew, and loses the line if there is none. */
static int refuse_unix_sockets(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp family = EXACTLY(0, AF_UNIX);

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, &family);
}

/* Returns 0 or, as libseccomp does, a negative errno. */
static int fill(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp own = EXACTLY(0, (scmp_datum_t)getpid());
	int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	/* It is set already (privilege.h), and is to be so before anything is tried here. */
	if (result == 0)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	for (size_t i = 0; result == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; result == 0 && i < sizeof conditional / sizeof conditional[0]; i++)
		result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, conditional[i].call,
						conditional[i].count, conditional[i].arguments);
	if (result == 0)
		result = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &own);
	if (result == 0)
		result = refuse_unix_sockets(filter);
	if (result == 0)
		result = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(rt_sigreturn), 0);
	return result;
}

int filter_enter(_Atomic uint32_t *caught, struct err *err)
{
	struct sigaction action = { .sa_sigaction = on_forbidden, .sa_flags = SA_SIGINFO };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int result;

	if (filter == NULL)
		return err_set(err, "seccomp_init: out of memory");
	note = caught;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSYS, &action, NULL);
	result = fill(filter);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	if (result == 0)
		return 0;
	signal(SIGSYS, SIG_DFL);
	errno = -result;
	return err_errno(err, "seccomp_load");
}

const char *filter_name(uint32_t caught, char text[FILTER_NAME_MAX])
{
	int number = (int)(caught - 1);
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

	if (name == NULL)
		snprintf(text, FILTER_NAME_MAX, "%d", number);
	else
		snprintf(text, FILTER_NAME_MAX, "%s", name);
	free(name);
	return text;
}

#else

int filter_check(struct err *err)
{
#ifdef INSTRUMENTED
	return err_set(err, "no filter of system calls: sanitizers and gcov make any");
#else
	return err_set(err, "no filter of system calls: built without libseccomp");
#endif
}

int filter_enter(_Atomic uint32_t *caught, struct err *err)
{
	(void)caught;
	return filter_check(err);
}

const char *filter_name(uint32_t caught, char text[FILTER_NAME_MAX])
{
	snprintf(text, FILTER_NAME_MAX, "%d", (int)(caught - 1));
	return text;
}

#endif
