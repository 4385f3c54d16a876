# SPDX-License-Identifier: BSD-2-Clause
# benchmark.tsv -> "workload" echod naive best-peer: mean ratio of server time a message to `limit`, for chart.gnuplot.

BEGIN { FS = "\t" }

$1 == "idle" || $1 ~ /^half/ || $4 == "failed" { next }

!($1 in seen) {
	seen[$1] = 1
	workload[++workload_count] = $1
}

$2 == "limit" {
	cpu[$1, $3] = $5
	next
}

($1, $3) in cpu {
	sum[$1, $2] += $5 / cpu[$1, $3]
	n[$1, $2]++
	peer[$2] = 1
}

END {
	for (w = 1; w <= workload_count; w++) {
		best = ""
		for (p in peer)
			if (p != "echod" && p != "naive" && p != "unconfined" && n[workload[w], p] > 0) {
				ratio = sum[workload[w], p] / n[workload[w], p]
				if (best == "" || ratio < best)
					best = ratio
			}
		printf "\"%s\" %s %s %s\n", workload[w], mean("echod"), mean("naive"), best == "" ? "NaN" : best
	}
}

function mean(name) {
	return n[workload[w], name] > 0 ? sum[workload[w], name] / n[workload[w], name] : "NaN"
}
