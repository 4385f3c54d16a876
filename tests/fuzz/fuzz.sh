#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs fuzz targets one after the other, for FUZZ_SECONDS all together (60) or FUZZ_RUNS executions each:
#     fuzz.sh tests/fuzz/fuzz_NAME...
# in the build folder, where tests/fuzz/corpus/NAME keeps what was found out, and a finding stays as
# tests/fuzz/fuzz_NAME.crash-*, which is an argument of its target. Goes on after a finding, and fails in the end.

set -u

top_srcdir=${top_srcdir:-.}
seeds=$top_srcdir/tests/fuzz/seeds
dict=tests/fuzz/corpus/words.dict

mkdir -p tests/fuzz/corpus || exit 1
if [ "${FUZZ_RUNS:-0}" -gt 0 ]; then
	limit="-runs=$FUZZ_RUNS"
else
	limit="-max_total_time=$(((${FUZZ_SECONDS:-60} + $# - 1) / $#))"
fi

# The names of the options are the table's.
{
	cat "$top_srcdir/tests/fuzz/words.dict"
	./echod --help | sed -n 's/^ .*--\([a-z0-9-]*\).*/"\1"/p'
} >"$dict"

failed=0
total=0
for target; do
	name=${target##*/fuzz_}
	log=tests/fuzz/corpus/$name.log
	mkdir -p "tests/fuzz/corpus/$name" || exit 1
	# Enough for what there is to say, and no more, for the sake of speed.
	case $name in
	conf) with="-max_len=1200 -dict=$dict" ;;
	cmdline | listen) with="-max_len=600 -dict=$dict" ;;
	text) with="-max_len=300 -dict=$dict" ;;
	address) with=-max_len=200 ;;
	framing) with=-max_len=64 ;;
	*) with=-max_len=128 ;;
	esac
	status=0
	# shellcheck disable=SC2086 # $with is several words
	"./$target" $limit $with -timeout=60 -print_final_stats=1 \
		-artifact_prefix="$target." "tests/fuzz/corpus/$name" "$seeds/$name" >"$log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
	total=$((total + ${runs:-0}))
	if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "$name: $runs executions ($rate a second) without a finding"
	else
		failed=$((failed + 1))
		tail -n 60 "$log"
		echo "$name: exit status $status after ${runs:-0} executions: $log"
	fi
done
echo "fuzz: $# targets, $total executions, $failed with a finding"
[ "$failed" -eq 0 ]
