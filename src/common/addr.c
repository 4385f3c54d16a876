/* SPDX-License-Identifier: BSD-2-Clause */
/* HOST:PORT in and out. What cannot be understood is named in the reason, made printable first. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "common/parse.h"

#define SHOWN_MAX 64

static int not_an_address(const char *text, const char *why, struct err *err)
{
	char shown[SHOWN_MAX];

	return err_set(err, "'%s': %s", parse_printable(text, shown, sizeof shown), why);
}

int addr_split(const char *text, uint16_t min_port, char host[ADDR_HOST_MAX], uint16_t *port,
	       struct err *err)
{
	const char *colon = strrchr(text, ':');
	const char *begin = text;
	uint64_t number;
	size_t length;

	if (colon == NULL)
		return not_an_address(text, "no port, expected HOST:PORT", err);
	length = (size_t)(colon - text);
	if (text[0] == '[') {
		if (length < 3 || text[length - 1] != ']')
			return not_an_address(text, "expected [IPv6 ADDRESS]:PORT", err);
		begin++;
		length -= 2;
	} else if (memchr(text, ':', length) != NULL) {
		return not_an_address(text, "an IPv6 address needs brackets, as in [::1]:7777",
				      err);
	}
	if (length == 0)
		return not_an_address(text, "no host, expected HOST:PORT", err);
	if (length >= ADDR_HOST_MAX)
		return not_an_address(text, "the host is too long", err);
	if (parse_number(colon + 1, min_port, 65535, &number, err) == -1)
		return err_prefix(err, "port");
	memcpy(host, begin, length);
	host[length] = '\0';
	*port = (uint16_t)number;
	return 0;
}

static bool is_listed(const struct addr *list, size_t count, const struct addr *addr)
{
	for (size_t i = 0; i < count; i++) {
		if (addr_equal(&list[i], addr))
			return true;
	}
	return false;
}

int addr_resolve(const char *host, uint16_t port, struct addr *list, size_t max, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	char shown[SHOWN_MAX];
	size_t count = 0;
	int code = getaddrinfo(host, NULL, &hints, &found);

	if (code == EAI_MEMORY)
		errno = ENOMEM;
	if (code == EAI_MEMORY || code == EAI_SYSTEM)
		return err_errno(err, "getaddrinfo");
	if (code != 0)
		return err_set(err, "cannot resolve '%s': %s",
			       parse_printable(host, shown, sizeof shown), gai_strerror(code));
	for (struct addrinfo *at = found; at != NULL && count < max; at = at->ai_next) {
		struct addr addr = { .length = at->ai_addrlen };

		if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
			continue;
		memcpy(&addr.storage, at->ai_addr, at->ai_addrlen);
		addr_set_port(&addr, port);
		if (!is_listed(list, count, &addr))
			list[count++] = addr;
	}
	freeaddrinfo(found);
	if (count == 0)
		return err_set(err, "'%s' has no internet address",
			       parse_printable(host, shown, sizeof shown));
	return (int)count;
}

void addr_any(struct addr *addr, int family, uint16_t port)
{
	*addr = (struct addr){ .length = family == AF_INET6 ? sizeof(struct sockaddr_in6)
							    : sizeof(struct sockaddr_in) };
	addr->storage.ss_family =
		(sa_family_t)family; /* in6addr_any and INADDR_ANY are all zeros */
	addr_set_port(addr, port);
}

int addr_unix(struct addr *addr, const char *path, struct err *err)
{
	struct sockaddr_un *local = (struct sockaddr_un *)&addr->storage;
	size_t length = strlen(path);

	if (length == 0 || strcmp(path, "@") == 0)
		return not_an_address(path, "no path", err);
	if (length >= sizeof local->sun_path)
		return not_an_address(path, "the path is longer than 107 bytes", err);
	*addr = (struct addr){ 0 };
	local->sun_family = AF_UNIX;
	memcpy(local->sun_path, path, length);
	/* An abstract name begins with a NUL and has none at its end. */
	if (path[0] == '@')
		local->sun_path[0] = '\0';
	addr->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
				   (path[0] == '@' ? 0 : 1));
	return 0;
}

const char *addr_path(const struct addr *addr)
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&addr->storage;

	if (addr->storage.ss_family != AF_UNIX || addr->length <= sizeof(sa_family_t) ||
	    local->sun_path[0] == '\0')
		return NULL;
	return local->sun_path;
}

