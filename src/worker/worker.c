/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a worker, from its first report to its last. Errors before it is ready end it; later
 * ones do not. */
#include "worker/worker.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "link/sandbox.h"
#include "worker/admission.h"
#include "worker/conn.h"
#include "worker/datagram.h"
#include "worker/listener.h"
#include "worker/spare.h"
#include "worker/uplink.h"

#define SPARE_REST_NS UINT64_C(900000000) /* so that heartbeats make it once a second */

struct worker {
	struct event_base *base;
	struct counters counters;
	struct uplink uplink;
	struct admission admission;
	struct listener_set listeners;
	struct datagram_set datagrams;
	struct conn_set conns;
	struct spare spare;
	uint64_t spare_ns; /* when to look next at what is spare */
	struct event *deadline;
	uint64_t deadline_ms; /* when draining ends; CLOCK_NEVER = with the last client */
	enum { SERVING, DRAINING, FINISHING } state;
};

static void leave(struct worker *worker)
{
	event_base_loopbreak(worker->base);
}

static void on_accept(void *context, int fd, const struct profile *profile)
{
	struct worker *worker = context;

	atomic_store_explicit(&worker->conns.cell->served, 1, memory_order_relaxed);
	conn_open(&worker->conns, fd, profile);
}

/* Whether nobody needs a worker that is to leave. Who is just being told that it is refused is not
 * cut short: that takes a second at most. */
static bool is_idle(const struct worker *worker)
{
	return worker->counters.active == 0 && worker->admission.refusals.count == 0 &&
	       datagram_set_has_left(&worker->datagrams);
}

static void leave_if_done(struct worker *worker)
{
	if (worker->state != SERVING && is_idle(worker))
		leave(worker);
}

static void on_refusal_end(void *context)
{
	leave_if_done(context);
}

static void on_datagrams_left(void *context)
{
	leave_if_done(context);
}

static void on_close(void *context)
{
	struct worker *worker = context;

	listener_set_resume(&worker->listeners);
	leave_if_done(worker);
}

static void on_beat(void *context)
{
	struct worker *worker = context;
	uint64_t begin = clock_ns(), rest;

	if (begin < worker->spare_ns)
		return;
	spare_look(&worker->spare);
	/* It takes the longer the more pieces are free: a fiftieth of the time at most. */
	rest = (clock_ns() - begin) * 50;
	worker->spare_ns = begin + (rest > SPARE_REST_NS ? rest : SPARE_REST_NS);
}

/* Without its supervisor nobody counts, restarts or stops a worker. */
static void on_gone(void *context)
{
	leave(context);
}

