/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks at addresses. Cannot fail. */
#include "worker/gate.h"

#include <netinet/in.h>
#include <string.h>

#include "link/reason.h"

void gate_add_port(struct gate *gate, uint16_t port)
{
	gate->own_ports[port / 64] |= UINT64_C(1) << port % 64;
}

static bool is_own(const struct gate *gate, uint16_t port)
{
	return (gate->own_ports[port / 64] >> port % 64 & 1) != 0;
}

/* Servers above 1023 that answer whoever asks. */
static bool is_service(uint16_t port)
{
	return port == 2049 /* NFS */ || port == 1900 /* SSDP */ || port == 5353 /* mDNS */ ||
	       port == 11211 /* memcached */;
}

static int judge_port(const struct gate *gate, uint16_t port, bool reserved_ports)
{
	if (port == 0)
		return REASON_PORT_ZERO;
	if (is_own(gate, port))
		return REASON_OWN_PORT;
	if (port < IPPORT_RESERVED && !reserved_ports)
		return REASON_RESERVED_PORT;
	return is_service(port) ? REASON_SERVICE_PORT : GATE_ANSWER;
}

/* A subnet's broadcast address as source is dropped by the kernel already. */
static bool is_one_host(struct in_addr addr)
{
	uint32_t host = ntohl(addr.s_addr);

	return host != INADDR_ANY && host != INADDR_BROADCAST && !IN_MULTICAST(host);
}

static bool is_one_host6(const struct in6_addr *addr)
{
	struct in_addr mapped;

	memcpy(&mapped, &addr->s6_addr[12], sizeof mapped);
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return is_one_host(mapped);
	return !IN6_IS_ADDR_UNSPECIFIED(addr) && !IN6_IS_ADDR_MULTICAST(addr);
}

static bool is_denied(const struct sockaddr_storage *from, const struct profile *profile)
{
	struct addr addr = { .length = sizeof *from };

	if (profile->rules.count == 0)
		return false;
	addr.storage = *from;
	return !rules_allow(&profile->rules, &addr);
}

int gate_source(const struct gate *gate, const struct sockaddr_storage *from,
		const struct profile *profile)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	bool is_in6 = from->ss_family == AF_INET6;

	if (is_denied(from, profile))
		return REASON_DENIED;
	if (is_in6 ? !is_one_host6(&in6->sin6_addr) : !is_one_host(in->sin_addr))
		return REASON_NOT_UNICAST;
	return judge_port(gate, ntohs(is_in6 ? in6->sin6_port : in->sin_port),
			  profile->udp_reserved_ports);
}

bool gate_is_unicast(struct msghdr *message)
{
	bool found = false;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL;
	     at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(at), sizeof info);
			/* The two differ where the kernel would answer from another address than
			 * the one that was written to: group, broadcast, subnet broadcast. */
			if (info.ipi_addr.s_addr != info.ipi_spec_dst.s_addr)
				return false;
			found = true;
		} else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(at), sizeof info);
			if (!is_one_host6(&info.ipi6_addr))
				return false;
			found = true;
		}
	}
	return found;
}