static const char *format_unix(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&addr->storage;
	size_t length = addr->length - offsetof(struct sockaddr_un, sun_path);
	char name[sizeof local->sun_path + 1] = "";

	if (addr->length <= sizeof(sa_family_t))
		return memcpy(text, "unnamed", sizeof "unnamed");
	memcpy(name, local->sun_path, length);
	if (name[0] == '\0')
		name[0] = '@';
	return parse_printable(name, text, ADDR_TEXT_MAX);
}

#define HOST_TEXT_MAX (ADDR_TEXT_MAX - 10)

/* The scope of a link-local address stays a number: getnameinfo(3) would look up the name of the
 * interface, and for that it needs a socket, which a worker that is confined must not make. */
static void format_host(const struct addr *addr, char host[HOST_TEXT_MAX])
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&addr->storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->storage;
	const void *number = &in->sin_addr;
	size_t used;

	if (addr->storage.ss_family == AF_INET6)
		number = &in6->sin6_addr;
	if (inet_ntop(addr->storage.ss_family, number, host, HOST_TEXT_MAX) == NULL)
		snprintf(host, HOST_TEXT_MAX, "?");
	used = strlen(host);
	if (addr->storage.ss_family == AF_INET6 && in6->sin6_scope_id != 0)
		snprintf(host + used, HOST_TEXT_MAX - used, "%%%u", in6->sin6_scope_id);
}

/* An IPv4 address that is mapped into IPv6 (RFC 4291, 2.5.5.2) as what it is; others as they are.
 */
static struct addr unmapped(const struct addr *addr)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->storage;
	struct addr plain = *addr;

	if (addr->storage.ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		addr_any(&plain, AF_INET, addr_port(addr));
		memcpy(&((struct sockaddr_in *)&plain.storage)->sin_addr,
		       &in6->sin6_addr.s6_addr[12], sizeof(struct in_addr));
	}
	return plain;
}

const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX])
{
	struct addr plain = unmapped(addr);
	char host[HOST_TEXT_MAX];

	if (addr->storage.ss_family == AF_UNIX)
		return format_unix(addr, text);
	format_host(&plain, host);
	snprintf(text, ADDR_TEXT_MAX, plain.storage.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 host, addr_port(&plain));
	return text;
}

const char *addr_of_client(int fd, char text[ADDR_TEXT_MAX])
{
	static const char prefix[] = "a client of ";
	struct addr addr = { .length = sizeof addr.storage };
	char own[ADDR_TEXT_MAX];

	if (getpeername(fd, (struct sockaddr *)&addr.storage, &addr.length) == -1)
		return memcpy(text, "a client that has gone", sizeof "a client that has gone");
	if (addr.storage.ss_family != AF_UNIX || addr.length > sizeof(sa_family_t))
		return addr_format(&addr, text);
	addr.length = sizeof addr.storage;
	if (getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length) == -1)
		return memcpy(text, "unnamed", sizeof "unnamed");
	_Static_assert(sizeof prefix + sizeof(struct sockaddr_un) <= ADDR_TEXT_MAX, "no room");
	snprintf(text, ADDR_TEXT_MAX, "%s%.112s", prefix, addr_format(&addr, own));
	return text;
}

bool addr_equal(const struct addr *one, const struct addr *other)
{
	return one->length == other->length &&
	       memcmp(&one->storage, &other->storage, one->length) == 0;
}

bool addr_is_any(const struct addr *addr)
{
	struct addr any;

	if (addr->storage.ss_family == AF_UNIX)
		return false;
	addr_any(&any, addr->storage.ss_family, addr_port(addr));
	return addr_equal(addr, &any);
}

bool addr_is_group(const struct addr *addr)
{
	struct addr plain = unmapped(addr);
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&plain.storage;
	in_addr_t host = ntohl(((const struct sockaddr_in *)&plain.storage)->sin_addr.s_addr);

	if (plain.storage.ss_family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&in6->sin6_addr);
	return plain.storage.ss_family == AF_INET &&
	       (IN_MULTICAST(host) || host == INADDR_BROADCAST);
}

bool addr_overlap(const struct addr *one, bool one_dual, const struct addr *other, bool other_dual)
{
	if (addr_port(one) != addr_port(other))
		return false;
	if (one->storage.ss_family != other->storage.ss_family)
		return (one_dual && addr_is_any(one)) || (other_dual && addr_is_any(other));
	return addr_equal(one, other) || addr_is_any(one) || addr_is_any(other);
}

uint16_t addr_port(const struct addr *addr)
{
	if (addr->storage.ss_family == AF_UNIX)
		return 0;
	if (addr->storage.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&addr->storage)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&addr->storage)->sin_port);
}

void addr_set_port(struct addr *addr, uint16_t port)
{
	if (addr->storage.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&addr->storage)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&addr->storage)->sin_port = htons(port);
}
