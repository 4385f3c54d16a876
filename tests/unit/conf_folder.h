/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A struct conf and a folder with a configuration file, anew for each test. Included once by a test
 * program; everything is static.
 */
#ifndef ECHOD_TEST_CONF_FOLDER_H
#define ECHOD_TEST_CONF_FOLDER_H

#include "conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "folder.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct conf conf;

static inline int set_up(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof conf);
	return make_folder("echod.conf");
}

static inline int tidy_up(void **state)
{
	(void)state;
	conf_clear(&conf);
	return remove_folder();
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

#endif