static void set_deadline(struct worker *worker, uint64_t ms)
{
	struct timeval wait = { .tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	worker->deadline_ms = clock_ms() + ms;
	if (event_add(worker->deadline, &wait) == -1)
		leave(worker);
}

static void finish(struct worker *worker)
{
	worker->state = FINISHING;
	set_deadline(worker, WORKER_FINISH_MS);
	conn_set_finish(&worker->conns);
}

static void on_deadline(evutil_socket_t fd, short events, void *context)
{
	struct worker *worker = context;

	(void)fd;
	(void)events;
	if (worker->state == DRAINING) {
		finish(worker);
		return;
	}
	if (worker->counters.active > 0)
		log_warn("%" PRIu64 " connection%s had to be cut", worker->counters.active,
			 worker->counters.active == 1 ? "" : "s");
	leave(worker);
}

/* A later order to drain can only hasten it. */
static void drain(struct worker *worker, const struct command *command)
{
	if (worker->state == SERVING) {
		worker->state = DRAINING;
		listener_set_stop(&worker->listeners, command->orphans);
		datagram_set_stop(&worker->datagrams, command->orphans);
	}
	if (is_idle(worker))
		leave(worker);
	else if (worker->state == DRAINING && command->drain_ms == 0)
		finish(worker);
	else if (worker->state == DRAINING && command->drain_ms != COMMAND_NO_DEADLINE &&
		 clock_ms() + command->drain_ms < worker->deadline_ms)
		set_deadline(worker, command->drain_ms);
}

static void serve(struct worker *worker, const struct command *command)
{
	if (command->detached)
		log_detach();
	if (listener_set_start(&worker->listeners) == -1 ||
	    datagram_set_start(&worker->datagrams) == -1) {
		log_error("cannot listen: out of memory");
		leave(worker);
	}
}

/* The sockets of a sibling: to be served from here, or not any more. */
static void stand_in(struct worker *worker, unsigned sibling, bool in)
{
	listener_set_adopt(&worker->listeners, sibling, in);
	datagram_set_adopt(&worker->datagrams, sibling, in);
}

static void on_command(void *context, const struct command *command)
{
	struct worker *worker = context;

	if (command->kind == COMMAND_DRAIN)
		drain(worker, command);
	else if (worker->state != SERVING)
		return;
	else if (command->kind == COMMAND_SERVE)
		serve(worker, command);
	else
		stand_in(worker, command->number, command->kind == COMMAND_ADOPT);
}

/* Left alone, libevent writes to standard error past the log. What fails there comes back to us,
 * too. */
static void on_library_message(int severity, const char *message)
{
	(void)severity;
	log_debug("libevent: %s", message);
}

/* EVENT_BASE_FLAG_IGNORE_ENV: the environment must not switch on the changelist, which duplicated
 * descriptors break. */
static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	event_set_log_callback(on_library_message);
	if (config != NULL &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

static int start(struct worker *worker, const struct worker_setup *setup)
{
	worker->base = new_base();
	if (worker->base == NULL)
		return -1;
	worker->admission = (struct admission){
		.setup = setup,
		.counters = &worker->counters,
		.refusals = { .base = worker->base, .on_end = on_refusal_end, .context = worker }
	};
	worker->conns = (struct conn_set){ .base = worker->base,
					   .counters = &worker->counters,
					   .cell = &setup->share->cells[setup->id],
					   .admission = &worker->admission,
					   .share = setup->share,
					   .worker = setup->index,
					   .on_close = on_close,
					   .context = worker };
	worker->listeners = (struct listener_set){ .base = worker->base,
						   .on_accept = on_accept,
						   .context = worker,
						   .admission = &worker->admission,
						   .workers = setup->workers,
						   .index = setup->index };
	worker->datagrams = (struct datagram_set){ .base = worker->base,
						   .counters = &worker->counters,
						   .cell = &setup->share->cells[setup->id],
						   .index = setup->index,
						   .on_left = on_datagrams_left,
						   .context = worker };
	worker->uplink = (struct uplink){ .base = worker->base,
					  .counters = &worker->counters,
					  .on_command = on_command,
					  .on_beat = on_beat,
					  .on_gone = on_gone,
					  .context = worker };
	worker->deadline = evtimer_new(worker->base, on_deadline, worker);
	if (worker->deadline == NULL || conn_set_init(&worker->conns) == -1 ||
	    listener_set_init(&worker->listeners, setup->listeners, setup->listener_count) == -1 ||
	    datagram_set_init(&worker->datagrams, setup->listeners, setup->listener_count) == -1)
		return -1;
	return uplink_open(&worker->uplink, setup);
}

/* Frees everything, so that a sanitizer can tell what was lost. */
static void stop(struct worker *worker)
{
	worker->state = FINISHING;
	conn_set_clear(&worker->conns);
	listener_set_clear(&worker->listeners);
	datagram_set_clear(&worker->datagrams);
	admission_clear(&worker->admission);
	uplink_close(&worker->uplink);
	event_free(worker->deadline);
	/* bufferevent_free ends only on a later turn of the loop. */
	event_base_loop(worker->base, EVLOOP_NONBLOCK);
	event_base_free(worker->base);
}

static bool has_unixgram(const struct worker_setup *setup)
{
	for (size_t i = 0; i < setup->listener_count; i++) {
		if (setup->listeners[i].transport == TRANSPORT_UNIXGRAM)
			return true;
	}
	return false;
}

/* The last step before it is ready: everything is open. */
static int confine(const struct worker_setup *setup)
{
	struct err err;

	if (sandbox_enter(&setup->sandbox, &setup->share->cells[setup->id].forbidden,
			  has_unixgram(setup), &err) == 0)
		return 0;
	if (!setup->sandbox.required) {
		log_warn("worker %u is not confined: %s", setup->index, err.text);
		return 0;
	}
	log_error("worker %u cannot be confined: %s", setup->index, err.text);
	return -1;
}

int worker_run(const struct worker_setup *setup)
{
	struct worker worker = { .deadline_ms = CLOCK_NEVER };

	if (start(&worker, setup) == -1) {
		log_error("worker %u cannot start: out of memory or descriptors", setup->index);
		return 1; /* the process ends, and with it whatever was made */
	}
	if (confine(setup) == -1)
		return 1;
	if (uplink_ready(&worker.uplink) == 0)
		event_base_dispatch(worker.base);
	stop(&worker);
	return 0;
}
