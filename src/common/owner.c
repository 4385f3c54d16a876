/* SPDX-License-Identifier: BSD-2-Clause */
/* Names before numbers, as chown(1) does it. Who is not known is named in the reason. */
#include "common/owner.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

#define NAME_MAX_BYTES 64 /* useradd(8) has 32 */

static int not_known(const char *what, const char *name, struct err *err)
{
	char shown[48];

	parse_printable(name, shown, sizeof shown);
	/* getpwnam says in many ways that there is no such name; these are no failures of its own.
	 */
	if (errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return err_errno(err, "cannot look up the %s '%s'", what, shown);
	return err_set(err, "there is no %s '%s'", what, shown);
}

static int read_number(const char *name, uint32_t *id)
{
	struct err ignored;
	uint64_t number;

	/* The largest one means "leave it" to chown(2). */
	if (parse_number(name, 0, UINT32_MAX - 1, &number, &ignored) == -1)
		return -1;
	*id = (uint32_t)number;
	return 0;
}

static int read_user(const char *name, uint32_t *id, struct err *err)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(name);
	if (entry == NULL)
		return read_number(name, id) == 0 ? 0 : not_known("user", name, err);
	*id = entry->pw_uid;
	return 0;
}

static int read_group(const char *name, uint32_t *id, struct err *err)
{
	const struct group *entry;

	errno = 0;
	entry = getgrnam(name);
	if (entry == NULL)
		return read_number(name, id) == 0 ? 0 : not_known("group", name, err);
	*id = entry->gr_gid;
	return 0;
}

int owner_read(const char *text, struct owner *owner, struct err *err)
{
	size_t length = strcspn(text, ":");
	const char *group = text[length] == ':' ? text + length + 1 : "";
	struct owner found = { 0 };
	char user[NAME_MAX_BYTES];

	if (strcmp(text, "none") == 0) {
		*owner = found;
		return 0;
	}
	if (length >= sizeof user)
		return err_set(err, "the name of the user is too long");
	if ((length == 0 && group[0] == '\0') || (text[length] == ':' && group[0] == '\0'))
		return err_set(err, "expected USER, USER:GROUP or :GROUP");
	memcpy(user, text, length);
	user[length] = '\0';
	if (length > 0 && read_user(user, &found.user, err) == -1)
		return -1;
	if (group[0] != '\0' && read_group(group, &found.group, err) == -1)
		return -1;
	found.has_user = length > 0;
	found.has_group = group[0] != '\0';
	*owner = found;
	return 0;
}

int owner_read_group(const char *text, struct owner *owner, struct err *err)
{
	struct owner found = { 0 };

	if (strcmp(text, "none") != 0) {
		if (read_group(text, &found.group, err) == -1)
			return -1;
		found.has_group = true;
	}
	*owner = found;
	return 0;
}

int owner_find_group(uint32_t user, uint32_t *group, struct err *err)
{
	const struct passwd *entry = getpwuid(user);

	if (entry == NULL)
		return err_set(err, "user %" PRIu32 " has no group of its own: a group is needed",
			       user);
	*group = entry->pw_gid;
	return 0;
}

const char *owner_format(const struct owner *owner, char text[OWNER_TEXT_MAX])
{
	if (owner->has_user && owner->has_group)
		snprintf(text, OWNER_TEXT_MAX, "%" PRIu32 ":%" PRIu32, owner->user, owner->group);
	else if (owner->has_user)
		snprintf(text, OWNER_TEXT_MAX, "%" PRIu32, owner->user);
	else if (owner->has_group)
		snprintf(text, OWNER_TEXT_MAX, ":%" PRIu32, owner->group);
	else
		snprintf(text, OWNER_TEXT_MAX, "none");
	return text;
}

bool owner_equal(const struct owner *one, const struct owner *other)
{
	return one->has_user == other->has_user && one->has_group == other->has_group &&
	       one->user == other->user && one->group == other->group;
}
