#!/bin/bash
# Does the table in README.md name every dialogue, and nothing else? As TAP.
# shellcheck disable=SC2016 # the backticks are text
cd "$(dirname "$0")" || exit 1

echo 1..2
named=$(sed -n '/^## The rules/,/^## /p' README.md |
	grep -oE '`[0-9]{4}-[0-9a-zA-Z.]+-[a-z0-9.-]+`' | tr -d '`' | sort -u)
there=$(for f in *.http; do echo "${f%.http}"; done | sort -u)
odd=$(comm -3 <(echo "$named") <(echo "$there"))
if [ -z "$odd" ]; then
	echo 'ok 1 - the table of rules names every dialogue'
else
	echo 'not ok 1 - the table of rules names every dialogue'
	echo '# in the table alone; indented: in the folder alone'
	while IFS= read -r line; do echo "# $line"; done <<<"$odd"
fi

# What is said on peers is said of dialogues that are there.
named=$(sed -n '/^## Where peers differ/,$p' README.md |
	grep -oE '`[0-9]{4}-[0-9a-zA-Z.]+-[a-z0-9.-]+`' | tr -d '`' | sort -u)
odd=$(comm -23 <(echo "$named") <(echo "$there"))
if [ -z "$odd" ]; then
	echo 'ok 2 - what is said on peers is said of dialogues'
else
	echo 'not ok 2 - what is said on peers is said of dialogues'
	while IFS= read -r line; do echo "# $line"; done <<<"$odd"
fi
