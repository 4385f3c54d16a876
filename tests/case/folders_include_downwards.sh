#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The folders of src include only those below them: common < conf < link < supervisor and worker < main, supervisor and
# worker never each other; bench, another program, only common; and each .c includes its own header first.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# below FOLDER: what a file in this folder may include.
below() {
	case $1 in
	common) echo common ;;
	conf) echo common conf ;;
	link) echo common conf link ;;
	supervisor) echo common conf link supervisor ;;
	worker) echo common conf link worker ;;
	bench) echo common bench ;;
	src) echo common conf link supervisor worker ;;
	*) ;; # a new folder has to find its place here first
	esac
}

# violations SRC: each #include "..." that should not be, as FILE: HEADER.
violations() {
	find "$1" -name '*.[ch]' | sort | while read -r file; do
		folder=$(basename "$(dirname "$file")")
		[ "$(dirname "$file")" != "$1" ] || folder=src
		sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file" >includes
		while read -r header; do
			case " $(below "$folder") " in
			*" ${header%%/*} "*) [ -f "$1/$header" ] && continue ;;
			esac
			echo "$file: $header"
		done <includes
		own=$folder/$(basename "$file" .c).h
		if [ "${file%.c}" != "$file" ] && [ -f "$1/$own" ] && [ "$(head -n 1 includes)" != "$own" ]; then
			echo "$file: not its own header first"
		fi
	done
}

# It finds what it should.
for file in common/log.c common/log.h conf/conf.h link/report.h supervisor/fleet.c supervisor/fleet.h worker/conn.c \
	worker/conn.h main.c new/thing.c; do
	mkdir -p "$(dirname "bad/$file")"
	: >"bad/$file"
done
printf '%s\n' '#include "common/log.h"' '#include "worker/conn.h"' >bad/main.c
violations bad >found
[ "$(grep -c 'not its own header first' found)" -eq 3 ] || fail "not three without their header, but: $(cat found)"
[ "$(wc -l <found)" -eq 3 ] || fail "found where nothing is: $(cat found)"
for pair in common/log.c:common/log.h supervisor/fleet.c:supervisor/fleet.h worker/conn.c:worker/conn.h; do
	echo "#include \"${pair#*:}\"" >"bad/${pair%:*}"
done
violations bad >found
[ ! -s found ] || fail "found where nothing is: $(cat found)"
# Upwards, sideways, into nowhere, without a folder.
echo '#include "conf/conf.h"' >>bad/common/log.h
echo '	#  include "worker/conn.h"' >>bad/supervisor/fleet.h
echo '#include "supervisor/fleet.h"' >>bad/worker/conn.h
echo '#include "common/missing.h"' >>bad/link/report.h
echo '#include "conf.h"' >>bad/conf/conf.h
echo '#include "common/log.h"' >>bad/new/thing.c
violations bad >found
[ "$(wc -l <found)" -eq 6 ] || fail "not six violations, but: $(cat found)"

violations "$top_srcdir/src" >found
[ ! -s found ] || fail "$(cat found)"
[ -f "$top_srcdir/src/main.c" ] || fail "no source there"
