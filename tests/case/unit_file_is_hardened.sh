#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The systemd units as they were built: systemd understands every line, and finds little that echod could do beyond its
# task (systemd-analyze security: at most 1.3). A reload looks at the file before echod hears of it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

most=13 # tenths

[ -f "$top_builddir/Makefile" ] || skip "no Makefile in $top_builddir"
command -v systemd-analyze >/dev/null || skip "no systemd-analyze here"
: "${MAKE:=make}"
command -v "$MAKE" >/dev/null || skip "no make here"
unset MAKEFLAGS MFLAGS MAKELEVEL
"$MAKE" -C "$top_builddir" etc/echod.service >make.out 2>&1 || fail "$(cat make.out)"
unit=$top_builddir/etc/echod.service

# What is not installed here stands for what will be: the program, its manual, and kill, which is in another package.
mkdir units
sed -e "s|=/.*/echod |=$ECHOD |" -e 's|=/bin/kill|=/bin/sh|' -e '/^Documentation=/d' "$unit" >units/echod.service
sed -e '/^Documentation=/d' "$top_srcdir/etc/echod.socket" >units/echod.socket
[ "$(grep -c "=$ECHOD " units/echod.service)" -eq 2 ] || fail "echod is not where it is expected in $unit"
SYSTEMD_LOG_LEVEL=warning systemd-analyze verify units/echod.service units/echod.socket >verify.out 2>&1 ||
	fail "verify: $(cat verify.out)"
[ ! -s verify.out ] || fail "verify: $(cat verify.out)"

systemd-analyze security --no-pager --offline=true units/echod.service >security.out 2>&1 || fail "$(cat security.out)"
score=$(sed -n 's/.*Overall exposure level for .*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p' security.out)
[ -n "$score" ] || fail "no score: $(cat security.out)"
[ "$score" -le "$most" ] || fail "exposure $score/10: $(grep '^-' security.out)"

[ "$(sed -n 's/^ExecReload=//p' "$unit" | cut -d ' ' -f 2 | tr '\n' ' ')" = '-t -HUP ' ] ||
	fail "it reloads with $(grep '^ExecReload=' "$unit")"
