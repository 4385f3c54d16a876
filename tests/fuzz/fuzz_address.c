/* SPDX-License-Identifier: BSD-2-Clause */
/* HOST:PORT and paths: what is taken out of the text is what stands there; and an address is shown
 * so that it can be read again. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "common/transport.h"
#include "fuzz.h"

static void check_split(const char *text, uint16_t min_port)
{
	const char *colon = strrchr(text, ':');
	char host[ADDR_HOST_MAX], *whole = NULL;
	struct err err = { 0 };
	uint16_t port = 0;

	if (addr_split(text, min_port, host, &port, &err) == -1) {
		for (const char *at = err.text; *at != '\0'; at++)
			MUST(*at >= ' ' && *at <= '~');
		MUST(err.text[0] != '\0');
		return;
	}
	MUST(port >= min_port && colon != NULL && strtoul(colon + 1, NULL, 10) == port);
	MUST(strspn(colon + 1, "0123456789") == strlen(colon + 1) && colon[1] != '\0');
	MUST(asprintf(&whole, text[0] == '[' ? "[%s]" : "%s", host) != -1);
	MUST(host[0] != '\0' && strlen(whole) == (size_t)(colon - text));
	MUST(memcmp(whole, text, strlen(whole)) == 0);
	MUST(text[0] == '[' || strchr(host, ':') == NULL);
	free(whole);
}

static void check_path(const char *path)
{
	struct addr addr;
	struct err err = { 0 };
	char shown[ADDR_TEXT_MAX];
	const struct sockaddr_un *local = (const struct sockaddr_un *)&addr.storage;
	size_t length = strlen(path);

	if (addr_unix(&addr, path, &err) == -1) {
		MUST(err.text[0] != '\0' &&
		     (length == 0 || length > 107 || strcmp(path, "@") == 0));
		return;
	}
	MUST(length > 0 && length <= 107);
	MUST(memcmp(local->sun_path + 1, path + 1, length - 1) == 0);
	MUST((addr_path(&addr) == NULL) == (path[0] == '@'));
	MUST(addr_path(&addr) == NULL || strcmp(addr_path(&addr), path) == 0);
	MUST(addr.length == offsetof(struct sockaddr_un, sun_path) + length + (path[0] != '@'));
	MUST(strlen(addr_format(&addr, shown)) == length);
}

/* An internet address is shown as what addr_split and libc take; as IPv4 if it is one. */
static void check_shown(const struct addr *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->storage;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&addr->storage;
	char shown[ADDR_TEXT_MAX], host[ADDR_HOST_MAX];
	uint8_t bytes[16];
	struct err err;
	uint16_t port;

	MUST(addr_split(addr_format(addr, shown), 0, host, &port, &err) == 0);
	MUST(port == addr_port(addr));
	if (inet_pton(AF_INET6, host, bytes) == 1) {
		MUST(addr->storage.ss_family == AF_INET6 && shown[0] == '[');
		MUST(memcmp(bytes, &in6->sin6_addr, 16) == 0);
		return;
	}
	MUST(inet_pton(AF_INET, host, bytes) == 1);
	if (addr->storage.ss_family == AF_INET)
		MUST(memcmp(bytes, &in->sin_addr, 4) == 0);
	else
		MUST(IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
		     memcmp(bytes, &in6->sin6_addr.s6_addr[12], 4) == 0);
}

/* What accept(2) and recvmsg(2) may fill in: a UNIX name of any bytes, with or without a NUL. */
static void make_addr(struct input *input, struct addr *addr)
{
	uint8_t kind = input_byte(input);
	struct sockaddr_un local = { .sun_family = AF_UNIX };

	if (kind % 4 == 0) {
		input_copy(input, local.sun_path, sizeof local.sun_path);
		*addr = (struct addr){ .length = (socklen_t)(sizeof(sa_family_t) + kind / 4u * 2) };
		if (addr->length > sizeof local)
			addr->length = sizeof local;
		memcpy(&addr->storage, &local, addr->length);
		addr->storage.ss_family = AF_UNIX;
		return;
	}
	addr_any(addr, kind % 4 == 1 ? AF_INET : AF_INET6, (uint16_t)input_number(input, 2));
	if (kind % 4 == 1)
		input_copy(input, &((struct sockaddr_in *)&addr->storage)->sin_addr, 4);
	else
		input_copy(input, &((struct sockaddr_in6 *)&addr->storage)->sin6_addr, 16);
}

static void check_pair(struct input *input)
{
	struct addr one, other;
	char shown[ADDR_TEXT_MAX];

	make_addr(input, &one);
	make_addr(input, &other);
	MUST(addr_equal(&one, &one) && addr_equal(&one, &other) == addr_equal(&other, &one));
	if (one.storage.ss_family == AF_UNIX) {
		MUST(memchr(addr_format(&one, shown), '\0', sizeof shown) != NULL);
		MUST(addr_port(&one) == 0 && !addr_is_any(&one));
		return;
	}
	check_shown(&one);
	MUST(addr_overlap(&one, true, &one, true));
	if (other.storage.ss_family == AF_UNIX)
		return;
	for (unsigned dual = 0; dual < 4; dual++)
		MUST(addr_overlap(&one, dual & 1, &other, dual & 2) ==
		     addr_overlap(&other, dual & 2, &one, dual & 1));
	MUST(!addr_equal(&one, &other) || addr_overlap(&one, false, &other, false));
}

static void check_text(const char *text)
{
	enum transport transport = TRANSPORT_TCP;
	const char *rest = transport_read(text, &transport);
	size_t length = strlen(transport_name(transport));

	if (rest != NULL)
		MUST(rest == text + length + 1 && rest[-1] == ':' &&
		     memcmp(text, transport_name(transport), length) == 0);
	check_split(rest == NULL ? text : rest, (uint16_t)(text[0] == '7'));
	check_path(rest == NULL ? text : rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };
	char *text;

	if (input_byte(&input) % 2 == 1) {
		check_pair(&input);
		return 0;
	}
	text = input_text(&input);
	check_text(text);
	free(text);
	return 0;
}
