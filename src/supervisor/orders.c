/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function for each action of the fleet. What fails is logged here and given back to the fleet
 * as an event: a fork that failed is a worker that died.
 */
#include "supervisor/orders.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/parse.h"
#include "supervisor/fleet_pulse.h"

/* Room in every table that is indexed by worker id. */
static int fit(struct supervisor *supervisor, struct err *err)
{
	size_t capacity = supervisor->fleet.capacity;
	struct pollfd *fds = realloc(supervisor->fds, (capacity + 1) * sizeof *fds);

	if (fds == NULL)
		return err_errno(err, "realloc");
	supervisor->fds = fds;
	return crew_fit(&supervisor->crew, capacity, err);
}

/* What workers count connections of a source in, once a listener has a limit for these. */
static int fit_sources(struct supervisor *supervisor, const struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < conf->listen_count && supervisor->sources == NULL; i++) {
		if (conf->listens[i].profile.per_source == 0)
			continue;
		supervisor->sources = sources_new();
		if (supervisor->sources == NULL)
			return err_errno(err, "cannot map the table of sources");
	}
	return 0;
}

int orders_start(struct supervisor *supervisor, struct err *err)
{
	struct generation *generation = &supervisor->generation;
	struct fleet_timing timing = generation_timing(generation);

	supervisor->why.text[0] = '\0';
	if (fleet_reserve(&supervisor->fleet, generation->next_workers) == -1)
		err_errno(err, "realloc");
	else if (fit(supervisor, err) == 0 &&
		 fit_sources(supervisor, &generation->next, err) == 0) {
		fleet_start(&supervisor->fleet, generation->next_workers, &timing, clock_ms());
		return 0;
	}
	generation_abandon(generation);
	return -1;
}

static void refuse_reload(struct supervisor *supervisor, const struct err *why)
{
	log_error("reload refused: %s", why->text);
	notify_send(&supervisor->notify, "READY=1\nSTATUS=reload refused: %.300s", why->text);
}

static void carry_out_reload(struct supervisor *supervisor)
{
	struct err err;

	notify_reloading(&supervisor->notify);
	if (generation_reload(&supervisor->generation, supervisor->plan->cmdline, &err) == -1 ||
	    orders_start(supervisor, &err) == -1)
		refuse_reload(supervisor, &err);
}

/* With -D the shell waits until now; it shall neither wait longer nor see its terminal kept open.
 */
static void detach(struct supervisor *supervisor)
{
	if (supervisor->notify_fd == -1)
		return;
	spawn_notify(supervisor->notify_fd);
	supervisor->notify_fd = -1;
	supervisor->detached = true;
	log_detach();
	if (chdir("/") == -1)
		log_warn("cannot change to the root directory");
}

static void carry_out_commit(struct supervisor *supervisor, unsigned number)
{
	if (generation_commit(&supervisor->generation, &supervisor->why) == -1) {
		fleet_abandon(&supervisor->fleet, 1, clock_ms());
		return;
	}
	if (number > 1)
		log_notice("reload: generation %u is serving (%u worker%s)", number,
			   supervisor->generation.workers,
			   supervisor->generation.workers == 1 ? "" : "s");
	notify_send(&supervisor->notify, "READY=1\nMAINPID=%ld\nSTATUS=%u worker%s", (long)getpid(),
		    supervisor->generation.workers, supervisor->generation.workers == 1 ? "" : "s");
	detach(supervisor);
	fleet_committed(&supervisor->fleet, clock_ms());
}

static void carry_out_abandon(struct supervisor *supervisor, unsigned number)
{
	char time[PARSE_DURATION_MAX];

	if (supervisor->why.text[0] == '\0')
		err_set(&supervisor->why, "not every worker was ready within %s",
			parse_format_duration(supervisor->generation.next.start_timeout_ms, time));
	if (number > 1)
		refuse_reload(supervisor, &supervisor->why);
	else
		log_error("cannot start: %s", supervisor->why.text);
	generation_abandon(&supervisor->generation);
}

static void carry_out_spawn(struct supervisor *supervisor, size_t id)
{
	const struct generation *generation = &supervisor->generation;
	const struct fleet_worker *worker = &supervisor->fleet.workers[id];
	bool next = worker->generation == supervisor->fleet.starting;
	const struct conf *conf = next ? &generation->next : &generation->conf;
	struct spawn_plan plan = {
		.setup = { .index = worker->index,
			   .generation = worker->generation,
			   .workers = next ? generation->next_workers : generation->workers,
			   .max_connections = conf->max_connections,
			   .beat_ms = report_interval(conf->hang_timeout_ms),
			   .share = supervisor->share,
			   .sources = supervisor->sources,
			   .sandbox = generation_sandbox(conf),
			   .id = id },
		.entry = supervisor->plan->entry,
		.title = supervisor->plan->title,
		.identity = privilege_identity(&conf->user),
		.log_level = (enum log_level)conf->log_level,
		.detaches = conf->daemon,
		.pins = conf->cpu_steering,
	};
	struct setup_listener **listeners = &plan.setup.listeners;
	const struct fleet_death unborn = { false };
	struct err err;
	uint64_t delay;
	int result = slots_assign(&generation->slots, conf, next, worker->index, listeners,
				  &plan.setup.listener_count);

	if (result == -1)
		err_errno(&err, "calloc");
	else if (id >= SOURCES_TABLES)
		result = err_set(&err, "more than %d workers are alive", SOURCES_TABLES);
	else {
		share_reset(supervisor->share, id);
		sources_reset(supervisor->sources, id);
	}
	if (result == 0)
		result = crew_spawn(&supervisor->crew, id, &plan, &err);
	free(*listeners);
	if (result == 0)
		return;
	log_error("cannot start worker %u: %s", worker->index, err.text);
	if (fleet_gone(&supervisor->fleet, id, &unborn, &delay, clock_ms()) == FLEET_ABANDONED)
		err_set(&supervisor->why, "cannot start worker: %s", err.text);
}

