/* SPDX-License-Identifier: BSD-2-Clause */
/* Only memory can fail here. */
#include "worker/extra.h"

#include <stdlib.h>

#include "worker/conn.h"

struct extra *extra_get(struct conn *conn)
{
	if (conn->extra == NULL)
		conn->extra = calloc(1, sizeof *conn->extra);
	return conn->extra;
}

void extra_free(struct conn *conn)
{
	if (conn->extra == NULL)
		return;
	watch_stop(&conn->extra->watch);
	delay_free(conn->extra->delay);
	pace_free(conn->extra->pace);
	sweep_leave(&conn->extra->status);
	framing_drop(&conn->extra->part);
	free(conn->extra);
	conn->extra = NULL;
}
