# SPDX-License-Identifier: BSD-2-Clause
# The samples of a soak -> for each phase, by how much each quantity grows over the second half of it: the slope of the
# line that fits best (least squares), times the length. Exit status 1 if one grows by more than it may.
#
# Each child costs the supervisor two pipes and workers come and go, so its descriptors are counted without those; a
# sample can fall between the two counts, which makes no difference only where there are many. A worker's are the mean of
# all. So of a short phase only the supervisor's memory is judged; descriptors are compared at rest as well.

BEGIN {
	FS = ","
	names = split("supervisor's descriptors|supervisor's KiB|a worker's descriptors|a worker's KiB", name, "|")
	split("1 128 4 1280", most, " ") # a worker may keep a MiB of spare memory (SPARE_MIN)
	enough = 120 # samples
}

NR > 1 && $8 > 0 {
	if (!($2 in count))
		phase[++phases] = $2
	n = ++count[$2]
	at[$2, n] = $1
	value[$2, n, 1] = $6 - 2 * $8
	value[$2, n, 2] = $7
	value[$2, n, 3] = $9 / $8
	value[$2, n, 4] = $10 / $8
}

# Over the second half of phase P; sets mean and growth.
function fit(p, quantity,    i, first, n, sx, sy, sxx, sxy, x, y, divisor) {
	first = int(count[p] / 2) + 1
	n = count[p] - first + 1
	sx = sy = sxx = sxy = 0
	for (i = first; i <= count[p]; i++) {
		x = at[p, i] - at[p, first]
		y = value[p, i, quantity]
		sx += x; sy += y; sxx += x * x; sxy += x * y
	}
	divisor = n * sxx - sx * sx
	mean = sy / n
	growth = divisor > 0 ? (n * sxy - sx * sy) / divisor * (at[p, count[p]] - at[p, first]) : 0
}

END {
	for (k = 1; k <= phases; k++) {
		p = phase[k]
		for (quantity = 1; quantity <= names; quantity++) {
			if (quantity != 2 && count[p] < enough)
				continue
			fit(p, quantity)
			grows = growth > most[quantity]
			printf "%s: %s: mean %.1f, growth %+.1f, at most %d: %s\n", p, name[quantity], mean, growth,
				most[quantity], grows ? "GROWS" : "flat"
			if (grows)
				status = 1
		}
	}
	exit status
}
