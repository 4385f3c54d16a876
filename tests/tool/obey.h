/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker of echod-faulty that does what clients tell it: to try what no client can make a good
 * one do. */
#ifndef ECHOD_TEST_OBEY_H
#define ECHOD_TEST_OBEY_H

/*
 * From now on, who sends "do WHAT" in one piece, WHAT being one of these, and nothing behind it:
 *     crash    die of SIGSEGV
 *     spin     never return to the loop of events
 */
void obey_start(void);

#endif
