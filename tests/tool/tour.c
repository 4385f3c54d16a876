/* SPDX-License-Identifier: BSD-2-Clause */
/* What a visit must not end with is kept in words; the rest is counted. */
#include "tour.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SMALL 700
#define FRAME 75000  /* bytes, in two frames */
#define BULK  600000 /* enough for splice, and for answers to wait */

static bool starts_with(const char *text, const char *host)
{
	return strncmp(text, host, strlen(host)) == 0 && text[strlen(host)] == ':';
}

/* Returns false if that is not understood. */
static bool read_target(struct visitor_target *target, const char *transport, const char *where)
{
	char whole[ADDR_TEXT_MAX + 32], host[ADDR_HOST_MAX];
	const char *rest;
	struct err err;
	uint16_t port;

	*target = (struct visitor_target){ .framed = starts_with(where, TOUR_FRAMED) };
	if (starts_with(where, TOUR_GREETER) || starts_with(where, TOUR_GREETER2))
		target->greeting = TOUR_GREETING;
	snprintf(whole, sizeof whole, "%s:%s", transport, where);
	rest = transport_read(whole, &target->transport);
	if (rest == NULL)
		return false;
	if (transport_in(target->transport, TRANSPORT_LOCAL))
		return addr_unix(&target->addr, rest, &err) == 0;
	return addr_split(rest, 1, host, &port, &err) == 0 &&
	       addr_resolve(host, port, &target->addr, 1, &err) != -1;
}

void tour_plan(struct tour *tour, const char *log, const char *without)
{
	static const char mark[] = ": listening on ";
	char transport[16], where[ADDR_TEXT_MAX];

	_Static_assert(sizeof where > 127, "a field of 127 fits");
	tour->count = 0;
	while ((log = strstr(log, mark)) != NULL && tour->count < TOUR_MAX) {
		log += sizeof mark - 1;
		if (sscanf(log, "%15s %127s", transport, where) == 2 &&
		    (without == NULL || !starts_with(where, without)) &&
		    read_target(&tour->targets[tour->count], transport, where))
			tour->count++;
	}
}

static enum visitor_end note(struct tour *tour, const struct visitor_target *target, size_t size,
			     enum visitor_end end)
{
	if (end == VISITOR_SHORT && target->transport == TRANSPORT_UNIX)
		end = VISITOR_RESET;
	tour->ends[end]++;
	if (end > VISITOR_LOST && tour->trouble[0] == '\0')
		snprintf(tour->trouble, sizeof tour->trouble, "a client of %s%s%s, %zu bytes: %s",
			 transport_name(target->transport), target->framed ? " (frames)" : "",
			 target->greeting != NULL ? " (greeting)" : "", size, visitor_ends[end]);
	return end;
}

static void visit(struct tour *tour, const struct visitor_target *target, size_t size)
{
	note(tour, target, size, visitor_visit(target, size));
}

void tour_go(struct tour *tour)
{
	for (size_t i = 0; i < tour->count; i++) {
		const struct visitor_target *target = &tour->targets[i];

		for (int k = 0; k < 3; k++)
			visit(tour, target, SMALL);
		if (transport_in(target->transport, TRANSPORT_STREAM))
			visit(tour, target, target->framed ? FRAME : BULK);
	}
}

void tour_hold(struct tour *tour)
{
	for (size_t i = 0; i < tour->count; i++) {
		const struct visitor_target *target = &tour->targets[i];
		enum visitor_end end = VISITOR_REFUSED;

		tour->held[i] = -1;
		if (!transport_in(target->transport, TRANSPORT_STREAM) || target->greeting != NULL)
			continue;
		tour->held[i] = visitor_connect(target);
		if (tour->held[i] != -1)
			end = visitor_exchange(tour->held[i], target, SMALL, false);
		if (note(tour, target, SMALL, end) == VISITOR_OK || tour->held[i] == -1)
			continue;
		close(tour->held[i]);
		tour->held[i] = -1;
	}
}

void tour_let_go(struct tour *tour)
{
	for (size_t i = 0; i < tour->count; i++) {
		const struct visitor_target *target = &tour->targets[i];

		if (tour->held[i] == -1)
			continue;
		note(tour, target, SMALL, visitor_exchange(tour->held[i], target, SMALL, true));
		close(tour->held[i]);
		tour->held[i] = -1;
	}
}
