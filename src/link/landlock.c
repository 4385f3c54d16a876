/* SPDX-License-Identifier: BSD-2-Clause */
/* Three system calls without a library. The numbers are the kernel's interface, not those of
 * <linux/landlock.h>: a header is as old as the machine that builds. */
#include "link/landlock.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VERSION_FLAG 1U /* LANDLOCK_CREATE_RULESET_VERSION */

/* struct landlock_ruleset_attr. A kernel that knows less of it takes it if the rest is 0. */
struct ruleset {
	uint64_t files, network, scopes;
};

#define RIGHTS(count) ((UINT64_C(1) << (count)) - 1)

/* How many rights there are, by the version that brought them. */
#define FILES_1    RIGHTS(13)
#define FILES_2    RIGHTS(14) /* and refer */
#define FILES_3    RIGHTS(15) /* and truncate */
#define FILES_5    RIGHTS(16) /* and ioctl of devices */
#define NETWORK_4  RIGHTS(2)  /* TCP bind and connect */
#define SCOPE_NAME 1U         /* 6: abstract UNIX sockets */
#define SCOPE_KILL 2U         /* 6: signals */

static struct ruleset everything(int version, bool sends_local)
{
	struct ruleset all = { .files = FILES_1 };

	if (version >= 5)
		all.files = FILES_5;
	else if (version >= 3)
		all.files = FILES_3;
	else if (version >= 2)
		all.files = FILES_2;
	if (version >= 4)
		all.network = NETWORK_4;
	if (version >= 6)
		all.scopes = SCOPE_KILL | (sends_local ? 0 : SCOPE_NAME);
	return all;
}

#ifdef SYS_landlock_create_ruleset

int landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG);

	return version > 0 ? (int)version : 0;
}

int landlock_enter(bool sends_local, struct err *err)
{
	struct ruleset all = everything(landlock_version(), sends_local);
	int result = 0, fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

	if (fd == -1)
		return err_errno(err, "landlock_create_ruleset");
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1)
		result = err_errno(err, "landlock_restrict_self");
	close(fd);
	return result;
}

#else

int landlock_version(void)
{
	return 0;
}

int landlock_enter(bool sends_local, struct err *err)
{
	(void)sends_local;
	(void)everything;
	return err_set(err, "built on a system without Landlock");
}

#endif
