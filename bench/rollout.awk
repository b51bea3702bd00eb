# One panel of the drawing, from the lines "time answers failed" of two loads side
# by side; y, name, full (the rate), failed and ups (file of "time instances") are
# given. Failures stand ten times as tall as answers, to be seen at all.
BEGIN { left = 50; width = 740; height = 56 }

NF == 6 {
	if (n == 0)
		start = $1 - 1
	dt = $1 - start - at[n]
	n++
	at[n] = $1 - start
	rate[n] = ($2 + $5 - answers) / (dt > 0 ? dt : 1)
	bad[n] = $3 + $6 - lost
	answers = $2 + $5
	lost = $3 + $6
}

function x(t) { return left + (t < 0 ? 0 : t > at[n] ? at[n] : t) * scale }
function yy(v) { return bottom - (v < 1.2 * full ? v : 1.2 * full) / (1.2 * full) * height }
function up_y(v) { return y + 92 - 6 * v }

END {
	if (n == 0)
		exit 1
	scale = width / at[n]
	while ((getline line <ups) > 0) {
		split(line, e, " ")
		up_at[++ups_n] = e[1] - start
		up[ups_n] = e[2]
		most = e[2] > most ? e[2] : most
	}
	bottom = y + 16 + height
	printf "<text x=\"%d\" y=\"%d\">%s: <tspan%s>%d failed</tspan>, %d s</text>\n",
	    left, y + 11, name, (failed > 0 ? " class=\"e\"" : ""), failed, at[n]
	printf "<text x=\"44\" y=\"%d\" text-anchor=\"end\">%d</text>\n", yy(full) + 4, full
	printf "<text x=\"44\" y=\"%d\" text-anchor=\"end\">0</text>\n", bottom
	printf "<text x=\"44\" y=\"%d\" text-anchor=\"end\" font-size=\"9\">%d up</text>\n",
	    up_y(most) + 9, most
	printf "<path class=\"a\" d=\"M%d %.1fh%dM%d %.1fh%d\"/>\n", left, bottom, width,
	    left, yy(full), width
	printf "<path class=\"r\" d=\"M"
	for (i = 1; i <= n; i++)
		printf "%.1f %.1f ", x(at[i]), yy(rate[i])
	printf "\"/>\n<path class=\"f\" d=\""
	for (i = 1; i <= n; i++)
		if (bad[i] > 0) {
			h = bottom - yy(10 * bad[i])
			printf "M%.1f %.1fv-%.1f", x(at[i]), bottom, (h < 4 ? 4 : h)
		}
	printf "\"/>\n<path class=\"u\" d=\""
	for (i = 1; i <= ups_n; i++)
		printf((i > 1 ? "H%.1fV%.0f" : "M%.1f %.0f"), x(up_at[i]), up_y(up[i]))
	printf "H%.1f\"/>\n", x(at[n])
}
