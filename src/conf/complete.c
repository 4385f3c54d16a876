/* SPDX-License-Identifier: BSD-2-Clause */
/* Fills in, looks at what does not go together, and finds out who is to blame: a user looks for a
 * mistake where something was said, not where it shows. */
#include "conf/complete.h"

#include <string.h>

#include "common/parse.h"
#include "conf/listen.h"
#include "conf/option.h"

/* What is to blame: a listener with what stands behind its address, or a setting for all. */
struct blame {
	struct conf_origin origin;
	const struct conf_listen *listen; /* NULL = a setting */
	const char *name;
};

struct verdict {
	struct conf *conf;
	const char *file;
	struct conf_sink *sink;
	enum conf_level highest;
	struct conf_origin told[CONF_LISTEN_MAX + OPTION_MAX]; /* each listener and setting once */
	size_t told_count;
};

static struct blame of_setting(const struct conf *conf, const char *name)
{
	return (struct blame){ .origin = conf->origins[option_find(name) - option_rows],
			       .name = name };
}

static struct blame of_listen(const struct conf_listen *listen)
{
	return (struct blame){ .origin = listen->origin, .listen = listen, .name = "listen" };
}

/* Who has said what is in force for the listener. */
static struct blame who_said(const struct conf *conf, const struct conf_listen *listen,
			     const char *name)
{
	return listen_says(listen, name) ? of_listen(listen) : of_setting(conf, name);
}

/* Which of two that do not go together is to blame. */
static struct blame rather(struct blame one, struct blame other)
{
	if (one.origin.level != other.origin.level)
		return one.origin.level > other.origin.level ? one : other;
	if ((one.listen != NULL) != (other.listen != NULL))
		return one.listen != NULL ? one : other;
	return one.origin.number > other.origin.number ? one : other;
}

static bool was_told(const struct verdict *verdict, struct conf_origin origin)
{
	for (size_t i = 0; i < verdict->told_count; i++) {
		if (verdict->told[i].level == origin.level &&
		    verdict->told[i].number == origin.number)
			return true;
	}
	return false;
}

static void tell(struct verdict *verdict, struct blame blame, const struct err *why)
{
	char shown[LISTEN_SHOWN_MAX];

	if (was_told(verdict, blame.origin))
		return;
	verdict->told[verdict->told_count++] = blame.origin;
	if (blame.origin.level > verdict->highest)
		verdict->highest = blame.origin.level;
	if (blame.origin.level == CONF_FILE)
		conf_sink_reason(verdict->sink, why, "%s:%u: %s", verdict->file,
				 blame.origin.number, blame.name);
	else if (blame.listen == NULL)
		conf_sink_reason(verdict->sink, why, "--%s", blame.name);
	else
		conf_sink_reason(verdict->sink, why, "--%s: %s", blame.name,
				 parse_printable(blame.listen->text, shown, sizeof shown));
}

static void check_stream(struct verdict *verdict, const struct conf_listen *listen)
{
	const struct profile *profile = &listen->profile;
	char low[PARSE_SIZE_MAX], high[PARSE_SIZE_MAX];
	struct err err;

	if (profile->pending_low < profile->pending_high)
		return;
	err_set(&err, "pending-low (%s) must be less than pending-high (%s)",
		parse_format_size(profile->pending_low, low),
		parse_format_size(profile->pending_high, high));
	tell(verdict,
	     rather(who_said(verdict->conf, listen, "pending-low"),
		    who_said(verdict->conf, listen, "pending-high")),
	     &err);
}

/* What belongs to many hosts can send nothing; a subnet's broadcast address is known only to the
 * kernel, which is asked at the start. */
static void check_host(struct verdict *verdict, const struct conf_listen *listen)
{
	struct err err;

	if (listen->transport != TRANSPORT_UDP || !addr_is_group(&listen->addr))
		return;
	err_set(&err, "udp needs the address of one host, or a wildcard");
	tell(verdict, of_listen(listen), &err);
}

static void check_datagram(struct verdict *verdict, const struct conf_listen *listen)
{
	struct err err;

	check_host(verdict, listen);
	if (listen_check_service(listen, &err) == -1)
		tell(verdict, rather(of_listen(listen), who_said(verdict->conf, listen, "service")),
		     &err);
}

/* An abstract name is open to everybody who knows it (unix(7)): rather say so than serve whom the
 * setting was to keep out. */
static void check_name(struct verdict *verdict, const struct conf_listen *listen)
{
	static const char *const of_files[] = { "mode", "owner" };
	struct err err;

	for (size_t i = 0; i < sizeof of_files / sizeof of_files[0]; i++) {
		if (!listen_says(listen, of_files[i]))
			continue;
		err_set(&err, "%s: has no meaning for a name that is in no file system",
			of_files[i]);
		tell(verdict, of_listen(listen), &err);
	}
}

/* In the background the working directory is another one, at a reload, too. */
static void check_path(struct verdict *verdict, const struct conf_listen *listen)
{
	const char *path = addr_path(&listen->addr);
	struct err err;

	if (path == NULL)
		check_name(verdict, listen);
	if (path == NULL || path[0] == '/' || !verdict->conf->daemon)
		return;
	err_set(&err, "daemon needs an absolute path, as in unix:/run/echod.socket");
	tell(verdict, rather(of_listen(listen), of_setting(verdict->conf, "daemon")), &err);
}

static void complete_listen(struct verdict *verdict, struct conf_listen *listen)
{
	struct err err;

	if (listen_complete(listen, &verdict->conf->profile, &err) == -1) {
		tell(verdict, of_listen(listen), &err);
		return;
	}
	if (transport_in(listen->transport, TRANSPORT_STREAM))
		check_stream(verdict, listen);
	else
		check_datagram(verdict, listen);
	if (transport_in(listen->transport, TRANSPORT_LOCAL))
		check_path(verdict, listen);
}

/* A user without a group gets its own. */
static void complete_user(struct verdict *verdict)
{
	struct conf *conf = verdict->conf;
	struct owner *user = &conf->user;
	struct blame said = of_setting(conf, "user");
	struct err err;

	if (conf->group.has_group) {
		if (user->has_group && user->group != conf->group.group) {
			err_set(&err, "user and group do not name the same group");
			tell(verdict, rather(said, of_setting(conf, "group")), &err);
		}
		user->has_group = true;
		user->group = conf->group.group;
	}
	if (!user->has_user || user->has_group)
		return;
	user->has_group = true;
	if (owner_find_group(user->user, &user->group, &err) == -1)
		tell(verdict, said, &err);
}

static void complete_log_level(struct conf *conf)
{
	int level = LOG_LEVEL_NOTICE + conf->verbosity;

	if (conf->verbosity == 0)
		return;
	level = level > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : level;
	conf->log_level = level < LOG_LEVEL_ERROR ? LOG_LEVEL_ERROR : (uint64_t)level;
}

enum conf_level complete_conf(struct conf *conf, const char *file, struct conf_sink *sink)
{
	struct verdict verdict = { .conf = conf, .file = file, .sink = sink };
	struct err err;

	if (conf->listen_count == 0 && sink->count == 0 &&
	    option_set(option_find("port"), conf, CONF_BUILT_IN, "7777", &err) == -1)
		conf_sink_reason(sink, &err, "port");
	for (size_t i = 0; i < conf->listen_count; i++)
		complete_listen(&verdict, &conf->listens[i]);
	complete_user(&verdict);
	complete_log_level(conf);
	return verdict.highest;
}
