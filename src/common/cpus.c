/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Affinity mask and cgroup quota. Nothing here can fail: a file that is missing or strange means
 * that no limit is known. In a container /proc/self/cgroup may name a path that the container
 * cannot see; walking up to the mount's root finds the limit all the same, because the mount's root
 * is then the container's own group.
 */
#include "common/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Hundredths of a processor, rounded up; 0 if this is no limit. */
static unsigned quota_of(long long quota, long long period)
{
	long long cent;

	if (quota <= 0 || period <= 0 || quota > LLONG_MAX / 100 - period)
		return 0;
	cent = (quota * 100 + period - 1) / period;
	return cent > INT_MAX ? 0 : (unsigned)cent;
}

/* The first line of DIRECTORY/NAME, empty if there is none. */
static void read_line(const char *directory, const char *name, char *line, int size)
{
	char path[PATH_MAX];
	FILE *file;

	line[0] = '\0';
	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "re");
	if (file == NULL)
		return;
	if (fgets(line, size, file) == NULL)
		line[0] = '\0';
	fclose(file);
}

static unsigned quota_v2(const char *directory)
{
	char line[64];
	long long quota, period;

	read_line(directory, "cpu.max", line, sizeof line);
	return sscanf(line, "%lld %lld", &quota, &period) == 2 ? quota_of(quota, period) : 0;
}

static unsigned quota_v1(const char *directory)
{
	char quota[64], period[64];

	read_line(directory, "cpu.cfs_quota_us", quota, sizeof quota);
	read_line(directory, "cpu.cfs_period_us", period, sizeof period);
	return quota_of(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

static void take_smaller(unsigned *least, unsigned quota)
{
	if (quota != 0 && (*least == 0 || quota < *least))
		*least = quota;
}

/* From MOUNT/GROUP up to MOUNT itself. */
static void walk_up(const char *mount, const char *group, unsigned (*quota)(const char *),
		    unsigned *least)
{
	char path[PATH_MAX];
	size_t root = strlen(mount);

	if (snprintf(path, sizeof path, "%s%s", mount, group) >= (int)sizeof path)
		return;
	for (;;) {
		char *slash;

		take_smaller(least, quota(path));
		slash = strrchr(path, '/');
		if (slash == NULL || strlen(path) <= root)
			return;
		*slash = '\0';
	}
}

/* One line of /proc/self/cgroup: ID:CONTROLLERS:PATH. An empty controller list is the v2 hierarchy.
 */
static void follow(const char *root, char *line, unsigned *least)
{
	static const char *const v2[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static const char *const v1[] = { "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct" };
	char *controllers = strchr(line, ':');
	char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
	bool unified;

	if (group == NULL)
		return;
	*controllers++ = '\0';
	*group++ = '\0';
	unified = *controllers == '\0';
	if (!unified && strcmp(controllers, "cpu") != 0 &&
	    strcmp(controllers, "cpu,cpuacct") != 0 && strcmp(controllers, "cpuacct,cpu") != 0)
		return;
	for (int i = 0; i < 2; i++) {
		char mount[PATH_MAX];

		snprintf(mount, sizeof mount, "%s%s", root, unified ? v2[i] : v1[i]);
		walk_up(mount, group, unified ? quota_v2 : quota_v1, least);
	}
}

static unsigned cgroup_quota(const char *root)
{
	char path[PATH_MAX], line[PATH_MAX];
	unsigned least = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		follow(root, line, &least);
	}
	fclose(file);
	return least;
}

/* The kernel wants a mask at least as large as its own, whose size it does not tell: grow until it
 * fits. */
static unsigned affinity_count(void)
{
	for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC((size_t)cpus);
		size_t size = CPU_ALLOC_SIZE((size_t)cpus);
		int count = 0;

		if (set == NULL)
			break;
		if (sched_getaffinity(0, size, set) == 0)
			count = CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (count > 0)
			return (unsigned)count;
	}
	return 1;
}

void cpus_count(const char *root, struct cpus *cpus)
{
	unsigned quota;

	cpus->affinity = affinity_count();
	cpus->quota_cent = cgroup_quota(root);
	quota = (cpus->quota_cent + 99) / 100;
	cpus->usable = quota != 0 && quota < cpus->affinity ? quota : cpus->affinity;
}
