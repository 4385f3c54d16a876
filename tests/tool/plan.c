/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of echocheck. A mistake is told in one line on standard error. */
#include "plan.h"

#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

#define CONNECTIONS_MAX 100000

/* clang-format off */
static const char usage_text[] =
	"usage: echocheck [options] HOST:PORT|unix:PATH\n"
	"Talks to an echo server (RFC 862) and checks every byte that comes back.\n"
	"\n"
	"  -c, --connections=N     sessions at once (1)\n"
	"  -n, --sessions=N        sessions in all (as many as connections)\n"
	"  -d, --duration=TIME     start sessions that long\n"
	"  -s, --size=RANGE        bytes of a message, N or LOW-HIGH (1k)\n"
	"  -w, --chunk=RANGE       bytes of one write, 64k at most (64k)\n"
	"  -a, --ahead=BYTES       that many in large writes before --chunk counts (0)\n"
	"  -M, --frame=BYTES       messages are frames of so many bytes, with their lengths\n"
	"  -m, --messages=N        messages of a session, one after the other (1)\n"
	"  -L, --life=TIME         send messages until the session is that old\n"
	"  -k, --think=TIME        pause before the next message\n"
	"  -f, --half-close        FIN behind the last byte, then expect the server's\n"
	"  -R, --reset             end with RST at a random place\n"
	"  -C, --connect-only      connect and close\n"
	"  -H, --hold              stay when all is done: SIGUSR1 sends one more message\n"
	"  -N, --no-read           send all that the server takes, read nothing\n"
	"  -l, --late=TIME         begin to read that late, or at some time before\n"
	"  -r, --read-rate=BYTES   read no faster than that a second\n"
	"  -b, --small-buffers     the least memory in the kernel for each session\n"
	"  -B, --source-range=N    come from 127.0.1.1 to 127.0.1.N in turn\n"
	"  -t, --timeout=TIME      give up after that long without progress (30s)\n"
	"  -S, --seed=N            another seed, other bytes (1)\n"
	"  -F, --failures=FILE     a line for each failure: PORT KIND POSITION ADDRESS\n"
	"  -p, --report-ports      print the local port of each session\n"
	"  -h, --help\n"
	"\n"
	"SIGTERM starts no more sessions and ends those that hold, think or do not read.\n"
	"Exit status: 0 all went well, 1 a session failed, 2 usage, 3 nothing connected.\n";

static const struct option long_options[] = {
	{"connections", required_argument, NULL, 'c'},
	{"sessions", required_argument, NULL, 'n'},
	{"duration", required_argument, NULL, 'd'},
	{"size", required_argument, NULL, 's'},
	{"chunk", required_argument, NULL, 'w'},
	{"ahead", required_argument, NULL, 'a'},
	{"frame", required_argument, NULL, 'M'},
	{"messages", required_argument, NULL, 'm'},
	{"life", required_argument, NULL, 'L'},
	{"think", required_argument, NULL, 'k'},
	{"half-close", no_argument, NULL, 'f'},
	{"reset", no_argument, NULL, 'R'},
	{"connect-only", no_argument, NULL, 'C'},
	{"hold", no_argument, NULL, 'H'},
	{"no-read", no_argument, NULL, 'N'},
	{"late", required_argument, NULL, 'l'},
	{"read-rate", required_argument, NULL, 'r'},
	{"small-buffers", no_argument, NULL, 'b'},
	{"source-range", required_argument, NULL, 'B'},
	{"timeout", required_argument, NULL, 't'},
	{"seed", required_argument, NULL, 'S'},
	{"failures", required_argument, NULL, 'F'},
	{"report-ports", no_argument, NULL, 'p'},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};
/* clang-format on */

/* LOW-HIGH, or one number that is both. */
static int parse_range(const char *text, uint64_t min, uint64_t max, struct range *range,
		       struct err *err)
{
	const char *dash = strchr(text, '-');
	char low[32];

	if (dash == NULL) {
		if (parse_size(text, min, max, &range->low, err) < 0)
			return -1;
		range->high = range->low;
		return 0;
	}
	snprintf(low, sizeof low, "%.*s", (int)(dash - text), text);
	if (parse_size(low, min, max, &range->low, err) < 0)
		return -1;
	return parse_size(dash + 1, range->low, max, &range->high, err);
}

