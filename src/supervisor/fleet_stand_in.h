/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who serves the sockets of a worker that does not: it hangs, waits to be restarted, or has failed
 * for good. Every worker holds all sockets of its generation, so any sibling that is well can.
 * Pure, as the fleet is.
 */
#ifndef ECHOD_FLEET_STAND_IN_H
#define ECHOD_FLEET_STAND_IN_H

#include "supervisor/fleet.h"

/* Gives a stand-in to each that needs one and dismisses those that are needed no more. Returns
 * whether there is something to do now. */
bool fleet_stand_in_assign(struct fleet *fleet);

#endif
