/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts ends. Each failure is a line in a file, at once, so that it can be read while echocheck
 * runs, and the first few are told on standard error. A full disk is not noticed.
 */
#include "tally.h"

#include <inttypes.h>
#include <string.h>

#define SHOWN_MAX 10

static const char *const names[] = {
	[SESSION_GOES_ON] = "",        [SESSION_OK] = "ok",           [SESSION_LET_GO] = "let_go",
	[SESSION_REFUSED] = "refused", [SESSION_RESET] = "reset",     [SESSION_SHORT] = "short",
	[SESSION_WRONG] = "wrong",     [SESSION_TIMEOUT] = "timeout",
};

int tally_init(struct tally *tally, const char *failures)
{
	memset(tally, 0, sizeof(*tally));
	if (failures == NULL)
		return 0;
	tally->failures = fopen(failures, "w");
	if (tally->failures == NULL)
		return -1;
	setvbuf(tally->failures, NULL, _IOLBF, BUFSIZ);
	return 0;
}

void tally_clear(struct tally *tally)
{
	if (tally->failures != NULL)
		fclose(tally->failures);
	tally->failures = NULL;
}

static void tell(const struct session *session, const char *name, const char *where)
{
	fprintf(stderr, "echocheck: session %" PRIu64 " from %s: %s at %" PRIu64, session->number,
		where, name, session->received);
	fprintf(stderr, " (%" PRIu64 " sent)", session->sent);
	if (session->connect_error != 0)
		fprintf(stderr, ": %s", strerror(session->connect_error));
	if (session->expected != session->got)
		fprintf(stderr, ": expected %02x, got %02x", session->expected, session->got);
	fputc('\n', stderr);
}

void tally_add(struct tally *tally, const struct session *session, enum session_end end)
{
	char where[ADDR_TEXT_MAX] = "-";
	uint16_t port = 0;

	tally->sessions++;
	tally->ends[end]++;
	tally->connected += session->connected;
	tally->bytes_sent += session->sent;
	tally->bytes_received += session->received;
	if (end == SESSION_OK || end == SESSION_LET_GO)
		return;
	if (session->local.length > 0) {
		addr_format(&session->local, where);
		port = addr_port(&session->local);
	}
	if (tally->failures != NULL)
		fprintf(tally->failures, "%u %s %" PRIu64 " %s\n", port, names[end],
			session->received, where);
	if (tally->shown++ < SHOWN_MAX)
		tell(session, names[end], where);
}

uint64_t tally_good(const struct tally *tally)
{
	return tally->ends[SESSION_OK] + tally->ends[SESSION_LET_GO];
}

void tally_print(const struct tally *tally)
{
	printf("sessions=%" PRIu64 " ok=%" PRIu64, tally->sessions, tally_good(tally));
	for (int end = SESSION_REFUSED; end <= SESSION_TIMEOUT; end++)
		printf(" %s=%" PRIu64, names[end], tally->ends[end]);
	printf(" connected=%" PRIu64 " bytes_sent=%" PRIu64 " bytes_received=%" PRIu64
	       " let_go=%" PRIu64 "\n",
	       tally->connected, tally->bytes_sent, tally->bytes_received,
	       tally->ends[SESSION_LET_GO]);
}

int tally_status(const struct tally *tally)
{
	if (tally->sessions > 0 && tally->connected == 0)
		return 3;
	return tally_good(tally) == tally->sessions ? 0 : 1;
}
