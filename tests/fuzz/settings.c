/* SPDX-License-Identifier: BSD-2-Clause */
/* The round trip: settings, dump, settings. */
#include "settings.h"

#include <sys/mman.h>
#include <unistd.h>

#include "conf/option.h"
#include "conf/value.h"
#include "page.h"

/* A world in which nothing can be loaded would let everything pass. */
static void check_world(int fd, char *path)
{
	static const char good[] = "port 1\n";
	struct cmdline cmdline = { .config = path };
	struct conf_sink sink = { .on_error = settings_on_error };
	struct conf conf;

	MUST(pwrite(fd, good, sizeof good - 1, 0) == sizeof good - 1);
	MUST(conf_load(&conf, &cmdline, &sink) == 0);
	conf_clear(&conf);
}

const char *settings_file(const void *bytes, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd == -1) {
		fd = memfd_create("echod.conf", MFD_CLOEXEC);
		MUST(fd != -1);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		check_world(fd, path);
	}
	MUST(ftruncate(fd, (off_t)size) == 0);
	MUST(pwrite(fd, bytes, size, 0) == (ssize_t)size);
	return path;
}

void settings_on_error(void *context, const char *line)
{
	(void)context;
	MUST(line[0] != '\0' && strlen(line) < ERR_TEXT_MAX);
	for (; *line != '\0'; line++)
		MUST(*line >= ' ' && *line <= '~');
}

int settings_load(struct conf *conf, const struct cmdline *cmdline)
{
	struct conf_sink sink = { .on_error = settings_on_error };
	int status = conf_load(conf, cmdline, &sink);

	MUST((status == 0) == (sink.count == 0));
	MUST(status == 0 || status == 78 || (status == 2 && cmdline->count > 0));
	MUST((status == 0) == (conf->listen_count > 0));
	MUST(conf->listen_count <= CONF_LISTEN_MAX);
	MUST(status == 0 || conf->pid_file == NULL);
	return status;
}

static void check_field(const struct option_row *row, const void *field)
{
	const uint64_t *number = field;

	switch (row->kind) {
	case OPTION_NUMBER:
	case OPTION_DURATION:
	case OPTION_SIZE:
	case OPTION_CHOICE:
	case OPTION_OCTAL:
		MUST(*number <= (uint64_t)row->max);
		MUST(*number >= (uint64_t)row->min || (*number == 0 && row->zero != NULL));
		break;
	case OPTION_TEXT:
	case OPTION_NAME:
		MUST(memchr(field, '\0', (size_t)row->max) != NULL);
		break;
	default:
		break;
	}
}

void settings_check_profile(const struct profile *profile)
{
	for (size_t i = 0; i < option_count; i++) {
		if (option_in_listen(&option_rows[i]))
			check_field(&option_rows[i], (const char *)profile + option_rows[i].offset);
	}
	MUST(profile->rules.count <= RULES_MAX);
}

/* Everything that is known about a listener. */
static void show_listen(const struct conf_listen *listen, FILE *out)
{
	char text[ADDR_TEXT_MAX];

	fprintf(out, "%s %s %s\n", transport_name(listen->transport),
		addr_format(&listen->addr, text), listen->dual ? "dual" : "");
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (option_in_listen(row))
			value_dump(row, (const char *)&listen->profile + row->offset, out);
	}
}

/* The dump, *size bytes, and behind it the listeners. */
static char *show(struct page *page, const struct conf *conf, size_t *size)
{
	FILE *out = page_begin(page);

	conf_dump(conf, out);
	*size = (size_t)ftell(out);
	for (size_t i = 0; i < conf->listen_count; i++)
		show_listen(&conf->listens[i], out);
	return page_end(page);
}

void settings_check(const struct conf *conf)
{
	static struct page before, after;
	static struct conf again;
	struct cmdline cmdline = { .action = CMDLINE_SERVE };
	size_t size, size_again;

	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (!option_in_listen(row) && option_in_file(row) && !option_repeats(row))
			check_field(row, (const char *)conf + row->offset);
	}
	settings_check_profile(&conf->profile);
	for (size_t i = 0; i < conf->listen_count; i++)
		settings_check_profile(&conf->listens[i].profile);

	show(&before, conf, &size);
	cmdline.config = strdup(settings_file(before.text, size));
	MUST(cmdline.config != NULL);
	MUST(settings_load(&again, &cmdline) == 0);
	show(&after, &again, &size_again);
	MUST(size == size_again && strcmp(before.text, after.text) == 0);
	conf_clear(&again);
	cmdline_clear(&cmdline);
}
