/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands come from the supervisor; the check is for a descriptor mixed up, not for malice. */
#include "link/command.h"

_Static_assert(sizeof(struct command) == 32, "a command has no padding");

enum frame_result command_write(int fd, struct command *command)
{
	command->magic = COMMAND_MAGIC;
	command->spare = 0;
	return frame_write(fd, command, sizeof *command);
}

enum frame_result command_read(int fd, struct command *command)
{
	enum frame_result result = frame_read(fd, command, sizeof *command);

	if (result == FRAME_DONE &&
	    (command->magic != COMMAND_MAGIC || command->kind < COMMAND_SERVE ||
	     command->kind > COMMAND_RELEASE))
		result = FRAME_BAD;
	return result;
}
