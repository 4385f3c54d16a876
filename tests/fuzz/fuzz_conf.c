/* SPDX-License-Identifier: BSD-2-Clause */
/* The input is a configuration file. */
#include "settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct conf conf;
	struct cmdline cmdline = { .action = CMDLINE_SERVE };

	cmdline.config = strdup(settings_file(bytes, size));
	MUST(cmdline.config != NULL);
	if (settings_load(&conf, &cmdline) == 0)
		settings_check(&conf);
	conf_clear(&conf);
	cmdline_clear(&cmdline);
	return 0;
}
