/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a command line, a word in each line. What it names as the file is never opened: in
 * its place there is one of two, one of them empty.
 */
#include "settings.h"

#define WORDS_MAX 64

static const char file[] =
	"port 1\nlisten udp:127.0.0.1:2 udp-rate=5\nallow 192.0.2.0/24\ndeny all\n"
	"user echo\npid-file /run/echod.pid\ngreeting \"from the file\"\n";

/* Cuts text into words; returns their number, the name of the program included. */
static int split(char *text, char *argv[WORDS_MAX + 1])
{
	static char program[] = "echod";
	int argc = 0;

	argv[argc++] = program;
	while (text != NULL && argc < WORDS_MAX)
		argv[argc++] = strsep(&text, "\n");
	argv[argc] = NULL;
	return argc;
}

static void load(struct cmdline *cmdline)
{
	static struct conf conf;
	size_t size = cmdline->config != NULL && cmdline->config[0] == 'f' ? sizeof file - 1 : 0;

	free(cmdline->config);
	cmdline->config = strdup(settings_file(file, size));
	MUST(cmdline->config != NULL);
	if (settings_load(&conf, cmdline) == 0)
		settings_check(&conf);
	conf_clear(&conf);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };
	struct conf_sink sink = { .on_error = settings_on_error };
	char *text = input_text(&input), *argv[WORDS_MAX + 1];
	int argc = split(text, argv);
	struct cmdline cmdline;
	int result = cmdline_init(&cmdline, argc, argv, &sink);

	MUST((result == 0) == (sink.count == 0));
	if (result == 0)
		load(&cmdline);
	cmdline_clear(&cmdline);
	free(text);
	return 0;
}
