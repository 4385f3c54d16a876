# SPDX-License-Identifier: BSD-2-Clause
# Processor time of the server for a message, as a ratio to `limit`.
set terminal svg size 900,420 font "sans-serif,13" background "white"
set output output
set title "Processor time for a message, ratio to the smallest possible server (less is better)"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set logscale y 2
set yrange [0.25:16]
set ytics (0.25, 0.5, 1, 2, 4, 8, 16)
set grid ytics
set xtics rotate by -20
set rmargin 16
set bmargin 6 # room for the longest name
set key top left
plot 1 with lines linecolor "black" linewidth 1.5 title "limit", \
	data using 2:xtic(1) title "echod" linecolor "#1b7837", \
	"" using 3 title "naive libevent" linecolor "#b2182b", \
	"" using 4 title "best of the other servers" linecolor "#878787"
