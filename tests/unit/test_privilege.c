/* SPDX-License-Identifier: BSD-2-Clause */
/* Each test gives something up in a child, which says by its exit status what is wrong. */
#include "supervisor/privilege.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SOMEBODY 54321

static const struct identity somebody = { true, SOMEBODY, SOMEBODY + 1 };
static const struct identity nobody_else = { false, 0, 0 };

/* What /proc says of this process. */
static uint64_t status_of(const char *name, int base)
{
	char text[8192], *at;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t length = read(fd, text, sizeof text - 1);

	close(fd);
	if (length <= 0)
		return UINT64_MAX;
	text[length] = '\0';
	at = strstr(text, name);
	return at == NULL ? UINT64_MAX : strtoull(at + strlen(name), NULL, base);
}

/* 0 = as it should be, or the number of what is not. */
static int look(void)
{
	if (status_of("\nCapEff:", 16) != 0 || status_of("\nCapPrm:", 16) != 0 ||
	    status_of("\nCapInh:", 16) != 0 || status_of("\nCapAmb:", 16) != 0)
		return 2;
	if (status_of("\nNoNewPrivs:", 10) != 1)
		return 3;
	return 0;
}

static int run(int (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body());
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int become_somebody(void)
{
	static const gid_t groups[] = { 1, 2, 3 };
	struct err err;

	if (setgroups(3, groups) == -1 || privilege_check(&somebody, &err) == -1)
		return 10;
	if (privilege_drop(&somebody, &err) == -1)
		return 11;
	if (getuid() != SOMEBODY || geteuid() != SOMEBODY || getgid() != SOMEBODY + 1 ||
	    getegid() != SOMEBODY + 1 || getgroups(0, NULL) != 0)
		return 12;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(3, groups) == 0)
		return 13;
	return look();
}

static void root_becomes_somebody_for_good(void **state)
{
	(void)state;
	assert_int_equal(run(become_somebody), 0);
}

static int stay(void)
{
	uid_t before = getuid();
	struct err err;

	if (privilege_check(&nobody_else, &err) == -1 || privilege_drop(&nobody_else, &err) == -1)
		return 20;
	return getuid() == before ? look() : 21;
}

static void who_stays_the_same_has_no_capabilities_left(void **state)
{
	(void)state;
	assert_int_equal(run(stay), 0);
}

/* Not root any more, and asked to be somebody else or what it is. */
static int be_refused(void)
{
	static const struct identity other = { true, SOMEBODY + 7, SOMEBODY + 1 };
	static const struct identity group = { true, SOMEBODY, SOMEBODY + 7 };
	struct err err = { 0 };

	if (privilege_drop(&somebody, &err) == -1)
		return 30;
	if (privilege_check(&other, &err) == 0 ||
	    strcmp(err.text, "only root can run workers as another user or group") != 0)
		return 31;
	if (privilege_drop(&other, &err) == 0 || privilege_check(&group, &err) == 0 ||
	    privilege_drop(&group, &err) == 0)
		return 32;
	if (privilege_check(&somebody, &err) == -1 || privilege_drop(&somebody, &err) == -1)
		return 33;
	return 0;
}

static void who_is_not_root_can_only_stay(void **state)
{
	(void)state;
	assert_int_equal(run(be_refused), 0);
}

/* As a service manager's filter does it. */
static int forbid_capset(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_capset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof code[0], code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
			       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
		       ? 0
		       : -1;
}

static int drop_where_capset_is_forbidden(void)
{
	struct err err = { 0 };

	if (privilege_drop(&nobody_else, &err) == -1 || forbid_capset() == -1)
		return 40;
	return privilege_drop(&nobody_else, &err) == 0 ? look() : 41;
}

static int keep_where_capset_is_forbidden(void)
{
	struct err err = { 0 };

	if (forbid_capset() == -1)
		return 50;
	return privilege_drop(&nobody_else, &err) == -1 &&
			       strcmp(err.text, "capset: Operation not permitted") == 0
		       ? 0
		       : 51;
}

static void who_has_nothing_need_not_be_able_to_give_it_up(void **state)
{
	(void)state;
	assert_int_equal(run(drop_where_capset_is_forbidden), 0);
	assert_int_equal(run(keep_where_capset_is_forbidden), 0);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(who_stays_the_same_has_no_capabilities_left),
		cmocka_unit_test(root_becomes_somebody_for_good),
		cmocka_unit_test(who_is_not_root_can_only_stay),
		cmocka_unit_test(who_has_nothing_need_not_be_able_to_give_it_up),
	};

	if (geteuid() != 0) {
		puts("1..0 # SKIP only root can give up what root has");
		return 0;
	}
	return cmocka_run_group_tests_name("privilege", group, NULL, NULL) == 0 ? 0 : 1;
}
