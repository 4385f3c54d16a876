/* SPDX-License-Identifier: BSD-2-Clause */
/* No step is believed: each is looked at again afterwards (Chen, Wagner, Dean: "Setuid
 * demystified"). */
#include "supervisor/privilege.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whether we are that already, in every respect. */
static bool is_identity(const struct identity *identity)
{
	uid_t real_user, user, saved_user;
	gid_t real_group, group, saved_group;

	return getresuid(&real_user, &user, &saved_user) == 0 &&
	       getresgid(&real_group, &group, &saved_group) == 0 && real_user == identity->user &&
	       user == identity->user && saved_user == identity->user &&
	       real_group == identity->group && group == identity->group &&
	       saved_group == identity->group;
}

struct identity privilege_identity(const struct owner *owner)
{
	return (struct identity){
		.changes = owner->has_user || owner->has_group,
		.user = owner->has_user ? owner->user : geteuid(),
		.group = owner->has_group ? owner->group : getegid(),
	};
}

int privilege_check(const struct identity *identity, struct err *err)
{
	if (!identity->changes || geteuid() == 0 || is_identity(identity))
		return 0;
	return err_set(err, "only root can run workers as another user or group");
}

static int change(const struct identity *identity, struct err *err)
{
	/* The order matters: only root may do the first two. */
	if (setgroups(0, NULL) == -1)
		return err_errno(err, "setgroups");
	if (setresgid(identity->group, identity->group, identity->group) == -1)
		return err_errno(err, "setresgid");
	if (setresuid(identity->user, identity->user, identity->user) == -1)
		return err_errno(err, "setresuid");
	if (!is_identity(identity) || getgroups(0, NULL) != 0)
		return err_set(err, "the user or the group did not change");
	return 0;
}

struct capabilities {
	struct __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3];
};

static int call(long number, struct capabilities *set)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(number, &header, set->words);
}

static bool is_none(const struct capabilities *set)
{
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		if ((set->words[i].effective | set->words[i].permitted |
		     set->words[i].inheritable) != 0)
			return false;
	}
	return true;
}

/* Who has none does not ask for less: a service manager's filter may forbid the very call. */
static int drop_capabilities(struct err *err)
{
	struct capabilities held = { 0 },
			    none = { 0 }; /* valgrind knows only half of what capget sets */

	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* follows from the others, too */
	if (call(SYS_capget, &held) == -1)
		return err_errno(err, "capget");
	if (is_none(&held))
		return 0;
	if (call(SYS_capset, &none) == -1)
		return err_errno(err, "capset");
	if (call(SYS_capget, &held) == -1)
		return err_errno(err, "capget");
	return is_none(&held) ? 0 : err_set(err, "there are capabilities left");
}

int privilege_drop(const struct identity *identity, struct err *err)
{
	if (identity->changes && !is_identity(identity) && change(identity, err) == -1)
		return -1;
	if (drop_capabilities(err) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_errno(err, "prctl PR_SET_NO_NEW_PRIVS");
	return 0;
}
