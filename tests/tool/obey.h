/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker of echod-faulty that does what clients tell it: to try what no client can make a good
 * one do. */
#ifndef ECHOD_TEST_OBEY_H
#define ECHOD_TEST_OBEY_H

/*
 * From now on, who sends "do WHAT" in one piece, WHAT being one of these, and nothing behind it:
 *     crash    die of SIGSEGV
 *     spin     never return to the loop of events
 *
 * And these calls, which a good worker does not make. The client is told what came of it instead of
 * what it has sent: "done", or the error's name.
 *     open           a file, to be read
 *     create         a file in the working directory
 *     socket         a TCP socket
 *     socket-unix    a UNIX socket, the one that the C library asks for
 *     connect, bind  what is no socket
 *     dial           port 1 of this host: a TCP socket, and to connect it
 *     exec           a program that there is not
 *     fork           and the child ends at once
 *     ptrace         lets its parent go, whom it does not trace
 *     kill           its parent, with no signal
 *     prctl          its own name
 *     signal         another handler for SIGSYS
 *     setsockopt     an option that no worker sets
 *     ioctl          how much there is to read
 *     fcntl          the flags of a descriptor
 *     mmap-exec      memory from that code can run
 *     mprotect-exec  the same, afterwards
 */
void obey_start(void);

#endif
