/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is answered, and who is not, and why. */
#include "worker/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "link/reason.h"

static struct gate gate;
static struct profile profile;

static int set_up(void **state)
{
	(void)state;
	memset(&gate, 0, sizeof gate);
	profile = (struct profile){ 0 };
	return 0;
}

/* What speaks against HOST:PORT. */
static int judge(const char *text)
{
	char host[ADDR_HOST_MAX];
	struct addr addr;
	struct err err;
	uint16_t port;

	if (addr_split(text, 0, host, &port, &err) == -1 ||
	    addr_resolve(host, port, &addr, 1, &err) == -1)
		fail_msg("%s", err.text);
	return gate_source(&gate, &addr.storage, &profile);
}

static void assert_table(const char *const *texts, int expected)
{
	for (; *texts != NULL; texts++) {
		if (judge(*texts) != expected)
			fail_msg("%s: %d instead of %d", *texts, judge(*texts), expected);
	}
}

static void who_may_be_a_client_is_answered(void **state)
{
	static const char *const texts[] = {
		"192.0.2.1:1024",       "192.0.2.1:65535",    "127.0.0.1:7777",
		"223.255.255.255:9999", "240.0.0.1:9999",     "192.0.2.255:9999",
		"[::1]:1024",           "[2001:db8::1]:9999", "[::ffff:192.0.2.1]:9999",
		"192.0.2.1:1899",       "192.0.2.1:2048",     "192.0.2.1:2050",
		"192.0.2.1:5352",       "192.0.2.1:11212",    NULL
	};

	(void)state;
	assert_table(texts, GATE_ANSWER);
}

static void who_is_denied_is_not(void **state)
{
	static const char *const denied[] = { "192.0.2.1:9999", "[::ffff:192.0.2.2]:9999",
					      "[2001:db8::1]:9999", NULL };
	static const char *const allowed[] = { "192.0.2.3:9999", "[2001:db9::1]:9999", NULL };
	struct err err;

	(void)state;
	assert_int_equal(rules_add(&profile.rules, true, "192.0.2.3", &err), 0);
	assert_int_equal(rules_add(&profile.rules, false, "192.0.2.0/24,2001:db8::/32", &err), 0);
	assert_table(denied, REASON_DENIED);
	assert_table(allowed, GATE_ANSWER);
}

static void server_ports_are_not(void **state)
{
	static const char *const zero[] = { "192.0.2.1:0", "[2001:db8::1]:0", NULL };
	static const char *const reserved[] = { "192.0.2.1:1",
						"192.0.2.1:7",
						"192.0.2.1:53",
						"192.0.2.1:1023",
						"[2001:db8::1]:19",
						"[::ffff:192.0.2.1]:7",
						NULL };
	static const char *const service[] = { "192.0.2.1:1900",     "192.0.2.1:2049",
					       "192.0.2.1:5353",     "192.0.2.1:11211",
					       "[2001:db8::1]:5353", NULL };

	(void)state;
	assert_table(zero, REASON_PORT_ZERO);
	assert_table(reserved, REASON_RESERVED_PORT);
	assert_table(service, REASON_SERVICE_PORT);
	profile.udp_reserved_ports = true;
	assert_table(zero, REASON_PORT_ZERO);
	assert_table(reserved, GATE_ANSWER);
	assert_table(service, REASON_SERVICE_PORT);
}

static void own_ports_are_not(void **state)
{
	(void)state;
	for (unsigned port = 1; port <= 65535; port += 7) {
		char text[32];

		gate_add_port(&gate, (uint16_t)port);
		snprintf(text, sizeof text, "192.0.2.1:%u", port);
		assert_int_equal(judge(text), REASON_OWN_PORT);
	}
	assert_int_equal(judge("192.0.2.1:65534"), GATE_ANSWER);
	/* Even if reserved ones are. */
	profile.udp_reserved_ports = true;
	assert_int_equal(judge("192.0.2.1:8"), REASON_OWN_PORT);
	assert_int_equal(judge("192.0.2.1:9"), GATE_ANSWER);
}

static void more_than_one_host_is_not(void **state)
{
	static const char *const texts[] = { "0.0.0.0:9999",
					     "255.255.255.255:9999",
					     "224.0.0.1:9999",
					     "239.255.255.255:9999",
					     "[::]:9999",
					     "[ff02::1]:9999",
					     "[ff0e::1]:9999",
					     "[::ffff:224.0.0.1]:9999",
					     "[::ffff:0.0.0.0]:9999",
					     NULL };

	(void)state;
	assert_table(texts, REASON_NOT_UNICAST);
}

/* A message with such control messages as recvmsg makes them; NULL = without. */
static bool is_unicast(const char *to, const char *answered_from, const char *to6)
{
	_Alignas(struct cmsghdr) unsigned char control[256] = { 0 };
	struct msghdr message = { .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *at = CMSG_FIRSTHDR(&message);
	size_t used = 0;

	if (to6 != NULL) {
		struct in6_pktinfo info = { .ipi6_ifindex = 1 };

		inet_pton(AF_INET6, to6, &info.ipi6_addr);
		*at = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6,
					.cmsg_type = IPV6_PKTINFO,
					.cmsg_len = CMSG_LEN(sizeof info) };
		memcpy(CMSG_DATA(at), &info, sizeof info);
		used += CMSG_SPACE(sizeof info);
		at = (struct cmsghdr *)(void *)(control + used);
	}
	if (to != NULL) {
		struct in_pktinfo info = { .ipi_ifindex = 1 };

		inet_pton(AF_INET, to, &info.ipi_addr);
		inet_pton(AF_INET, answered_from, &info.ipi_spec_dst);
		*at = (struct cmsghdr){ .cmsg_level = IPPROTO_IP,
					.cmsg_type = IP_PKTINFO,
					.cmsg_len = CMSG_LEN(sizeof info) };
		memcpy(CMSG_DATA(at), &info, sizeof info);
		used += CMSG_SPACE(sizeof info);
	}
	message.msg_controllen = used;
	return gate_is_unicast(&message);
}

static void the_destination_is_one_host(void **state)
{
	(void)state;
	assert_true(is_unicast("192.0.2.1", "192.0.2.1", NULL));
	assert_true(is_unicast(NULL, NULL, "2001:db8::1"));
	assert_true(is_unicast("192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"));
	/* a subnet's broadcast address, all hosts, a group */
	assert_false(is_unicast("192.0.2.255", "192.0.2.1", NULL));
	assert_false(is_unicast("192.0.2.255", "192.0.2.1", "::ffff:192.0.2.255"));
	assert_false(is_unicast("255.255.255.255", "192.0.2.1", NULL));
	assert_false(is_unicast("224.0.0.1", "192.0.2.1", NULL));
	assert_false(is_unicast(NULL, NULL, "ff02::1"));
	assert_false(is_unicast(NULL, NULL, NULL));
}

#define FRESH(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(who_may_be_a_client_is_answered),
		FRESH(who_is_denied_is_not),
		FRESH(server_ports_are_not),
		FRESH(own_ports_are_not),
		FRESH(more_than_one_host_is_not),
		FRESH(the_destination_is_one_host),
	};

	return cmocka_run_group_tests_name("gate", group, NULL, NULL) == 0 ? 0 : 1;
}
