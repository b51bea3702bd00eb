#!/bin/sh
# Makes C of the status page: the page without indentation, empty lines and
# comments (of CSS and HTML: whole lines), and the hashes by which its policy
# names its one script and its one style (Content Security Policy 3, 2.3.1).
# Usage: status.sh status.html >status_html.c   needs sed, awk, od and sha256sum
set -eu

tab=$(printf '\t')
page=$(mktemp)
trap 'rm -f "$page"' EXIT
sed -e "s/^[ $tab]*//" -e 's|^//.*||' -e "s|[ $tab][ $tab]*// .*||" \
    -e 's|^/\*.*\*/$||' -e 's|^<!-- .* -->$||' -e '/^$/d' "$1" >"$page"

# What stands between a tag and its end, both of which are a line of their own;
# the newline behind the tag is part of it.
hash_of() {
	{ echo && sed -n "/^<$1>\$/,/^<\/$1>\$/p" "$page" | sed '1d;$d'; } |
	    sha256sum | awk '{
		digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		hex = substr($1, 1, 64) "00" # three digits are two of base64
		for (i = 1; i <= 64; i += 3) {
			n = 0
			for (j = i; j < i + 3; j++)
				n = n * 16 + index("0123456789abcdef",
				    substr(hex, j, 1)) - 1
			text = text substr(digits, int(n / 64) + 1, 1) \
			    substr(digits, n % 64 + 1, 1)
		}
		# 32 bytes are 43 digits, and one to fill up
		print "\"sha256-" substr(text, 1, 43) "=\""
	}'
}

echo '#include "app/status.h"'
echo 'static const unsigned char page[] = {'
od -An -v -tx1 "$page" | sed 's/ \(..\)/0x\1,/g'
echo '};'
echo 'const struct span status_html = { (const char *)page, sizeof page };'
echo "const struct span status_script = SPAN_INIT($(hash_of script));"
echo "const struct span status_style = SPAN_INIT($(hash_of style));"
