#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Only one file forks, one makes sockets, one writes to standard error and syslog, and only main.c and the child's entry
# end the process. (bench is another program, with laws of its own.)

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

cd "$top_srcdir/src"

# calls NAMES: the files that call one of these functions. In a call there is no blank before the parenthesis; NAME(3) is
# a reference to a manual page.
calls() {
	grep -r -l -E --include='*.[ch]' --exclude-dir=bench "(^|[^A-Za-z0-9_>.])($1)\\(([^0-9]|\$)" . | sed 's|^\./||' | sort
}

# law NAMES FILE...: these files, and no others. So a pattern that finds nothing is a failure, too.
law() {
	names=$1
	shift
	found=$(calls "$names" | tr '\n' ' ')
	[ "$found" = "$* " ] || fail "$names: called in $found instead of $*"
}

law 'fork|vfork|clone|clone3|posix_spawnp?|popen|system|daemon' supervisor/spawn.c
law 'socket|socketpair|bind|listen' supervisor/socket.c
law 'vsyslog|syslog|openlog' common/log.c
law 'sigaction' link/filter.c
law 'exit|_exit|_Exit|quick_exit|exit_group' supervisor/spawn.c
# It would need a socket (addr.c).
[ -z "$(calls 'getnameinfo|if_indextoname')" ] || fail "interfaces are looked up in $(calls 'getnameinfo|if_indextoname')"
for names in abort 'perror|warnx?|errx?|psignal|error' 'raise|longjmp|siglongjmp' 'sleep|usleep|nanosleep|alarm'; do
	[ -z "$(calls "$names")" ] || fail "$names: called in $(calls "$names")"
done

# Who writes to standard error by its name or number.
found=$(grep -r -l -E --include='*.c' --exclude-dir=bench '(^|[^A-Za-z0-9_])stderr($|[^A-Za-z0-9_])|(write|printf|writev)\((STDERR_FILENO|2)[^0-9]' . |
	sed 's|^\./||' | tr '\n' ' ')
[ "$found" = 'common/log.c ' ] || fail "standard error is written to in $found"