/* A worker that does not take an order would serve, or stay, as it likes. */
static void send_command(struct supervisor *supervisor, size_t id, struct command command)
{
	const struct child *child = &supervisor->crew.children[id];

	if (child_send(&supervisor->crew.children[id], &command) == 0)
		return;
	/* It is leaving already, or dead: its end of the pipe is closed. */
	if (errno == EPIPE)
		return;
	log_warn("worker %u (pid %ld) takes no commands: killed", child->last.worker,
		 (long)child->pid);
	child_signal(child, SIGKILL);
}

/* The queues that nobody will serve any more, of those that this worker knows. */
static uint64_t orphans_for(const struct supervisor *supervisor, size_t id)
{
	const struct fleet *fleet = &supervisor->fleet;

	if (fleet->stopping)
		return UINT64_MAX;
	if (fleet->workers[id].generation > fleet->serving)
		return 0; /* given up; it was never to serve */
	return supervisor->generation.orphans;
}

static void carry_out_kill(struct supervisor *supervisor, size_t id)
{
	const struct fleet_worker *worker = &supervisor->fleet.workers[id];
	const struct child *child = &supervisor->crew.children[id];

	log_warn("worker %u (pid %ld) %s in time: killed", worker->index, (long)child->pid,
		 worker->pulse == FLEET_KILLED     ? "did not end"
		 : worker->state == FLEET_DRAINING ? "did not leave"
						   : "was not ready");
	child_signal(child, SIGKILL);
}

/* What is said of a worker that hangs, and done to it. */
static void carry_out_pulse(struct supervisor *supervisor, const struct fleet_action *action)
{
	const struct fleet_worker *worker = &supervisor->fleet.workers[action->id];
	const struct child *child = &supervisor->crew.children[action->id];
	char time[PARSE_DURATION_MAX];

	if (action->kind == FLEET_HEAR) {
		log_notice("worker %u (pid %ld) is heard again", worker->index, (long)child->pid);
		return;
	}
	parse_format_duration(
		worker->hang_ms * (action->kind == FLEET_MISS ? 1 : FLEET_ABORT_AFTER), time);
	if (action->kind == FLEET_MISS) {
		log_warn("worker %u (pid %ld) hangs: not heard for %s", worker->index,
			 (long)child->pid, time);
		return;
	}
	log_error("worker %u (pid %ld) not heard for %s: aborted", worker->index, (long)child->pid,
		  time);
	child_signal(child, SIGABRT);
}

/* A sibling serves the sockets of another worker, or does so no more. */
static void carry_out_stand_in(struct supervisor *supervisor, const struct fleet_action *action)
{
	bool in = action->kind == FLEET_STAND_IN;

	log_info("worker %u %s for worker %u", supervisor->fleet.workers[action->id].index,
		 in ? "stands in" : "no longer stands in", action->index);
	send_command(supervisor, action->id,
		     (struct command){ .kind = in ? COMMAND_ADOPT : COMMAND_RELEASE,
				       .number = action->index });
}

bool orders_carry_out(struct supervisor *supervisor)
{
	for (;;) {
		struct fleet_action action = fleet_next(&supervisor->fleet);

		switch (action.kind) {
		case FLEET_NOTHING:
			return true;
		case FLEET_EXIT:
			return false;
		case FLEET_COMMIT:
			carry_out_commit(supervisor, action.generation);
			break;
		case FLEET_ABANDON:
			carry_out_abandon(supervisor, action.generation);
			break;
		case FLEET_RELOAD:
			carry_out_reload(supervisor);
			break;
		case FLEET_SPAWN:
			carry_out_spawn(supervisor, action.id);
			break;
		case FLEET_SERVE:
			send_command(supervisor, action.id,
				     (struct command){ .kind = COMMAND_SERVE,
						       .detached = supervisor->detached });
			break;
		case FLEET_DRAIN:
			send_command(
				supervisor, action.id,
				(struct command){ .kind = COMMAND_DRAIN,
						  .drain_ms = action.drain_ms,
						  .orphans = orphans_for(supervisor, action.id) });
			break;
		case FLEET_MISS:
		case FLEET_HEAR:
		case FLEET_ABORT:
			carry_out_pulse(supervisor, &action);
			break;
		case FLEET_KILL:
			carry_out_kill(supervisor, action.id);
			break;
		case FLEET_STAND_IN:
		case FLEET_STAND_DOWN:
			carry_out_stand_in(supervisor, &action);
			break;
		}
	}
}
