/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which datagrams are answered: the input says what is set, and who sends what when. What may speak
 * against an answer is asked in another way, and for every source and every span of time the
 * answers are counted: never more than its burst and its rate allow, and nobody is refused a token
 * that is there.
 */
#include "fuzz.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "link/reason.h"
#include "worker/bucket.h"
#include "worker/gate.h"

#define SOURCES_MAX 8  /* no more than there are places for in one set: none gives way */
#define ANSWERS_MAX 64 /* remembered of each source */
#define PORTS_MAX   8
#define SECOND      UINT64_C(1000000000)

/* Who shares a bucket, and when it was answered. */
struct source {
	uint8_t network[8];
	int family;
	size_t count;
	uint64_t answered[ANSWERS_MAX];
};

static struct source sources[SOURCES_MAX];
static size_t source_count;
static uint16_t own_ports[PORTS_MAX];
static size_t own_count;

static bool is_mapped(const struct sockaddr_storage *from)
{
	return from->ss_family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)from)->sin6_addr);
}

/* Its 4 or 16 bytes, those of IPv4 if it is that inside. */
static const uint8_t *bytes_of(const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)from)->sin_addr;
	return ((const struct sockaddr_in6 *)from)->sin6_addr.s6_addr + (is_mapped(from) ? 12 : 0);
}

static int family_of(const struct sockaddr_storage *from)
{
	return is_mapped(from) ? AF_INET : from->ss_family;
}

/* NULL: there are too many. */
static struct source *find_source(const struct sockaddr_storage *from)
{
	int family = family_of(from);
	uint8_t network[8] = { 0 };

	memcpy(network, bytes_of(from), family == AF_INET ? 4 : 8);
	for (size_t i = 0; i < source_count; i++) {
		if (sources[i].family == family && memcmp(sources[i].network, network, 8) == 0)
			return &sources[i];
	}
	if (source_count == SOURCES_MAX)
		return NULL;
	sources[source_count].family = family;
	sources[source_count].count = 0;
	memcpy(sources[source_count].network, network, 8);
	return &sources[source_count++];
}

static bool is_own(uint16_t port)
{
	for (size_t i = 0; i < own_count; i++) {
		if (own_ports[i] == port)
			return true;
	}
	return false;
}

static bool is_one_host(const struct sockaddr_storage *from)
{
	static const uint8_t none[16] = { 0 }, all[4] = { 255, 255, 255, 255 };
	const uint8_t *bytes = bytes_of(from);

	if (family_of(from) == AF_INET6)
		return memcmp(bytes, none, 16) != 0 && bytes[0] != 0xff;
	return memcmp(bytes, none, 4) != 0 && memcmp(bytes, all, 4) != 0 &&
	       (bytes[0] < 224 || bytes[0] > 239);
}

/* Whether this reason speaks against an answer. */
static bool speaks(int reason, const struct sockaddr_storage *from, const struct profile *profile)
{
	uint16_t port =
		ntohs(from->ss_family == AF_INET ? ((const struct sockaddr_in *)from)->sin_port
						 : ((const struct sockaddr_in6 *)from)->sin6_port);

	switch (reason) {
	case REASON_DENIED: /* 10.0.0.0/8 and fd00::/8, if anything */
		return profile->rules.count > 0 &&
		       bytes_of(from)[0] == (family_of(from) == AF_INET ? 10 : 0xfd);
	case REASON_NOT_UNICAST:
		return !is_one_host(from);
	case REASON_PORT_ZERO:
		return port == 0;
	case REASON_OWN_PORT:
		return is_own(port);
	case REASON_RESERVED_PORT:
		return port < 1024 && !profile->udp_reserved_ports;
	case REASON_SERVICE_PORT:
		return port == 1900 || port == 2049 || port == 5353 || port == 11211;
	default:
		return false;
	}
}

/* The gate's judgement is a reason that is true, and an answer only without any. */
static bool may_answer(const struct gate *gate, const struct sockaddr_storage *from,
		       const struct profile *profile)
{
	int judged = gate_source(gate, from, profile);

	if (judged != GATE_ANSWER) {
		MUST(judged >= 0 && judged < REASONS && speaks(judged, from, profile));
		return false;
	}
	for (int reason = 0; reason < REASONS; reason++)
		MUST(!speaks(reason, from, profile));
	return true;
}

