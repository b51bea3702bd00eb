#include "site/rules.h"

const char *
rules_add(struct cache_rules *rules, struct span text)
{
	struct span value = text, pattern = span_trim(span_cut(&value, '='));

	if (!value.at || pattern.len == 0)
		return "PATTERN=VALUE, such as /assets/*=max-age=3600";
	if (pattern.at[0] != '/' && pattern.at[0] != '*')
		return "a pattern that begins with / or *";
	value = span_trim(value);
	if (value.len < 1 || value.len > RULES_VALUE_MAX)
		return "a value of 1 to 256 characters behind the =";
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < ' ' || value.at[i] > '~')
			return "a value of visible ASCII characters and spaces";
	if (rules->count == RULES_MAX)
		return "at most 64 rules";
	if (text.len > RULES_TEXT_MAX - rules->text)
		return "at most 8192 bytes of rules in all";
	rules->text += text.len;
	rules->rule[rules->count].pattern = pattern;
	rules->rule[rules->count].value = value;
	rules->count++;
	return NULL;
}

/* Each part between two stars is taken where it is found first: if there is a
 * match at all, there is one that begins so. */
static bool
matches(struct span pattern, struct span path)
{
	struct span part = span_cut(&pattern, '*');

	if (!pattern.at)
		return span_eq(path, part);
	if (!span_starts(path, part))
		return false;
	path = span_from(path, part.len);
	for (;;) {
		const char *hit;

		part = span_cut(&pattern, '*');
		if (!pattern.at) /* the last one: it has to be the end */
			return path.len >= part.len &&
			    span_eq(span_from(path, path.len - part.len), part);
		hit = memmem(path.at, path.len, part.at, part.len);
		if (!hit)
			return false;
		path = span_between(hit + part.len, path.at + path.len);
	}
}

size_t
rules_rank(const struct cache_rules *rules, struct span path)
{
	size_t i = 0;

	while (i < rules->count && !matches(rules->rule[i].pattern, path))
		i++;
	return i;
}

struct span
rules_find(const struct cache_rules *rules, struct span path, bool *found)
{
	size_t i = rules_rank(rules, path);

	*found = i < rules->count;
	return *found ? rules->rule[i].value : SPAN("");
}
