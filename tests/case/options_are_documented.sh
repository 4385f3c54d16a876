#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The options of --help are those of echod(8), those of echobench --help are those of echobench(1), the directives of -T are
# those of echod.conf(5) and of the file that is installed, and the defaults in that file are the defaults.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

man1=$top_srcdir/doc/echobench.1
man8=$top_srcdir/doc/echod.8
man5=$top_srcdir/doc/echod.conf.5
file=$top_srcdir/etc/echod.conf

# same WHAT ONE OTHER: two lists.
same() {
	[ -s "$2" ] || fail "$1: nothing found"
	cmp -s "$2" "$3" || fail "$1: $(diff "$2" "$3")"
}

# Letter and name of each option, - without a letter.
options_of_help() {
	sed -n -e 's/^ *-\([A-Za-z0-9]\), --\([a-z0-9-]*\).*/\1 \2/p' -e 's/^  *--\([a-z0-9-]*\).*/- \1/p' | sort
}

options_of_page() {
	sed -n -e 's/^\.It Fl \([A-Za-z0-9]\) , Fl -\([a-z0-9-]*\).*/\1 \2/p' -e 's/^\.It Fl -\([a-z0-9-]*\).*/- \1/p' "$1" | sort
}

# The settings of listeners are in echod.conf(5) alone.
"$ECHOD" --help >help.all
sed '/^Settings of listeners/,$d' help.all >help
options_of_help <help >help.options
options_of_page "$man8" >man8.options
same "options of --help and of echod(8)" help.options man8.options
"$ECHOBENCH" --help | options_of_help >bench.options
options_of_page "$man1" >man1.options
same "options of echobench --help and of echobench(1)" bench.options man1.options

# What goes with --ping, as the program says it and as SYNOPSIS does.
"$ECHOBENCH" --ping -J host:7 2>ping.err && fail "--ping takes -J"
tr -c 'A-Za-z0-9-' '\n' <ping.err | sed -n '/^-/p' | sort >ping.options
awk '
	/^\.Fl -ping$/ { print "--ping"; inside = 1 }
	/^\.Ar server/ { inside = 0 }
	!inside || !/^\.Op Fl/ { next }
	$3 ~ /^-/ { print "-" $3; next }
	{ for (i = 1; i <= length($3); i++) print "-" substr($3, i, 1) }' "$man1" | sort >synopsis.options
same "what goes with echobench --ping" ping.options synopsis.options

# -T has every directive but port, which is short for a listen.
"$ECHOD" -c /dev/null -T >dump
{ cut -d ' ' -f 1 dump && echo port; } | sort -u >directives
sed -n 's/^\.It Ic \([a-z0-9-]*\).*/\1/p' "$man5" | sort >man5.directives
same "directives of -T and of echod.conf(5)" directives man5.directives
sed -n 's/^#\([a-z][a-z0-9-]*\)\( .*\)*$/\1/p' "$file" | sort -u >file.directives
same "directives of -T and of etc/echod.conf" directives file.directives

# Each directive is a long option, too.
sed -n 's/^ .*--\([a-z0-9-]*\).*/\1/p' help.all | sort >names
[ -z "$(comm -13 names directives)" ] || fail "no options: $(comm -13 names directives)"

# The settings of listeners stand together, in the manual and in --help.
sed -n '/^Settings of listeners/,$s/^  .*--\([a-z0-9-]*\).*/\1/p' help.all | sort >help.listener
sed -n '/^\.Sh LISTENER SETTINGS/,/^\.Sh [^L]/s/^\.It Ic \([a-z0-9-]*\).*/\1/p' "$man5" | sort >man5.listener
same "settings of listeners in --help and in echod.conf(5)" help.listener man5.listener

# The file as it is sets nothing; with everything but port switched on it sets the defaults.
"$ECHOD" -c "$file" -T >installed
same "defaults and etc/echod.conf" dump installed
sed -n 's/^#\([a-z][a-z0-9-]* .*\)$/\1/p' "$file" | grep -v '^port ' >everything
"$ECHOD" -c everything -T >switched_on || fail "etc/echod.conf has bad examples"
same "defaults and what etc/echod.conf says they are" dump switched_on
