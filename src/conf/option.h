/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one table of options. getopt_long, the configuration file, --help and --dump-config all read
 * it, so a new option is one row here (and a line in etc/echod.conf and in the manual, which a test
 * compares with the table).
 */
#ifndef ECHOD_OPTION_H
#define ECHOD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "conf/conf.h"

enum option_kind {
	OPTION_NUMBER,    /* uint64_t */
	OPTION_DURATION,  /* uint64_t, ms */
	OPTION_SIZE,      /* uint64_t, bytes */
	OPTION_SWITCH,    /* bool: on, off; on the command line without a value: on */
	OPTION_PATH,      /* char *, "none" = NULL */
	OPTION_TEXT,      /* char[.max], see text.h */
	OPTION_CHOICE,    /* uint64_t, an index of .choices */
	OPTION_OCTAL,     /* uint64_t, in octal digits */
	OPTION_NAME,      /* char[.max]: at most .max - 1 bytes, as they are */
	OPTION_OWNER,     /* struct owner */
	OPTION_GROUP,     /* the same, the group alone */
	OPTION_KEEPALIVE, /* struct profile_keepalive */
	OPTION_ALLOW,     /* struct rules: more of them; may be repeated */
	OPTION_DENY,      /* the same field */
	OPTION_LISTEN,    /* one more listener */
	OPTION_PORT,      /* short for a listener on every address */
	OPTION_VERBOSITY, /* command line only: .min is added to conf.verbosity */
	OPTION_ACTION,    /* command line only: what to do instead of serving, and --config */
};

/*
 * One option. Of those with transports it is said once more behind an address what they are for
 * that listener; their fields are in struct profile, those of all others in struct conf.
 */
struct option_row {
	const char *name;
	char letter;          /* 0 = none */
	const char *argument; /* what --help calls the value; NULL = takes none */
	const char *help;
	enum option_kind kind;
	unsigned transports; /* that it has a meaning for (TRANSPORT_BIT); 0 = it is not a
				listener's */
	size_t offset;       /* of the field in struct conf or struct profile */
	int64_t min, max;
	const char *zero; /* the word that stands for 0, such as auto; NULL = none */
	const char *const *choices;
	const char *letters; /* of a text: what may stand behind a %; NULL = anything */
};

extern const struct option_row option_rows[];
extern const size_t option_count;

/* Whether the option may stand in a file, or behind an address. */
bool option_in_file(const struct option_row *row);
bool option_in_listen(const struct option_row *row);

/* Whether it may be said again: what is said adds up. */
bool option_repeats(const struct option_row *row);

/* The row of that name, or NULL. */
const struct option_row *option_find(const char *name);

/* The name in the table that is most like this one, or NULL if none is near; is_meant: which ones
 * count, NULL = all. */
const char *option_nearest(const char *name, bool (*is_meant)(const struct option_row *row));

/*
 * How many characters of a line belong together: a \ and what it escapes, which is anything inside
 * double quotes and a quote outside, or 1. *quoted: whether that is inside; false at the beginning.
 */
size_t option_step(const char *at, bool *quoted);

/*
 * How long a line is without its comment, which begins at a # that stands first or behind a blank,
 * and not inside double quotes.
 */
size_t option_comment(const char *line);

/* Sets a field from text. value is NULL for an option without one. Not for OPTION_ACTION. */
int option_set(const struct option_row *row, struct conf *conf, enum conf_level level,
	       const char *value, struct err *err);

/* The same for a listener's own setting: only if option_in_listen. NULL = on. */
int option_set_profile(const struct option_row *row, struct profile *profile, const char *value,
		       struct err *err);

/* Writes the field as a line of the file (several lines for listeners); nothing for what cannot
 * stand there. */
void option_dump(const struct option_row *row, const struct conf *conf, FILE *out);

#endif
