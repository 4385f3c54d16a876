/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows when all settings are known, and what no setting can see alone. */
#ifndef ECHOD_COMPLETE_H
#define ECHOD_COMPLETE_H

#include "conf/conf.h"

/*
 * Fills in what settings leave to others: the profiles of listeners, the listener if there is none,
 * the user's group, the level of the log. Of settings that do not go together one is to blame: that
 * of the highest level, there rather a listener than what is for all, else the last one. Whatever
 * is to blame is told to the sink once, with where it is in `file` or the option. Returns the
 * highest level that is to blame, or CONF_BUILT_IN.
 */
enum conf_level complete_conf(struct conf *conf, const char *file, struct conf_sink *sink);

#endif
