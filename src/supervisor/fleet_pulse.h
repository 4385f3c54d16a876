/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which workers are heard. Each reports several times in its hang_ms; one that is silent for so
 * long hangs: a sibling stands in for it (fleet_stand_in.h). One that stays silent is told to dump
 * core, then killed, so that a new one can come. Pure, as the fleet is.
 */
#ifndef ECHOD_FLEET_PULSE_H
#define ECHOD_FLEET_PULSE_H

#include "supervisor/fleet.h"

#define FLEET_ABORT_AFTER 5 /* times hang_ms of silence, and it is aborted */

/* When the worker is next to be looked at; CLOCK_NEVER = not. */
uint64_t fleet_pulse_deadline(const struct fleet_worker *worker);

/* Looks whether it has been silent for too long. */
void fleet_pulse_feel(struct fleet_worker *worker, uint64_t now);

#endif
