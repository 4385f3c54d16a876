/* SPDX-License-Identifier: BSD-2-Clause */
/* In the place of libc's: a world of a few names, so that no file of the machine is read and no
 * name server is asked, and every machine finds the same. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <unistd.h>

#define MANY 40 /* addresses of the host "many"; more than echod takes */

struct answer {
	struct addrinfo info;
	struct sockaddr_storage storage;
};

/* Puts an answer in front of the list. */
static void add(struct addrinfo **list, int family, const void *bytes)
{
	struct answer *answer = calloc(1, sizeof *answer);
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&answer->storage;
	struct sockaddr_in *in = (struct sockaddr_in *)&answer->storage;

	MUST(answer != NULL);
	if (family == AF_INET6)
		memcpy(&in6->sin6_addr, bytes, sizeof in6->sin6_addr);
	else
		memcpy(&in->sin_addr, bytes, sizeof in->sin_addr);
	answer->storage.ss_family = (sa_family_t)family;
	answer->info = (struct addrinfo){
		.ai_family = family,
		.ai_addr = (struct sockaddr *)&answer->storage,
		.ai_addrlen = family == AF_INET6 ? sizeof *in6 : sizeof *in,
		.ai_next = *list,
	};
	*list = &answer->info;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
		struct addrinfo **found)
{
	unsigned char bytes[sizeof(struct in6_addr)] = { 127, 0, 0, 1 };

	(void)service;
	(void)hints;
	*found = NULL;
	if (strcmp(host, "many") == 0) {
		for (unsigned char i = 0; i < MANY; i++)
			add(found, AF_INET, (unsigned char[]){ 127, 0, 0, i });
	} else if (strcmp(host, "localhost") == 0) {
		add(found, AF_INET, bytes);
		add(found, AF_INET6, &in6addr_loopback);
	} else if (inet_pton(AF_INET, host, bytes) == 1) {
		add(found, AF_INET, bytes);
	} else if (inet_pton(AF_INET6, host, bytes) == 1) {
		add(found, AF_INET6, bytes);
	}
	return *found == NULL ? EAI_NONAME : 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list != NULL) {
		struct addrinfo *next = list->ai_next;

		free(list); /* the first member of its answer */
		list = next;
	}
}

static struct passwd echo_user = { .pw_uid = 7, .pw_gid = 8 };
static struct group echo_group = { .gr_gid = 8 };

struct passwd *getpwnam(const char *name)
{
	return strcmp(name, "echo") == 0 ? &echo_user : NULL;
}

struct passwd *getpwuid(uid_t user)
{
	return user == echo_user.pw_uid ? &echo_user : NULL;
}

struct group *getgrnam(const char *name)
{
	return strcmp(name, "echo") == 0 ? &echo_group : NULL;
}

/* Not root: of root's settings file.c asks who could change them, and of ours nobody can tell. */
uid_t geteuid(void)
{
	return echo_user.pw_uid;
}
