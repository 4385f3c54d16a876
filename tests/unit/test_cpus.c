/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor count, with made-up cgroup trees: what is found, what counts as no limit, and what
 * is the smallest. */
#include "common/cpus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[PATH_MAX];

static int new_root(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(root, sizeof root, "%s/test_cpus.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	return mkdtemp(root) == NULL;
}

static int on_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, on_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file below the root, and the folders above it. */
static void put(const char *name, const char *content)
{
	char path[2 * PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s%s", root, name);
	for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		if (mkdir(path, 0777) == -1)
			assert_int_equal(errno, EEXIST);
		*at = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(content, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static unsigned quota(void)
{
	struct cpus cpus;

	cpus_count(root, &cpus);
	return cpus.quota_cent;
}

/* The quota as the only limit there is, at the root of a v2 tree. */
static unsigned quota_of(const char *cpu_max)
{
	put("/proc/self/cgroup", "0::/\n");
	put("/sys/fs/cgroup/cpu.max", cpu_max);
	return quota();
}

static void nothing_known_is_no_limit(void **state)
{
	struct cpus cpus;

	(void)state;
	cpus_count(root, &cpus);
	assert_true(cpus.affinity >= 1);
	assert_int_equal(cpus.quota_cent, 0);
	assert_int_equal(cpus.usable, cpus.affinity);
}

static void the_real_machine_gives_something(void **state)
{
	struct cpus cpus;

	(void)state;
	cpus_count("", &cpus);
	assert_true(cpus.affinity >= 1);
	assert_true(cpus.usable >= 1 && cpus.usable <= cpus.affinity);
}

static void v2_quotas_are_read(void **state)
{
	static const struct {
		const char *cpu_max;
		unsigned cent;
	} table[] = {
		{ "max 100000\n", 0 },
		{ "150000 100000\n", 150 },
		{ "100000 100000", 100 },
		{ "50000 100000\n", 50 },
		{ "1 100000\n", 1 },
		{ "33333 100000\n", 34 },
		{ "9000 1000\n", 900 },
		{ "", 0 },
		{ "\n", 0 },
		{ "garbage\n", 0 },
		{ "100000\n", 0 },
		{ "-1 100000\n", 0 },
		{ "100000 0\n", 0 },
		{ "100000 -5\n", 0 },
		{ "0 100000\n", 0 },
		{ "9223372036854775807 100000\n", 0 },
		{ "100000 9223372036854775807\n", 0 },
		{ "9223372036854775807 9223372036854775807\n", 0 },
		{ "99999999999999999999999999 1\n", 0 },
		{ "90000000000000000 1\n", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		unsigned cent = quota_of(table[i].cpu_max);

		if (cent != table[i].cent)
			fail_msg("%s: %u", table[i].cpu_max, cent);
	}
}

static void the_smallest_on_the_way_up_counts(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "0::/a/b/c\n");
	put("/sys/fs/cgroup/a/b/c/cpu.max", "300000 100000\n");
	assert_int_equal(quota(), 300);
	put("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
	assert_int_equal(quota(), 300);
	put("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
	assert_int_equal(quota(), 200);
	put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
	assert_int_equal(quota(), 200);
	put("/sys/fs/cgroup/cpu.max", "120000 100000\n");
	assert_int_equal(quota(), 120);
	put("/sys/fs/cgroup/other/cpu.max", "1000 100000\n");
	put("/sys/fs/cpu.max", "1000 100000\n");
	assert_int_equal(quota(), 120);
}

/* In a container the file names a path of the host, and the mount's root is the container's own
 * group. */
static void a_group_that_cannot_be_seen_leaves_the_root(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "0::/system.slice/docker-0123.scope\n");
	put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	assert_int_equal(quota(), 150);
	put("/proc/self/cgroup", "0::/../../elsewhere\n");
	assert_int_equal(quota(), 150);
}

static void v1_quotas_are_read(void **state)
{
	static const char *const names[] = { "cpu", "cpu,cpuacct", "cpuacct,cpu" };

	(void)state;
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
	put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char content[128];

		snprintf(content, sizeof content, "12:memory:/x\n3:%s:/x\n1:name=systemd:/x\n",
			 names[i]);
		put("/proc/self/cgroup", content);
		assert_int_equal(quota(), 250);
	}
	put("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "10000\n");
	put("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
	assert_int_equal(quota(), 10);
	put("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "");
	assert_int_equal(quota(), 250);
}

static void another_controller_is_not_asked(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "3:cpuset:/x\n2:cpuacct:/x\n1:memory:/x\n");
	put("/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "10000\n");
	put("/sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
	put("/sys/fs/cgroup/cpu.max", "10000 100000\n");
	assert_int_equal(quota(), 0);
}

static void both_hierarchies_at_once(void **state)
{
	(void)state;
	put("/proc/self/cgroup", "4:cpu,cpuacct:/x\n0::/y\n");
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "50000\n");
	put("/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
	put("/sys/fs/cgroup/unified/y/cpu.max", "80000 100000\n");
	assert_int_equal(quota(), 50);
	put("/sys/fs/cgroup/unified/y/cpu.max", "30000 100000\n");
	assert_int_equal(quota(), 30);
}

static void strange_lines_are_passed_over(void **state)
{
	static char line[3 * PATH_MAX];

	(void)state;
	put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "0::/", 4);
	put("/proc/self/cgroup", line);
	assert_int_equal(quota(), 0);
	put("/proc/self/cgroup", "\n:\n::\n0\n0:\nnonsense\n\xff\xff\n");
	assert_true(quota() == 0 || quota() == 150);
	put("/proc/self/cgroup", "nonsense\n0::/\n");
	assert_int_equal(quota(), 150);
}

static void the_smaller_of_mask_and_quota_is_usable(void **state)
{
	struct cpus cpus;
	cpu_set_t all, one;
	size_t cpu = 0;

	(void)state;
	quota_of("1 100000");
	cpus_count(root, &cpus);
	assert_int_equal(cpus.usable, 1);
	quota_of("100001 100000"); /* rounded up */
	cpus_count(root, &cpus);
	assert_int_equal(cpus.quota_cent, 101);
	assert_int_equal(cpus.usable, cpus.affinity < 2 ? cpus.affinity : 2);
	quota_of("900000000 100000");
	assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	cpus_count(root, &cpus);
	sched_setaffinity(0, sizeof all, &all);
	assert_int_equal(cpus.affinity, 1);
	assert_int_equal(cpus.usable, 1);
}

#define WITH_ROOT(test) cmocka_unit_test_setup_teardown(test, new_root, remove_root)

int main(void)
{
	const struct CMUnitTest cpus[] = {
		WITH_ROOT(nothing_known_is_no_limit),
		cmocka_unit_test(the_real_machine_gives_something),
		WITH_ROOT(v2_quotas_are_read),
		WITH_ROOT(the_smallest_on_the_way_up_counts),
		WITH_ROOT(a_group_that_cannot_be_seen_leaves_the_root),
		WITH_ROOT(v1_quotas_are_read),
		WITH_ROOT(another_controller_is_not_asked),
		WITH_ROOT(both_hierarchies_at_once),
		WITH_ROOT(strange_lines_are_passed_over),
		WITH_ROOT(the_smaller_of_mask_and_quota_is_usable),
	};

	return cmocka_run_group_tests(cpus, NULL, NULL) == 0 ? 0 : 1;
}
