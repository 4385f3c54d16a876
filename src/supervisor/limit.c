/* SPDX-License-Identifier: BSD-2-Clause */
/* getrlimit(2) and setrlimit(2). That they fail is no reason not to serve. */
#include "supervisor/limit.h"

#include <sys/resource.h>

#include "common/log.h"

/* Of a worker: standard ones, pipes, epoll, beside its listening sockets. */
#define OTHER_DESCRIPTORS 15

void limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("cannot raise the limit of descriptors");
}

void limit_log(size_t sockets)
{
	unsigned long long count, left, others = OTHER_DESCRIPTORS + sockets;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	count = limit.rlim_cur;
	left = count > others ? count - others : 0;
	log_notice("descriptors: limit %llu, about %llu connections for each worker", count, left);
}
