/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to do; it makes no system call and cannot fail. */
#include "bench/task.h"

#define MS UINT64_C(1000000)

void task_init(struct task *task, const struct options *options, uint64_t process)
{
	uint64_t processes = options->processes;

	*task = (struct task){
		.options = options,
		.epoll_fd = -1,
		.measure_ns = UINT64_MAX,
		.stop_ns = UINT64_MAX,
		.left = options->messages,
		.timeout_ns = options->timeout_ms * MS,
		.limit = UINT64_MAX,
	};
	if (options->messages != OPTIONS_FOREVER)
		task->left = schedule_share(options->messages, process, processes);
	schedule_init(&task->due, options->rate, options->connections, process, processes);
	/* For connects, a process is a lane: their number has no end when there is one for each
	 * message. */
	schedule_init(&task->dials, options->connect_rate, processes, process, processes);
}

void task_begin(struct task *task, uint64_t begin_ns)
{
	const struct options *options = task->options;

	task->running = true;
	task->measure_ns = begin_ns + options->warm_up_ms * MS;
	if (options->duration_ms != OPTIONS_FOREVER)
		task->stop_ns = task->measure_ns + options->duration_ms * MS;
	task->due.begin_ns = begin_ns;
	if (options->messages != OPTIONS_FOREVER && options->rate > 0)
		task->limit =
			options->messages + schedule_before(&task->due, options->warm_up_ms * MS);
}

void task_stop(struct task *task)
{
	task->stop_ns = 0;
	task->left = 0;
}

void task_end(struct task *task, uint64_t now_ns)
{
	if (!task->running || task->options->rate == 0)
		task_stop(task);
	else
		task->stop_ns = now_ns;
}

uint64_t task_next_due(const struct task *task, uint64_t lane, uint64_t taken)
{
	uint64_t number = schedule_number(&task->due, taken * task->due.width + lane);
	uint64_t due_ns = schedule_due(&task->due, number);

	return number < task->limit && due_ns < task->stop_ns ? due_ns : UINT64_MAX;
}

bool task_is_over(const struct task *task, uint64_t lane, uint64_t taken, uint64_t now_ns)
{
	uint64_t number;

	if (task->stop_ns == 0)
		return true;
	if (!task->running)
		return false;
	if (task->options->rate == 0)
		return now_ns >= task->stop_ns || task->left == 0;
	number = schedule_number(&task->due, taken * task->due.width + lane);
	return number >= task->limit ||
	       (now_ns >= task->stop_ns && schedule_due(&task->due, number) >= task->stop_ns);
}

uint64_t task_size(const struct task *task, uint64_t lane, uint64_t taken)
{
	const struct options_size *size = &task->options->size;

	if (size->low == size->high)
		return size->low;
	return stream_draw(task->stream, lane, taken, size->low, size->high);
}

bool task_take(struct task *task, uint64_t lane, uint64_t taken, uint64_t now_ns,
	       uint64_t *start_ns)
{
	if (!task->running)
		return false;
	if (task->options->rate > 0) {
		*start_ns = task_next_due(task, lane, taken);
		return *start_ns <= now_ns;
	}
	if (now_ns >= task->stop_ns || task->left == 0)
		return false;
	if (now_ns >= task->measure_ns && task->left != OPTIONS_FOREVER)
		task->left--;
	*start_ns = now_ns;
	return true;
}
