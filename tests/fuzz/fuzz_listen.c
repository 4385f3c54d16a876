/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each line of the input is an address with its settings. What is taken is written out in full,
 * each setting by name, and has to be taken and understood as the same.
 */
#include "conf/listen.h"

#include <sys/un.h>

#include "conf/option.h"
#include "conf/value.h"
#include "page.h"
#include "settings.h"

static const struct profile defaults = PROFILE_DEFAULTS;

static void write_address(const struct conf_listen *listen, FILE *out)
{
	const struct sockaddr_un *local = (const struct sockaddr_un *)&listen->addr.storage;
	const char *path = addr_path(&listen->addr);
	char text[ADDR_TEXT_MAX];

	fprintf(out, "%s:", transport_name(listen->transport));
	if (path != NULL)
		fputs(path, out);
	else if (listen->addr.storage.ss_family == AF_UNIX) /* an abstract one */
		fprintf(out, "@%.*s",
			(int)(listen->addr.length - offsetof(struct sockaddr_un, sun_path) - 1),
			local->sun_path + 1);
	else if (listen->dual)
		fprintf(out, "*:%u", addr_port(&listen->addr));
	else
		fputs(addr_format(&listen->addr, text), out);
}

/* Lines `name value` as words name=value. */
static void write_words(char *lines, FILE *out)
{
	char *line;

	while ((line = strsep(&lines, "\n")) != NULL && *line != '\0') {
		char *value = strchr(line, ' ');

		MUST(value != NULL);
		*value = '=';
		fprintf(out, " %s", line);
	}
}

/* All of a listener as an address with its settings. */
static char *write_listen(struct page *page, const struct conf_listen *listen)
{
	static struct page lines;
	FILE *out = page_begin(page);

	write_address(listen, out);
	page_begin(&lines);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (option_in_listen(row) && transport_in(listen->transport, row->transports))
			value_dump(row, (const char *)&listen->profile + row->offset, lines.file);
	}
	write_words(page_end(&lines), out);
	return page_end(page);
}

static void check_listen(struct conf_listen *listen)
{
	static struct page before, after;
	static struct conf conf;
	struct err err;

	if (listen_complete(listen, &defaults, &err) == -1)
		return;
	settings_check_profile(&listen->profile);
	write_listen(&before, listen);
	MUST(listen_add(&conf, CONF_FILE, before.text, &err) == 0);
	MUST(conf.listen_count == 1);
	MUST(listen_complete(&conf.listens[0], &defaults, &err) == 0);
	write_listen(&after, &conf.listens[0]);
	MUST(strcmp(before.text, after.text) == 0);
	listen_drop(&conf, 0);
}

static void add(struct conf *conf, const char *line)
{
	size_t before = conf->listen_count;
	struct err err;

	if (option_set(option_find("listen"), conf, CONF_FILE, line, &err) == -1) {
		settings_on_error(NULL, err.text);
		MUST(conf->listen_count == before);
		return;
	}
	MUST(conf->listen_count > before && conf->listen_count <= CONF_LISTEN_MAX);
	for (; before < conf->listen_count; before++)
		MUST(strcmp(conf->listens[before].text, line) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct conf conf;
	struct input input = { bytes, size };
	char *text = input_text(&input), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		add(&conf, line);
	for (size_t i = 0; i < conf.listen_count; i++) { /* one address of each line will do */
		if (i == 0 || strcmp(conf.listens[i].text, conf.listens[i - 1].text) != 0)
			check_listen(&conf.listens[i]);
	}
	listen_drop(&conf, 0);
	free(text);
	return 0;
}
