/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses and the settings behind them. What is wrong is named, and conf is as it was. */
#include "conf/listen.h"

#include <stdlib.h>
#include <string.h>

#include "common/parse.h"
#include "conf/option.h"

#define BLANKS " \t"

/* Cuts off the first word of *rest. Returns NULL if there is none. */
static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, BLANKS), *at = word;
	bool quoted = false;

	if (*word == '\0')
		return NULL;
	while (*at != '\0' && (quoted || strchr(BLANKS, *at) == NULL))
		at += option_step(at, &quoted);
	*rest = *at == '\0' ? at : at + 1;
	*at = '\0';
	return word;
}

/* All that follows a quote that is not closed would be part of its word. */
static int check_quotes(const char *text, struct err *err)
{
	bool quoted = false;

	while (*text != '\0')
		text += option_step(text, &quoted);
	return quoted ? err_set(err, "the closing quote is missing") : 0;
}

static int unknown_name(const char *name, struct err *err)
{
	const char *nearest = option_nearest(name, option_in_listen);
	char shown[48];

	parse_printable(name, shown, sizeof shown);
	if (option_find(name) != NULL)
		return err_set(err, "%s: cannot stand behind an address", shown);
	if (nearest != NULL)
		return err_set(err, "unknown setting '%s' (did you mean '%s'?)", shown, nearest);
	return err_set(err, "unknown setting '%s'", shown);
}

/* Applies NAME=VALUE. given: by row, what was there already. */
static int apply_word(struct profile *profile, enum transport transport, char *word, bool *given,
		      struct err *err)
{
	char *value = strchr(word, '=');
	const struct option_row *row;

	if (value != NULL)
		*value++ = '\0';
	row = option_find(word);
	if (row == NULL || !option_in_listen(row))
		return unknown_name(word, err);
	if (!transport_in(transport, row->transports))
		return err_set(err, "%s: has no meaning for %s", word, transport_name(transport));
	if (given[row - option_rows] && !option_repeats(row))
		return err_set(err, "%s: stands there twice", word);
	if (value == NULL && row->argument != NULL && row->kind != OPTION_KEEPALIVE)
		return err_set(err, "%s: the value is missing: %s=%s, without blanks", word, word,
			       row->argument);
	given[row - option_rows] = true;
	if (option_set_profile(row, profile, value, err) == -1)
		return err_prefix(err, "%s", word);
	return 0;
}

static int apply_words(struct profile *profile, enum transport transport, char *rest,
		       struct err *err)
{
	bool given[OPTION_MAX] = { false };
	char *word;

	while ((word = next_word(&rest)) != NULL) {
		if (apply_word(profile, transport, word, given, err) == -1)
			return -1;
	}
	return 0;
}

/* What stands behind the address, applied to a profile. */
static int apply_text(struct profile *profile, enum transport transport, const char *text,
		      struct err *err)
{
	char *copy = strdup(text), *rest = copy;
	int result;

	if (copy == NULL)
		return err_errno(err, "strdup");
	next_word(&rest);
	result = apply_words(profile, transport, rest, err);
	free(copy);
	return result;
}

static int add_address(struct conf *conf, const struct conf_listen *listen, const char *text,
		       struct err *err)
{
	struct conf_listen *added = &conf->listens[conf->listen_count];
	char shown[ADDR_TEXT_MAX], text_shown[LISTEN_SHOWN_MAX];

	for (size_t i = 0; i < conf->listen_count; i++) {
		const struct conf_listen *other = &conf->listens[i];

		if ((other->transport == listen->transport || addr_path(&other->addr) != NULL) &&
		    addr_equal(&other->addr, &listen->addr))
			return err_set(err, "%s is listened on already (%s)",
				       addr_format(&listen->addr, shown),
				       parse_printable(other->text, text_shown, sizeof text_shown));
	}
	if (conf->listen_count == CONF_LISTEN_MAX)
		return err_set(err, "more than %d addresses to listen on", CONF_LISTEN_MAX);
	*added = *listen;
	added->text = strdup(text);
	if (added->text == NULL)
		return err_errno(err, "strdup");
	conf->listen_count++;
	return 0;
}

