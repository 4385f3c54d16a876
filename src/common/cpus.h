/* SPDX-License-Identifier: BSD-2-Clause */
/* How many processors this process may use at once. */
#ifndef ECHOD_CPUS_H
#define ECHOD_CPUS_H

struct cpus {
	unsigned affinity; /* processors in the affinity mask (sched_getaffinity(2)), at least 1 */
	unsigned quota_cent; /* the cgroup's CPU quota in hundredths of a processor, at least 1; 0 =
				none */
	unsigned usable;     /* the smaller of the two, the quota rounded up; at least 1 */
};

/*
 * The quota is the smallest one on the way from our cgroup up to the root: cpu.max (v2) or
 * cpu.cfs_quota_us and cpu.cfs_period_us (v1), see cgroups(7). What is not there or cannot be read
 * is no limit. root stands before every path: "" in earnest, a made-up tree in tests.
 */
void cpus_count(const char *root, struct cpus *cpus);

#endif
