/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of the fleet. Failures are the supervisor's to log; a worker that does not answer
 * is not waited for. */
#include "supervisor/crew.h"

#include <stdlib.h>

#include "common/clock.h"

void crew_init(struct crew *crew)
{
	*crew = (struct crew){ .totals_deadline_ms = CLOCK_NEVER };
}

void crew_clear(struct crew *crew)
{
	for (size_t id = 0; id < crew->capacity; id++) {
		if (crew->children[id].pid != 0)
			child_close(&crew->children[id]);
	}
	free(crew->children);
	crew_init(crew);
}

int crew_fit(struct crew *crew, size_t capacity, struct err *err)
{
	struct child *grown;

	if (capacity <= crew->capacity)
		return 0;
	grown = realloc(crew->children, capacity * sizeof *grown);
	if (grown == NULL)
		return err_errno(err, "realloc");
	crew->children = grown;
	while (crew->capacity < capacity)
		grown[crew->capacity++] = (struct child){ .report_fd = -1, .command_fd = -1 };
	return 0;
}

int crew_spawn(struct crew *crew, size_t id, struct spawn_plan *plan, struct err *err)
{
	struct spawn_child spawned;

	if (spawn_worker(plan, &spawned, err) == -1)
		return -1;
	child_open(&crew->children[id], &spawned, plan->setup.index, plan->setup.generation);
	return 0;
}

void crew_bury(struct crew *crew, size_t id)
{
	struct child *child = &crew->children[id];
	struct err ignored;
	struct child_news news;

	child_read(child, &news, &ignored);
	stats_retire(&crew->stats, &child->last);
	child_close(child);
}

ssize_t crew_find(const struct crew *crew, pid_t pid)
{
	for (size_t id = 0; id < crew->capacity; id++) {
		if (crew->children[id].pid == pid)
			return (ssize_t)id;
	}
	return -1;
}

void crew_ask_totals(struct crew *crew, uint64_t now)
{
	struct command command = { .kind = COMMAND_TOTALS, .number = ++crew->totals_number };

	for (size_t id = 0; id < crew->capacity; id++) {
		struct child *child = &crew->children[id];

		/* Who owes an answer is not asked again: its pipe must have room for orders. */
		if (child->pid != 0 && child->asked == child->last.answer &&
		    child_send(child, &command) == 0)
			child->asked = command.number;
	}
	if (crew->totals_deadline_ms == CLOCK_NEVER)
		crew->totals_deadline_ms = now + CREW_TOTALS_MS;
}

bool crew_totals_due(const struct crew *crew, uint64_t now)
{
	if (crew->totals_deadline_ms == CLOCK_NEVER || now >= crew->totals_deadline_ms)
		return crew->totals_deadline_ms != CLOCK_NEVER;
	for (size_t id = 0; id < crew->capacity; id++) {
		const struct child *child = &crew->children[id];

		/* One that is not ready yet has nothing to tell. */
		if (child->pid != 0 && child->last.kind != 0 && child->report_fd != -1 &&
		    child->last.answer != child->asked)
			return false;
	}
	return true;
}

static const char *state_name(enum fleet_state state)
{
	static const char *const names[] = {
		[FLEET_FREE] = "free",         [FLEET_STARTING] = "starting",
		[FLEET_READY] = "ready",       [FLEET_SERVING] = "running",
		[FLEET_WAITING] = "waiting",   [FLEET_FAILED] = "failed",
		[FLEET_DRAINING] = "draining",
	};

	return names[state];
}

void crew_log_totals(struct crew *crew, const struct fleet *fleet, unsigned workers)
{
	struct stats_worker *list = calloc(fleet->capacity + 1, sizeof *list);
	size_t count = 0;

	crew->totals_deadline_ms = CLOCK_NEVER;
	for (size_t id = 0; list != NULL && id < fleet->capacity; id++) {
		const struct fleet_worker *worker = &fleet->workers[id];

		if (worker->state == FLEET_FREE)
			continue;
		list[count++] = (struct stats_worker){
			.index = worker->index,
			.generation = worker->generation,
			.pid = crew->children[id].pid,
			.state = worker->pulse == FLEET_HEARD ? state_name(worker->state) : "hung",
			.heir = worker->generation == fleet->serving,
			.counters = crew->children[id].last.counters,
		};
	}
	stats_log(&crew->stats, list, count, workers);
	free(list);
}
