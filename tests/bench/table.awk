# SPDX-License-Identifier: BSD-2-Clause
# benchmark.tsv -> tables of ratios to `limit` in the same round: median (least to greatest).

function median(key, i, j, k, n, list, t) {
	n = count[key]
	if (n == 0)
		return ""
	for (i = 1; i <= n; i++)
		list[i] = value[key, i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && list[j - 1] > list[j]; j--) {
			t = list[j]; list[j] = list[j - 1]; list[j - 1] = t
		}
	k = int((n + 1) / 2)
	t = n % 2 ? list[k] : (list[k] + list[k + 1]) / 2
	return sprintf(n > 2 ? "%.2f (%.2f to %.2f)" : "%.2f", t, list[1], list[n])
}

function add(key, number) {
	value[key, ++count[key]] = number
}

function table(title, kind, skip, w, s, line) {
	printf "\n%s\n\n|", title
	for (s = 1; s <= server_count; s++)
		if (server[s] != "limit")
			line = line " | " server[s]
	print line " |"
	line = "|---"
	for (s = 1; s < server_count; s++)
		line = line "|---"
	print line "|"
	for (w = 1; w <= workload_count; w++) {
		if ((workload[w] ~ /^half/) != skip)
			continue
		line = "| " workload[w]
		for (s = 1; s <= server_count; s++)
			if (server[s] != "limit")
				line = line " | " (failed[workload[w], server[s]] ? "failed" : median(workload[w] SUBSEP server[s] SUBSEP kind))
		print line " |"
	}
}

BEGIN { FS = "\t" }

$1 == "idle" {
	idle = idle sprintf("| %s | %s | %s |\n", $2, $4, $5)
	next
}

{
	if (!($1 in seen_workload)) {
		seen_workload[$1] = 1
		workload[++workload_count] = $1
	}
	if (!($2 in seen_server)) {
		seen_server[$2] = 1
		server[++server_count] = $2
	}
	if ($4 == "failed") {
		failed[$1, $2] = 1
		next
	}
	if ($2 == "limit") {
		rate[$1, $3] = $4
		cpu[$1, $3] = $5
		p99[$1, $3] = $6
	} else if (($1, $3) in rate) {
		add($1 SUBSEP $2 SUBSEP "rate", $4 / rate[$1, $3])
		add($1 SUBSEP $2 SUBSEP "cpu", $5 / cpu[$1, $3])
		add($1 SUBSEP $2 SUBSEP "p99", $6 / p99[$1, $3])
	}
}

END {
	print "<!-- made by make bench; do not edit -->"
	print "Ratios to `limit`, the smallest possible epoll server, in the same round: median (least to greatest)."
	print "`unconfined` is echod with sandbox=off."
	print "For UDP, `limit` is a loop of recvfrom and sendto."
	print "One worker on one processor, the client on another. Machine: " machine "."
	table("Messages a second (more is better):", "rate", 0)
	table("Processor time of the server for a message (less is better):", "cpu", 0)
	table("99th percentile of latency at half of the load that `limit` can bear (less is better):", "p99", 1)
	print "\nIdle connections, 10,000 of them:\n"
	print "| | KiB of process memory each | processor time, % |\n|---|---|---|"
	printf "%s", idle
}