static int set_switch(struct plan *plan, int option)
{
	switch (option) {
	case 'f':
		plan->end = PLAN_HALF_CLOSE;
		return 0;
	case 'R':
		plan->end = PLAN_RESET;
		return 0;
	case 'C':
		plan->connect_only = true;
		return 0;
	case 'H':
		plan->hold = true;
		return 0;
	case 'N':
		plan->no_read = true;
		return 0;
	case 'b':
		plan->small_buffers = true;
		return 0;
	case 'p':
		plan->report_ports = true;
		return 0;
	default:
		return -1;
	}
}

static int set_value(struct plan *plan, int option, const char *text, struct err *err)
{
	const uint64_t most = UINT64_MAX / 4;
	uint64_t sources;

	switch (option) {
	case 'c':
		return parse_number(text, 1, CONNECTIONS_MAX, &plan->connections, err);
	case 'n':
		return parse_number(text, 1, most, &plan->sessions, err);
	case 'd':
		return parse_duration(text, 1, UINT32_MAX, &plan->duration_ms, err);
	case 's':
		return parse_range(text, 0, most, &plan->size, err);
	case 'w':
		return parse_range(text, 1, PLAN_CHUNK_MAX, &plan->chunk, err);
	case 'a':
		return parse_size(text, 0, most, &plan->ahead, err);
	case 'M':
		return parse_size(text, 1, UINT32_MAX, &plan->frame, err);
	case 'm':
		return parse_number(text, 1, most, &plan->messages, err);
	case 'L':
		return parse_duration(text, 1, UINT32_MAX, &plan->life_ms, err);
	case 'k':
		return parse_duration(text, 0, UINT32_MAX, &plan->think_ms, err);
	case 'l':
		return parse_duration(text, 0, UINT32_MAX, &plan->late_ms, err);
	case 'r':
		return parse_size(text, 1, UINT32_MAX, &plan->read_rate, err);
	case 'B':
		if (parse_number(text, 1, 254, &sources, err) < 0)
			return -1;
		plan->sources = (unsigned)sources;
		return 0;
	case 't':
		return parse_duration(text, 1, UINT32_MAX, &plan->timeout_ms, err);
	case 'S':
		return parse_number(text, 0, UINT64_MAX - 1, &plan->seed, err);
	default:
		plan->failures = text;
		return 0;
	}
}

static int set_server(struct plan *plan, const char *text, struct err *err)
{
	char host[ADDR_HOST_MAX];
	uint16_t port;

	if (strncmp(text, "unix:", 5) == 0)
		return addr_unix(&plan->server, text + 5, err);
	if (addr_split(text, 1, host, &port, err) < 0 ||
	    addr_resolve(host, port, &plan->server, 1, err) < 0)
		return -1;
	if (plan->sources > 0 && plan->server.storage.ss_family != AF_INET)
		return err_set(err, "--source-range is for IPv4 servers only");
	return 0;
}

static void set_defaults(struct plan *plan)
{
	*plan = (struct plan){
		.connections = 1,
		.sessions = UINT64_MAX,
		.duration_ms = UINT64_MAX,
		.timeout_ms = 30000,
		.size = { 1024, 1024 },
		.chunk = { PLAN_CHUNK_MAX, PLAN_CHUNK_MAX },
		.messages = 1,
		.seed = 1,
	};
}

int plan_read(struct plan *plan, int argc, char **argv)
{
	struct err err;
	int option;

	set_defaults(plan);
	while ((option = getopt_long(argc, argv, "c:n:d:s:w:a:M:m:L:k:fRCHNl:r:bB:t:S:F:ph",
				     long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage_text, stdout);
			return 1;
		}
		if (option == '?')
			return -1; /* getopt_long has said why */
		if (set_switch(plan, option) == 0)
			continue;
		if (set_value(plan, option, optarg, &err) < 0) {
			fprintf(stderr, "echocheck: -%c: %s\n", option, err.text);
			return -1;
		}
	}
	if (argc - optind != 1) {
		fputs("echocheck: one HOST:PORT is wanted; try --help\n", stderr);
		return -1;
	}
	if (set_server(plan, argv[optind], &err) < 0) {
		fprintf(stderr, "echocheck: %s\n", err.text);
		return -1;
	}
	if (plan->sessions == UINT64_MAX && plan->duration_ms == UINT64_MAX)
		plan->sessions = plan->connections;
	return 0;
}
