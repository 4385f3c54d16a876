/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands in the place of recv(2), so that what is tried out here is in no worker of echod itself.
 */
#include "obey.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

static bool obedient;

static void crash(void)
{
	raise(SIGSEGV);
}

static void spin(void)
{
	for (;;)
		;
}

static const struct {
	const char *text;
	void (*act)(void);
} orders[] = {
	{ "do crash", crash },
	{ "do spin", spin },
};

void obey_start(void)
{
	obedient = true;
}

static void obey(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		if (strlen(orders[i].text) == length && memcmp(orders[i].text, text, length) == 0)
			orders[i].act();
	}
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t got = recvfrom(fd, buffer, size, flags, NULL, NULL);

	if (obedient && got > 0)
		obey(buffer, (size_t)got);
	return got;
}
