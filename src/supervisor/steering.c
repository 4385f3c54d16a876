/* SPDX-License-Identifier: BSD-2-Clause */
/* Steering is about speed alone: without it everything works. */
#include "supervisor/steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log.h"
#include "supervisor/slots.h"

#ifndef SO_DETACH_REUSEPORT_BPF
#define SO_DETACH_REUSEPORT_BPF 68 /* since Linux 5.3; include/uapi/asm-generic/socket.h */
#endif

static int attach(int fd, unsigned workers)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_CPU)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, workers),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program;

	memset(&program, 0, sizeof program); /* the hole behind len, too: valgrind looks at it */
	program.len = sizeof code / sizeof code[0];
	program.filter = code;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

static int detach(int fd)
{
	int ignored = 0;

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &ignored, sizeof ignored);
}

void steering_apply(struct slots_address *address, bool on, unsigned workers)
{
	/* The kernel makes a group when the second one joins. */
	bool is_group = !address->shared && address->opened > 1;
	char text[ADDR_TEXT_MAX];

	if (!is_group || (!on && !address->steered))
		return;
	if ((on ? attach(address->fds[0], workers) : detach(address->fds[0])) == 0)
		address->steered = on;
	else
		log_warn("cannot switch %s cpu-steering for %s %s: %s", on ? "on" : "off",
			 transport_name(address->transport), addr_format(&address->bound, text),
			 strerror(errno));
}

void steering_pin(unsigned index, unsigned workers)
{
	cpu_set_t all, own;

	if (sched_getaffinity(0, sizeof all, &all) == -1)
		return; /* more than CPU_SETSIZE processors */
	CPU_ZERO(&own);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &all) && cpu % workers == index)
			CPU_SET(cpu, &own);
	}
	if (CPU_COUNT(&own) > 0 && sched_setaffinity(0, sizeof own, &own) == -1)
		log_warn("worker %u: cannot stay on its processors: %s", index, strerror(errno));
}
