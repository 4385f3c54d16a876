/* SPDX-License-Identifier: BSD-2-Clause */
/* Two configurations and one set of slots. What fails here fails before anything that serves has
 * been touched. */
#include "supervisor/generation.h"

#include <stdio.h>
#include <string.h>

#include "common/cpus.h"
#include "common/log.h"
#include "supervisor/inherit.h"
#include "supervisor/privilege.h"

void generation_clear(struct generation *generation)
{
	slots_close(&generation->slots);
	conf_clear(&generation->conf);
	conf_clear(&generation->next);
}

/* -w auto, and how it got there. */
static unsigned count_workers(const struct conf *conf, struct cpus *cpus)
{
	if (conf->workers != 0)
		return (unsigned)conf->workers;
	cpus_count("", cpus);
	return cpus->usable > CONF_WORKERS_MAX ? CONF_WORKERS_MAX : cpus->usable;
}

static void log_workers(unsigned workers, const struct cpus *cpus)
{
	char quota[32] = "none";

	if (cpus->quota_cent != 0)
		snprintf(quota, sizeof quota, "%u.%02u", cpus->quota_cent / 100,
			 cpus->quota_cent % 100);
	log_notice("workers: %u (affinity mask %u, cgroup quota %s)", workers, cpus->affinity,
		   quota);
}

struct sandbox generation_sandbox(const struct conf *conf)
{
	struct sandbox sandbox = { .filter = false };
	struct err missing;

	if (conf->sandbox != CONF_SANDBOX_OFF)
		sandbox_find(&sandbox, &missing);
	sandbox.required = conf->sandbox == CONF_SANDBOX_REQUIRE;
	return sandbox;
}

/* Nobody is told twice what this machine does not have. */
static int check_sandbox(const struct generation *generation, const struct conf *conf,
			 struct err *err)
{
	bool is_news = generation->workers == 0 || generation->conf.sandbox == CONF_SANDBOX_OFF;
	struct sandbox sandbox;

	if (conf->sandbox == CONF_SANDBOX_OFF || sandbox_find(&sandbox, err) == 0)
		return 0;
	if (conf->sandbox == CONF_SANDBOX_REQUIRE)
		return err_prefix(err, "sandbox=require");
	if (is_news)
		log_notice("sandbox: %s", err->text);
	return 0;
}

/* Once: what has become of the sockets that a manager has opened. */
static void settle_inherited(struct inherit *inherit)
{
	char name[ADDR_TEXT_MAX];

	if (inherit == NULL || inherit->settled)
		return;
	inherit->settled = true;
	for (size_t i = 0; i < inherit->count; i++) {
		struct inherit_socket *socket = &inherit->sockets[i];
		const char *transport = transport_name(socket->transport);

		inherit_name(socket, name);
		if (socket->fd == -1) {
			log_notice("inherited socket %s is %s:%s", socket->label, transport, name);
			continue;
		}
		log_warn("inherited socket %s: no listener is %s:%s: closed", socket->label,
			 transport, name);
		inherit_close(socket);
	}
}

int generation_prepare(struct generation *generation, struct conf *conf, struct err *err)
{
	struct cpus cpus = { 0 };
	unsigned workers = count_workers(conf, &cpus);
	struct identity identity = privilege_identity(&conf->user);

	if (privilege_check(&identity, err) == -1 || check_sandbox(generation, conf, err) == -1 ||
	    slots_prepare(&generation->slots, conf, workers, err) == -1) {
		conf_clear(conf);
		return -1;
	}
	settle_inherited(generation->slots.inherit);
	if (conf->workers == 0)
		log_workers(workers, &cpus);
	generation->next = *conf;
	*conf = (struct conf){ 0 };
	generation->next_workers = workers;
	return 0;
}

struct first_error {
	struct err err;
	unsigned count;
};

static void on_error(void *context, const char *line)
{
	struct first_error *first = context;

	if (first->count++ == 0)
		err_set(&first->err, "%s", line);
}

static bool same_text(const char *one, const char *other)
{
	return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

int generation_reload(struct generation *generation, const struct cmdline *cmdline, struct err *err)
{
	struct first_error first = { 0 };
	struct conf_sink sink = { .on_error = on_error, .context = &first };
	struct conf conf;

	if (conf_load(&conf, cmdline, &sink) != 0) {
		if (first.count == 1)
			return err_set(err, "%s", first.err.text);
		return err_set(err, "%.400s (and %u more; see echod --test)", first.err.text,
			       first.count - 1);
	}
	if (conf.daemon != generation->conf.daemon)
		log_warn("reload: daemon changes only at a restart");
	conf.daemon = generation->conf.daemon;
	if (!same_text(conf.pid_file, generation->conf.pid_file))
		log_warn("reload: pid-file changes only at a restart");
	if (inherit_configure(generation->slots.inherit, &conf, err) == -1) {
		conf_clear(&conf);
		return -1;
	}
	return generation_prepare(generation, &conf, err);
}

static void on_change(void *context, const struct slots_address *address, bool listens)
{
	const struct generation *generation = context;
	char text[ADDR_TEXT_MAX];

	if (listens)
		log_notice("listening on %s %s (%u worker%s)", transport_name(address->transport),
			   addr_format(&address->bound, text), generation->next_workers,
			   generation->next_workers == 1 ? "" : "s");
	else
		log_notice("no longer listening on %s %s", transport_name(address->transport),
			   addr_format(&address->bound, text));
}

int generation_commit(struct generation *generation, struct err *err)
{
	struct slots_watcher watcher = { .on_change = on_change, .context = generation };

	if (slots_commit(&generation->slots, &watcher, &generation->orphans, err) == -1)
		return -1;
	conf_clear(&generation->conf);
	generation->conf = generation->next;
	generation->next = (struct conf){ 0 };
	generation->workers = generation->next_workers;
	log_set_level((enum log_level)generation->conf.log_level);
	return 0;
}

void generation_abandon(struct generation *generation)
{
	slots_rollback(&generation->slots);
	conf_clear(&generation->next);
}

struct fleet_timing generation_timing(const struct generation *generation)
{
	return (struct fleet_timing){
		.start_ms = generation->next.start_timeout_ms,
		.drain_ms = (uint32_t)generation->next.drain_timeout_ms,
		.hang_ms = generation->next.hang_timeout_ms,
	};
}
