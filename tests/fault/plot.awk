# SPDX-License-Identifier: BSD-2-Clause
# The samples of a soak -> a picture (SVG) of descriptors and resident memory over time, of the supervisor and of a worker
# (the mean of all). However long it was, a line has 180 points: the mean of the samples there, and behind it a band from
# the lowest to the highest. -v title=TEXT stands above.

BEGIN {
	FS = ","
	points = 180
	width = 900; left = 70; right = 20; high = 190; top = 70; gap = 60
	split("#1b7837 #762a83", colour, " ")
}

NR > 1 && $8 > 0 {
	n++
	at[n] = $1
	phase[n] = $2
	value[1, 1, n] = $6
	value[1, 2, n] = $9 / $8
	value[2, 1, n] = $7 / 1024
	value[2, 2, n] = $10 / $8 / 1024
}

function x_of(time) {
	return left + time / end * (width - left - right)
}

# A step of 1, 2 or 5 times a power of ten, so that RANGE has COUNT of them or a few less.
function nice(range, count,    step) {
	step = 10 ^ int(log(range / count) / log(10) - 1)
	while (range / step > count) {
		step *= 2
		if (range / step > count)
			step *= 2.5
		if (range / step > count)
			step *= 2
	}
	return step
}

# Bucket the samples of a line: sets lowest, highest and mean, by bucket.
function gather(panel, line,    i, b, v) {
	split("", of); split("", mean); split("", lowest); split("", highest)
	for (i = 1; i <= n; i++) {
		b = int(at[i] / end * (points - 1))
		v = value[panel, line, i]
		if (!(b in of) || v < lowest[b])
			lowest[b] = v
		if (!(b in of) || v > highest[b])
			highest[b] = v
		of[b]++
		mean[b] += v
	}
}

function y_of(v) {
	return bottom - v / most * high
}

function draw(panel, line,    b, x, there, back, path) {
	gather(panel, line)
	for (b = 0; b < points; b++) {
		if (!(b in of))
			continue
		x = sprintf("%.0f", x_of((b + 0.5) / points * end))
		there = there " " x "," sprintf("%.1f", y_of(highest[b]))
		back = " " x "," sprintf("%.1f", y_of(lowest[b])) back
		path = path " " x "," sprintf("%.1f", y_of(mean[b] / of[b]))
	}
	printf "<polygon points=\"%s\" fill=\"%s\" opacity=\"0.25\"/>\n", substr(there back, 2), colour[line]
	printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", substr(path, 2), colour[line]
}

function text(x, y, anchor, what) {
	printf "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}

function panel_of(panel, heading,    i, line, step, v) {
	bottom = top + high + (panel - 1) * (high + gap)
	most = 0
	for (i = 1; i <= n; i++)
		for (line = 1; line <= 2; line++)
			if (value[panel, line, i] > most)
				most = value[panel, line, i]
	most *= 1.1
	step = nice(most, 6)
	for (v = 0; v <= most; v += step) {
		printf "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", left, y_of(v), width - right
		text(left - 8, y_of(v) + 4, "end", v)
	}
	text(left, bottom - high - 8, "start", heading)
	draw(panel, 1)
	draw(panel, 2)
}

# Where a phase ends, and its name; the phases stand one after the other.
function phases(    i, from) {
	from = 1
	for (i = 2; i <= n + 1; i++) {
		if (i <= n && phase[i] == phase[from])
			continue
		if (i <= n)
			printf "<path d=\"M%.0f %dV%d\" stroke=\"#888\" stroke-dasharray=\"4 3\"/>\n", x_of(at[i]), top, bottom
		text((x_of(at[from]) + x_of(at[i - 1])) / 2, 46, "middle", phase[from])
		from = i
	}
}

END {
	end = at[n] > 0 ? at[n] : 1
	unit = end > 7200 ? 3600 : end > 120 ? 60 : 1
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n",
		width, top + 2 * high + gap + 46
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	text(width / 2, 22, "middle", title)
	panel_of(1, "descriptors")
	panel_of(2, "resident memory, MiB")
	phases()
	step = nice(end / unit, 10)
	for (v = 0; v <= end / unit; v += step)
		text(x_of(v * unit), bottom + 18, "middle", v)
	text(width / 2, bottom + 38, "middle", unit == 3600 ? "hours" : unit == 60 ? "minutes" : "seconds")
	printf "<g fill=\"%s\">", colour[1]; text(width - right - 150, top - 8, "end", "supervisor"); print "</g>"
	printf "<g fill=\"%s\">", colour[2]; text(width - right, top - 8, "end", "a worker (mean)"); print "</g>"
	print "</svg>"
}
