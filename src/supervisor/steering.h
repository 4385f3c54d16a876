/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu-steering: worker k of n runs on the processors whose number modulo n is k, and a program in
 * the kernel (socket(7), SO_ATTACH_REUSEPORT_CBPF) gives what comes in on a processor to the slot
 * with the same remainder. Slots are numbered in the order in which they began to listen, which is
 * their order here; surplus ones get nothing new.
 */
#ifndef ECHOD_STEERING_H
#define ECHOD_STEERING_H

#include <stdbool.h>

struct slots_address;

/* Begins, goes on with another number of workers, or ends. What fails is logged: connections are
 * then spread by hash. */
void steering_apply(struct slots_address *address, bool on, unsigned workers);

/* In worker `index`: keeps it on its processors. If there are none it stays on all. */
void steering_pin(unsigned index, unsigned workers);

#endif
