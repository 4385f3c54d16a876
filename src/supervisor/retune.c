/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing here can fail: it logs. */
#include "supervisor/retune.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "supervisor/slots.h"
#include "supervisor/socket.h"
#include "supervisor/sockopt.h"

#define NAME_MAX_BYTES (ADDR_TEXT_MAX + 16)

/* Such as tcp 127.0.0.1:7777. */
static const char *name_of(const struct slots_address *address, char name[NAME_MAX_BYTES])
{
	char text[ADDR_TEXT_MAX];

	snprintf(name, NAME_MAX_BYTES, "%s %s", transport_name(address->transport),
		 addr_format(&address->bound, text));
	return name;
}

void retune_hold(const struct slots_address *address, struct profile_socket *next)
{
	const struct profile_socket *was = &address->settings;
	char name[NAME_MAX_BYTES];

	if (!transport_in(address->transport, TRANSPORT_INET))
		return;
	if (strcmp(was->device, next->device) != 0)
		log_warn("reload: bind-to-device of %s changes only at a restart",
			 name_of(address, name));
	if (was->reuseport != next->reuseport)
		log_warn("reload: reuseport of %s changes only at a restart",
			 name_of(address, name));
	memcpy(next->device, was->device, sizeof next->device);
	next->reuseport = was->reuseport;
}

bool retune_has_lost(const struct slots_address *address)
{
	enum sockfile_state state = sockfile_look(&address->file, &address->bound);
	char name[NAME_MAX_BYTES];

	if (state == SOCKFILE_GONE)
		log_warn("reload: the file of %s has gone: it is made again",
			 name_of(address, name));
	else if (state == SOCKFILE_REPLACED)
		log_warn("reload: the file of %s is not ours any more", name_of(address, name));
	return state == SOCKFILE_GONE;
}

static void tell_failure(const struct slots_address *address, const struct err *err)
{
	char name[NAME_MAX_BYTES];

	log_warn("reload: %s: %s", name_of(address, name), err->text);
}

void retune_apply(struct slots_address *address)
{
	const struct profile_socket *was = &address->settings, *now = &address->next_settings;
	struct err err;

	for (unsigned slot = 0; slot < address->committed; slot++) {
		int fd = address->fds[slot], family = address->bound.storage.ss_family;

		/* What one socket refuses, the others do, too. */
		if (sockopt_change(fd, address->transport, family, was, now, &err) == -1 &&
		    slot == 0)
			tell_failure(address, &err);
		if (was->backlog != now->backlog &&
		    socket_serve(fd, address->transport, &address->bound, now, &err) == -1 &&
		    slot == 0)
			tell_failure(address, &err);
	}
	if (sockfile_change(&address->file, &address->bound, was, now, &err) == -1)
		tell_failure(address, &err);
}

static void on_other(const void *context, const char *setting, uint64_t asked, uint64_t is)
{
	char name[NAME_MAX_BYTES];

	log_info("%s of %s: %" PRIu64 " asked for, %" PRIu64 " in force", setting,
		 name_of(context, name), asked, is);
}

/* Without this bit the kernel takes the option and then ignores it. */
static bool fastopen_works(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/tcp_fastopen", "re");
	unsigned bits = 2;

	if (file == NULL)
		return true; /* who knows */
	if (fscanf(file, "%u", &bits) != 1)
		bits = 2;
	fclose(file);
	return (bits & 2) != 0;
}

void retune_report(const struct slots_address *address)
{
	char name[NAME_MAX_BYTES];

	if (address->transport == TRANSPORT_TCP && address->settings.fastopen != 0 &&
	    !fastopen_works())
		log_warn("fastopen of %s has no effect: net.ipv4.tcp_fastopen lacks bit 2",
			 name_of(address, name));
	if (log_wants(LOG_LEVEL_INFO))
		sockopt_compare(address->fds[0], address->transport,
				address->bound.storage.ss_family, &address->settings, on_other,
				address);
}