/* Whether in each span of time that ends now, so many answers and this one are allowed: the burst,
 * and one more in each `units` / `per` nanoseconds. */
static bool is_within(const struct source *source, uint64_t burst, uint64_t units, uint64_t per,
		      uint64_t now)
{
	for (size_t i = 0; i < source->count; i++) {
		size_t answers = source->count - i + 1;
		unsigned __int128 span = now - source->answered[i];

		if (answers > burst && (unsigned __int128)(answers - burst) * units > span * per)
			return false;
	}
	return true;
}

static void take(struct bucket_table *table, const struct sockaddr_storage *from,
		 const struct profile *profile, uint64_t now)
{
	struct source *source = find_source(from);
	uint64_t rate = profile->udp_rate, burst = profile->udp_burst;

	if (source == NULL || source->count == ANSWERS_MAX)
		return;
	if (bucket_take(table, bucket_source(table, from, 3), bucket_share(rate, burst, 1), now)) {
		MUST(is_within(source, burst, SECOND, rate, now));
		source->answered[source->count++] = now;
	} else { /* Times are whole nanoseconds: a token may take one longer than it should. */
		MUST(!is_within(source, burst, SECOND / rate + 1, 1, now));
	}
}

/* Reads an address: IPv4, IPv4 in IPv6 or IPv6. */
static void read_from(struct input *input, struct sockaddr_storage *from)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint8_t kind = input_byte(input) % 3;

	memset(from, 0, sizeof *from);
	in.sin_port = in6.sin6_port = htons((uint16_t)input_number(input, 2));
	if (kind == 0) {
		input_copy(input, &in.sin_addr, 4);
		memcpy(from, &in, sizeof in);
		return;
	}
	if (kind == 1)
		in6.sin6_addr.s6_addr[10] = in6.sin6_addr.s6_addr[11] = 0xff;
	input_copy(input, &in6.sin6_addr.s6_addr[kind == 1 ? 12 : 0], kind == 1 ? 4 : 16);
	memcpy(from, &in6, sizeof in6);
}

static void read_profile(struct input *input, struct profile *profile)
{
	uint8_t flags = input_byte(input);

	*profile = (struct profile){ .udp_reserved_ports = flags & 1 };
	profile->udp_rate = 1 + input_number(input, 3) % 1000000;
	profile->udp_burst = 1 + input_number(input, flags & 2 ? 3 : 1) % 1000000;
	if (flags & 4) {
		profile->rules.count = 2;
		profile->rules.list[0].network =
			(struct network){ .family = AF_INET, .bits = 8, .bytes = { 10 } };
		profile->rules.list[1].network =
			(struct network){ .family = AF_INET6, .bits = 8, .bytes = { 0xfd } };
	}
}

/* Each step: some datagrams at once from one source; a new one, or the one before. */
static void run(struct input *input, const struct gate *gate, const struct profile *profile)
{
	static struct bucket_table *table;
	static uint64_t now;
	struct sockaddr_storage from;

	if (table == NULL || now > UINT64_MAX / 4) {
		bucket_table_free(table);
		table = bucket_table_new();
		now = SECOND;
	}
	MUST(table != NULL);
	read_from(input, &from);
	while (input->size > 0) {
		uint8_t what = input_byte(input);

		if (what >= 128)
			read_from(input, &from);
		now += input_number(input, 2) << what % 24;
		if (!may_answer(gate, &from, profile))
			continue;
		for (unsigned i = what / 8 % 16; i-- > 0;)
			take(table, &from, profile, now);
	}
	/* By then all are full, which is as if they had never been. */
	now += profile->udp_burst * (SECOND / profile->udp_rate + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct gate gate;
	static struct profile profile;
	struct input input = { bytes, size };

	memset(&gate, 0, sizeof gate);
	source_count = 0;
	read_profile(&input, &profile);
	own_count = input_byte(&input) % (PORTS_MAX + 1);
	for (size_t i = 0; i < own_count; i++) {
		own_ports[i] = (uint16_t)input_number(&input, 2);
		gate_add_port(&gate, own_ports[i]);
	}
	run(&input, &gate, &profile);
	return 0;
}
