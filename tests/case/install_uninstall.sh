#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make install puts everything in its place and never writes over settings; uninstall leaves nothing but changed settings.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

[ -f "$top_builddir/Makefile" ] || skip "no Makefile in $top_builddir"
: "${MAKE:=make}"
command -v "$MAKE" >/dev/null || skip "no make here"
# What make check was told is not meant for this one.
unset MAKEFLAGS MFLAGS MAKELEVEL

run_make() {
	"$MAKE" -C "$top_builddir" "$@" DESTDIR="$work/root" >>make.out 2>&1 || fail "make $* failed"
}

files() {
	find root ! -type d | sed 's|.*/||' | sort | tr '\n' ' '
}

: >stamp
run_make install
[ -z "$(find "$top_builddir" -name '*.o' -newer stamp)" ] || fail "make install has compiled something"
for file in echod echod.8 echod.conf.5 echod.conf echobench echobench.1; do
	case " $(files)" in
	*" $file "*) ;;
	*) fail "$file is missing: $(files)" ;;
	esac
done
installed=$(files)

for name in echobench echod; do
	program=$(find root -type f -name "$name")
	case $program in
	*/bin/"$name" | */sbin/"$name") ;;
	*) fail "the program is $program" ;;
	esac
	"$program" --version | grep -q "^$name [0-9]" || fail "the installed $name does not say its version"
done
settings=$(find root -name echod.conf)
"$program" -c "$settings" -t || fail "the installed settings are not good"
unit=$(find root -name echod.service) # where configure was told to install it
if [ -n "$unit" ]; then
	grep -q '@[a-z]*@' "$unit" && fail "not filled in: $(grep '@[a-z]*@' "$unit")"
	grep -q '^ExecStart=/.*/echod' "$unit" || fail "no ExecStart in $unit"
	[ -f "${unit%.service}.socket" ] || fail "no socket unit beside $unit"
fi

# Somebody's own settings stay as they are, at an installation and at its end.
echo 'workers 3' >>"$settings"
cp "$settings" mine
run_make install
cmp -s "$settings" mine || fail "an installation has written over changed settings"
[ "$(files)" = "$installed" ] || fail "another installation has other files: $(files)"
run_make uninstall
[ "$(files)" = "echod.conf " ] || fail "left after uninstall: $(files)"
cmp -s "$settings" mine || fail "uninstall has changed the settings"

# Unchanged settings go with the rest.
rm "$settings"
run_make install
run_make uninstall
[ -z "$(files)" ] || fail "left after uninstall: $(files)"
