/* SPDX-License-Identifier: BSD-2-Clause */
/* What only some connections need: it is made when the first of it is needed. */
#ifndef ECHOD_EXTRA_H
#define ECHOD_EXTRA_H

#include "worker/delay.h"
#include "worker/framing.h"
#include "worker/pace.h"
#include "worker/watch.h"

struct conn;

struct extra {
	struct watch watch;
	struct framing part;
	struct delay *delay;       /* owned; NULL = none */
	struct pace *pace;         /* the same */
	struct sweep_entry status; /* of announce.c */
};

/* The connection's; NULL: memory is short. */
struct extra *extra_get(struct conn *conn);

/* Frees it and ends all that it does. */
void extra_free(struct conn *conn);

#endif
