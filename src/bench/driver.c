/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop: events, then connects and messages that are due, then now and then a look at every
 * client, then orders. What fails after the beginning is a result, and in the meter.
 */
#include "bench/driver.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/pace.h"
#include "bench/pool.h"
#include "bench/task.h"
#include "common/clock.h"

#define MS           UINT64_C(1000000)
#define SECOND       (1000 * MS)
#define EVENTS       512
#define CHECK_MAX    (100 * MS) /* between two looks at all clients */
#define BEGIN_MARGIN (5 * MS)   /* for the other processes to notice that all are ready */
#define BEGIN_LOOK   1          /* ms between two looks whether all are */

struct driver {
	const struct driver_setup *setup;
	struct task task;
	struct pool pool;
	struct pace pace;
	int epoll_fd, timer_fd;
	uint64_t armed_ns; /* the timer's time; UINT64_MAX: not armed */
	bool ready;
	uint64_t over_ns;       /* when all that should be sent was due; 0: not yet */
	uint64_t check_ns;      /* the next look at all clients */
	uint64_t failed, signs; /* at the last look */
	uint64_t bad_ns; /* when the first failure since the last sign of life was seen, or 0 */
	uint64_t cpu_ns; /* processor time at the beginning */
};

static uint64_t cpu_time(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) == -1)
		return 0;
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

/* ---------------------------------------------------------------- the run */

/* The last process that is ready sets the beginning for all. */
static void become_ready(struct driver *driver)
{
	struct driver_shared *shared = driver->setup->shared;
	uint64_t processes = driver->setup->options->processes;

	driver->ready = true;
	if (atomic_fetch_add(&shared->ready, 1) + 1 == processes)
		atomic_store(&shared->begin_ns, clock_ns() + (processes > 1 ? BEGIN_MARGIN : 0));
}

static void begin(struct driver *driver, uint64_t begin_ns)
{
	struct task *task = &driver->task;

	task_begin(task, begin_ns);
	driver->cpu_ns = cpu_time();
	if (task->options->rate == 0)
		pool_kick(&driver->pool, clock_ns());
}

/* That there is a server: a connection that came up, or a datagram that came back, right or wrong.
 */
static uint64_t signs_of_life(const struct driver *driver)
{
	const struct meter *meter = driver->task.meter;

	if (target_is_datagram(&driver->setup->options->target))
		return meter_returned(meter) + meter->failures[FAILURE_WRONG];
	return meter->opened;
}

/*
 * Without a server there is nothing to measure: if every first connect has failed, or if connects
 * have failed for a whole time-out and none came up in between; the same with datagrams, if they
 * are refused.
 */
static bool is_server_gone(struct driver *driver, uint64_t now_ns)
{
	bool datagram = target_is_datagram(&driver->setup->options->target);
	uint64_t failed = meter_failed(driver->task.meter), signs = signs_of_life(driver);

	if ((!datagram && driver->task.open > 0) || signs > driver->signs)
		driver->bad_ns = 0;
	else if (failed > driver->failed && driver->bad_ns == 0)
		driver->bad_ns = now_ns;
	else if (failed > driver->failed && now_ns > driver->bad_ns + driver->task.timeout_ns)
		return true;
	driver->signs = signs;
	driver->failed = failed;
	return signs == 0 && failed >= driver->pool.count;
}

static void look(struct driver *driver, uint64_t now_ns)
{
	uint64_t period = driver->task.timeout_ns / 8;

	pool_check(&driver->pool, now_ns);
	if (period < MS)
		period = MS;
	driver->check_ns = now_ns + (period < CHECK_MAX ? period : CHECK_MAX);
}

static void stop(struct driver *driver, uint64_t now_ns)
{
	task_stop(&driver->task);
	look(driver, now_ns);
}

/*
 * Once all has been due, those that have nothing on their way leave at once, and the others have a
 * time-out for what is missing: a server that is slower than the rate does not keep us for ever.
 */
static void follow_end(struct driver *driver, uint64_t now_ns)
{
	if (driver->over_ns == 0 && pace_is_over(&driver->pace, now_ns)) {
		driver->over_ns = now_ns;
		look(driver, now_ns);
	}
	if (now_ns < driver->check_ns)
		return;
	look(driver, now_ns);
	if (driver->task.stop_ns == 0)
		return;
	if (is_server_gone(driver, now_ns) ||
	    (driver->over_ns != 0 && driver->task.options->rate > 0 &&
	     now_ns > driver->over_ns + driver->task.timeout_ns)) {
		pace_count_unsent(&driver->pace, now_ns);
		stop(driver, now_ns);
	}
}

