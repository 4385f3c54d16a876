/* SPDX-License-Identifier: BSD-2-Clause */
/* Names looked up: what they have, and what no name server is asked for. */
#include "common/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define UNTOUCHED 4711

static struct addrinfo *made_up; /* what a look-up gives; NULL = what is true */

/* In place of libc's: what a name has is the machine's business. */
int getaddrinfo(const char *restrict host, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
	if (made_up == NULL)
		return next(host, service, hints, found);
	*found = made_up;
	return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
	void (*next)(struct addrinfo *);

	*(void **)&next = dlsym(RTLD_NEXT, "freeaddrinfo");
	if (found != made_up)
		next(found);
}

/* A name with the addresses 127.0.0.1, 127.0.0.1, one that is not of the internet, ::1, 127.0.0.1.
 */
static int look_up_many(struct addr *list, size_t max, struct err *err)
{
	static struct sockaddr_in in4 = { .sin_family = AF_INET };
	static struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	static struct sockaddr other = { .sa_family = AF_UNIX };
	struct addrinfo all[5] = { 0 };
	int count;

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	for (int i = 0; i < 5; i++)
		all[i] = (struct addrinfo){ .ai_family = AF_INET,
					    .ai_addr = (struct sockaddr *)&in4,
					    .ai_addrlen = sizeof in4,
					    .ai_next = i < 4 ? &all[i + 1] : NULL };
	all[2].ai_family = AF_UNIX;
	all[2].ai_addr = &other;
	all[2].ai_addrlen = sizeof other;
	all[3].ai_family = AF_INET6;
	all[3].ai_addr = (struct sockaddr *)&in6;
	all[3].ai_addrlen = sizeof in6;
	made_up = all;
	count = addr_resolve("many", 7, list, max, err);
	made_up = NULL;
	return count;
}

static void the_same_address_is_listed_once(void **state)
{
	struct addr list[8];
	char text[ADDR_TEXT_MAX];
	struct err err;

	(void)state;
	assert_int_equal(look_up_many(list, 8, &err), 2);
	assert_string_equal(addr_format(&list[0], text), "127.0.0.1:7");
	assert_string_equal(addr_format(&list[1], text), "[::1]:7");
}

static void no_more_than_wanted_are_written(void **state)
{
	struct addr list[2] = { { .length = 0 }, { .length = UNTOUCHED } };
	struct err err;

	(void)state;
	assert_int_equal(look_up_many(list, 1, &err), 1);
	assert_true(list[0].length != 0);
	assert_int_equal(list[1].length, UNTOUCHED);
}

static void a_name_without_an_internet_address_is_told(void **state)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct addrinfo one = { .ai_family = AF_UNIX,
				.ai_addr = &other,
				.ai_addrlen = sizeof other };
	struct addr addr;
	struct err err = { 0 };

	(void)state;
	made_up = &one;
	assert_int_equal(addr_resolve("strange", 7, &addr, 1, &err), -1);
	made_up = NULL;
	assert_string_equal(err.text, "'strange' has no internet address");
}

/* No name server is asked for these: an empty label, and one of 64 bytes (RFC 1035: 63). */
static void what_cannot_be_looked_up_is_named(void **state)
{
	static const char *const names[] = {
		"no..name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b"
	};
	struct addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char begin[40];

		snprintf(begin, sizeof begin, "cannot resolve '%.10s", names[i]);
		assert_int_equal(addr_resolve(names[i], 7, &addr, 1, &err), -1);
		assert_memory_equal(err.text, begin, strlen(begin));
	}
	assert_int_equal(addr_resolve("no..\x1b[1mname", 7, &addr, 1, &err), -1);
	assert_non_null(strstr(err.text, "'no..?[1mname'"));
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(the_same_address_is_listed_once),
		cmocka_unit_test(no_more_than_wanted_are_written),
		cmocka_unit_test(a_name_without_an_internet_address_is_told),
		cmocka_unit_test(what_cannot_be_looked_up_is_named),
	};

	return cmocka_run_group_tests_name("addr_resolve", group, NULL, NULL) == 0 ? 0 : 1;
}