/* HOST:PORT or PATH, of which there may be several. Returns their number or -1. */
static int find_addresses(const char *where, enum transport transport, struct addr *found,
			  bool *dual, struct err *err)
{
	char host[ADDR_HOST_MAX];
	uint16_t port;

	*dual = false;
	if (transport_in(transport, TRANSPORT_LOCAL))
		return addr_unix(&found[0], where, err) == -1 ? -1 : 1;
	if (addr_split(where, 0, host, &port, err) == -1)
		return -1;
	if (strncmp(where, "*:", 2) != 0)
		return addr_resolve(host, port, found, CONF_LISTEN_MAX, err);
	*dual = true;
	addr_any(&found[0], AF_INET6, port);
	return 1;
}

void listen_drop(struct conf *conf, size_t keep)
{
	while (conf->listen_count > keep)
		free(conf->listens[--conf->listen_count].text);
}

static int add_all(struct conf *conf, enum conf_level level, const char *address, const char *text,
		   struct err *err)
{
	struct addr found[CONF_LISTEN_MAX];
	struct conf_listen listen = { .profile.socket = PROFILE_SOCKET };
	struct profile scratch = { 0 };
	const char *where = transport_read(address, &listen.transport);
	char shown[64];
	size_t before;
	int count;

	if (where == NULL)
		return err_set(
			err,
			"'%s': expected tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH",
			parse_printable(address, shown, sizeof shown));
	count = find_addresses(where, listen.transport, found, &listen.dual, err);
	if (count == -1 || apply_text(&scratch, listen.transport, text, err) == -1 ||
	    check_quotes(text, err) == -1)
		return -1;
	if (level > conf->listen_level)
		listen_drop(conf, 0);
	conf->listen_level = level;
	before = conf->listen_count;
	for (int i = 0; i < count; i++) {
		listen.addr = found[i];
		if (add_address(conf, &listen, text, err) == -1) {
			listen_drop(conf, before);
			return -1;
		}
	}
	return 0;
}

int listen_add(struct conf *conf, enum conf_level level, const char *text, struct err *err)
{
	char *copy = strdup(text), *rest = copy;
	const char *address;
	int result;

	if (copy == NULL)
		return err_errno(err, "strdup");
	address = next_word(&rest);
	result = add_all(conf, level, address == NULL ? "" : address, text, err);
	free(copy);
	return result;
}

int listen_add_bound(struct conf *conf, enum transport transport, const struct addr *addr,
		     bool dual, struct err *err)
{
	struct conf_listen *added = &conf->listens[conf->listen_count];
	struct conf_listen listen = {
		.transport = transport,
		.addr = *addr,
		.profile.socket = PROFILE_SOCKET,
	};

	/* The text has the settings behind the address, of which there are none. */
	if (add_address(conf, &listen, "inherited", err) == -1 ||
	    listen_complete(added, &conf->profile, err) == -1 ||
	    listen_check_service(added, err) == -1)
		return -1;
	added->dual = dual; /* v6only does not change what is bound */
	return 0;
}

bool listen_is_at(const struct conf_listen *listen, enum transport transport,
		  const struct addr *addr, bool dual)
{
	return listen->transport == transport && listen->dual == dual &&
	       addr_equal(&listen->addr, addr);
}

bool listen_says(const struct conf_listen *listen, const char *name)
{
	char *copy = strdup(listen->text), *rest = copy, *word;
	size_t length = strlen(name);
	bool says = false;

	while (copy != NULL && (word = next_word(&rest)) != NULL)
		says = says || (strncmp(word, name, length) == 0 &&
				(word[length] == '=' || word[length] == '\0'));
	free(copy);
	return says;
}

int listen_check_service(const struct conf_listen *listen, struct err *err)
{
	if (transport_in(listen->transport, TRANSPORT_STREAM) ||
	    listen->profile.service != PROFILE_FRAME)
		return 0;
	return err_set(err,
		       "frame is a service for streams: datagrams need service=echo or discard");
}

int listen_complete(struct conf_listen *listen, const struct profile *global, struct err *err)
{
	struct profile *profile = &listen->profile;

	*profile = *global;
	rules_inherit(&profile->rules);
	if (apply_text(profile, listen->transport, listen->text, err) == -1)
		return -1;
	/* Global ones that have no meaning here: a client of a UNIX socket has no such address. */
	if (!transport_in(listen->transport, TRANSPORT_INET))
		profile->rules.count = 0;
	if (listen->transport != TRANSPORT_TCP)
		profile->per_source = 0;
	/* Only of [::], which is then the same as *. */
	if (listen->addr.storage.ss_family == AF_INET6 && addr_is_any(&listen->addr) &&
	    !profile->socket.v6only)
		listen->dual = true;
	return 0;
}