/* False: leave. */
static bool follow_orders(struct driver *driver, uint64_t now_ns)
{
	struct driver_shared *shared = driver->setup->shared;
	uint32_t order = atomic_load_explicit(&shared->order, memory_order_relaxed);

	if (!driver->ready && (driver->pool.untried == 0 || order != DRIVER_GO_ON))
		become_ready(driver);
	if (driver->ready && !driver->task.running && order == DRIVER_GO_ON) {
		uint64_t begin_ns = atomic_load(&shared->begin_ns);

		if (begin_ns != 0 && now_ns >= begin_ns)
			begin(driver, begin_ns);
	}
	if (order == DRIVER_STOP && now_ns < driver->task.stop_ns) {
		task_end(&driver->task, now_ns);
		look(driver, now_ns);
	}
	if (order == DRIVER_LEAVE) {
		pace_count_unsent(&driver->pace, now_ns);
		pool_give_up(&driver->pool);
	}
	return order != DRIVER_LEAVE && driver->pool.live > 0;
}

/* ---------------------------------------------------------------- the loop */

static void set_timer(struct driver *driver, uint64_t at_ns)
{
	struct itimerspec time = { .it_value = { .tv_sec = 0 } };

	if (at_ns == driver->armed_ns)
		return;
	driver->armed_ns = at_ns;
	if (at_ns != UINT64_MAX) {
		time.it_value.tv_sec = (time_t)(at_ns / (1000 * MS));
		time.it_value.tv_nsec = (long)(at_ns % (1000 * MS));
	}
	timerfd_settime(driver->timer_fd, TFD_TIMER_ABSTIME, &time, NULL);
}

/* Arms the timer for what is due to the nanosecond; the rest has milliseconds, which are returned.
 */
static int patience(struct driver *driver, uint64_t now_ns)
{
	uint64_t kick_ns = pace_next(&driver->pace), dial_ns = pool_next_dial(&driver->pool);

	set_timer(driver, kick_ns < dial_ns ? kick_ns : dial_ns);
	if (driver->ready && !driver->task.running)
		return BEGIN_LOOK;
	return driver->check_ns <= now_ns ? 0 : (int)((driver->check_ns - now_ns + MS - 1) / MS);
}

static void on_timer(struct driver *driver)
{
	uint64_t times;

	if (read(driver->timer_fd, &times, sizeof times) == sizeof times)
		driver->armed_ns = UINT64_MAX;
}

/* False: all is done. */
static bool turn(struct driver *driver, struct epoll_event events[EVENTS], uint64_t *now_ns)
{
	int count = epoll_wait(driver->epoll_fd, events, EVENTS, patience(driver, *now_ns));

	for (int i = 0; i < count; i++) {
		struct client *client = events[i].data.ptr;

		if (client == NULL)
			on_timer(driver);
		else
			pool_follow(&driver->pool, client,
				    client_on_event(client, events[i].events));
	}
	*now_ns = clock_ns();
	if (driver->pool.queued > 0)
		pool_dial(&driver->pool, *now_ns);
	pace_kick(&driver->pace, *now_ns);
	follow_end(driver, *now_ns);
	return follow_orders(driver, *now_ns);
}

static int open_driver(struct driver *driver, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN };
	const struct options *options = driver->setup->options;
	uint64_t process = driver->setup->process;

	task_init(&driver->task, options, process);
	driver->task.stream = driver->setup->stream;
	driver->task.server = driver->setup->server;
	driver->task.meter = driver->setup->meter;
	driver->task.buffer = malloc(TASK_BUFFER);
	if (pool_init(&driver->pool, &driver->task,
		      schedule_share(options->connections, process, options->processes), err) == -1)
		return -1;
	driver->pace = (struct pace){ .pool = &driver->pool };
	if (driver->task.buffer == NULL)
		return err_errno(err, "malloc");
	driver->epoll_fd = driver->task.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	driver->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (driver->epoll_fd == -1 || driver->timer_fd == -1 ||
	    epoll_ctl(driver->epoll_fd, EPOLL_CTL_ADD, driver->timer_fd, &event) == -1)
		return err_errno(err, "epoll");
	return 0;
}

static void close_driver(struct driver *driver)
{
	pool_clear(&driver->pool);
	free(driver->task.buffer);
	if (driver->epoll_fd != -1)
		close(driver->epoll_fd);
	if (driver->timer_fd != -1)
		close(driver->timer_fd);
}

int driver_run(const struct driver_setup *setup, struct err *err)
{
	struct driver driver = {
		.setup = setup, .epoll_fd = -1, .timer_fd = -1, .armed_ns = UINT64_MAX
	};
	struct epoll_event events[EVENTS];
	uint64_t now_ns = clock_ns();
	int result = open_driver(&driver, err);

	if (result == 0) {
		driver.task.dials.begin_ns = now_ns;
		pool_dial(&driver.pool, now_ns);
		while (turn(&driver, events, &now_ns))
			;
		setup->meter->cpu_ns = cpu_time() - driver.cpu_ns;
	}
	close_driver(&driver);
	return result;
}
