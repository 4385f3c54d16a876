#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# If the first workers do not become ready, echod ends with status 1, or 78 if one did, says why, and leaves nothing behind.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

crash_expected=yes # do=abort
ECHOD=$ECHOD_FAULTY
export ECHOD_FAULT

ECHOD_FAULT='generation=1 worker=1 do=exit:1'
refused_echod 1 'error: .*worker 1 (pid [0-9]*) exited with status 1' -w 3 -l tcp:127.0.0.1:0
ECHOD_FAULT='generation=1 do=abort'
refused_echod 1 'error: .*killed by signal 6' -w 3 -l tcp:127.0.0.1:0
ECHOD_FAULT='generation=1 worker=0 do=garbage'
refused_echod 1 'error: ' -w 3 -l tcp:127.0.0.1:0
ECHOD_FAULT='generation=1 worker=2 do=hang'
refused_echod 1 'error: .*ready' -w 3 -l tcp:127.0.0.1:0 --start-timeout=300ms
has_lines 0 'listening on' || fail "it listened all the same"

# What a worker that ends with 78 says is true for echod as a whole.
ECHOD_FAULT='generation=1 worker=0 do=exit:78'
refused_echod 78 'error: .*status 78' -w 3 -l tcp:127.0.0.1:0
ECHOD_FAULT='do=exit:78'
refused_echod 78 'error: .*status 78' -w 1 -l tcp:127.0.0.1:0
