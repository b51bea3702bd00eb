#include "harness.h"

struct json {
	const unsigned char *at, *end;
	char *keys; /* may be NULL */
	size_t keys_len, keys_cap;
	const char *want; /* name whose value is looked for, or NULL */
	char *found;      /* room for it; found_len is how long it is */
	size_t found_len;
	bool has;
};

static bool json_value(struct json *j, int depth, char *out, size_t *len);

static void
json_space(struct json *j)
{
	while (j->at < j->end && strchr(" \t\r\n", *j->at) && *j->at)
		j->at++;
}

static bool
json_byte(struct json *j, char c)
{
	if (j->at == j->end || *j->at != (unsigned char)c)
		return false;
	j->at++;
	return true;
}

static void
json_note(struct json *j, const char *s, size_t n)
{
	if (!j->keys || j->keys_len + n + 1 > j->keys_cap)
		return;
	memcpy(j->keys + j->keys_len, s, n);
	j->keys_len += n;
	j->keys[j->keys_len] = '\0';
}

/* Bytes of the UTF-8 character at s, 0 if it is none (RFC 3629, 4). */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80             ? 1
	    : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
	    : (s[0] & 0xf0) == 0xe0        ? 3
	    : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
					   : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool
json_hex4(struct json *j, unsigned *value)
{
	char digits[5] = { 0 };

	if (j->end - j->at < 4)
		return false;
	memcpy(digits, j->at, 4);
	if (strspn(digits, "0123456789abcdefABCDEF") != 4)
		return false;
	*value = (unsigned)strtoul(digits, NULL, 16);
	j->at += 4;
	return true;
}

static size_t
utf8_put(char *out, unsigned c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

static bool
json_escape(struct json *j, char *out, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *simple;
	unsigned c, low;

	if (j->at == j->end)
		return false;
	c = *j->at++;
	simple = c ? strchr(from, (int)c) : NULL;
	if (simple) {
		out[(*len)++] = to[simple - from];
		return true;
	}
	if (c != 'u' || !json_hex4(j, &c) || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (!json_byte(j, '\\') || !json_byte(j, 'u') ||
		    !json_hex4(j, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	*len += utf8_put(out + *len, c);
	return true;
}

/* A string's content to out, which has room for as many bytes as are left. */
static bool
json_string(struct json *j, char *out, size_t *len)
{
	*len = 0;
	if (!json_byte(j, '"'))
		return false;
	while (j->at < j->end && *j->at != '"') {
		size_t n;

		if (*j->at < 0x20)
			return false;
		if (*j->at == '\\') {
			j->at++;
			if (!json_escape(j, out, len))
				return false;
			continue;
		}
		n = utf8_length(j->at, (size_t)(j->end - j->at));
		if (n == 0)
			return false;
		memcpy(out + *len, j->at, n);
		*len += n;
		j->at += n;
	}
	return json_byte(j, '"');
}

static size_t
json_digits(struct json *j)
{
	size_t n = 0;

	for (; j->at < j->end && *j->at >= '0' && *j->at <= '9'; j->at++)
		n++;
	return n;
}

static bool
json_number(struct json *j)
{
	json_byte(j, '-');
	if (!json_byte(j, '0') && json_digits(j) == 0)
		return false;
	if (json_byte(j, '.') && json_digits(j) == 0)
		return false;
	if (json_byte(j, 'e') || json_byte(j, 'E')) {
		if (!json_byte(j, '+'))
			json_byte(j, '-');
		return json_digits(j) > 0;
	}
	return true;
}

static bool
json_object(struct json *j, int depth)
{
	const size_t room = (size_t)(j->end - j->at) + 8;
	char *name = malloc(room), *value = malloc(room);
	size_t name_len, value_len;
	bool ok = name && value, first = true;

	json_byte(j, '{');
	if (depth > 0)
		json_note(j, "{", 1);
	json_space(j);
	while (ok && !json_byte(j, '}')) {
		if (!first && !json_byte(j, ',')) {
			ok = false;
			break;
		}
		json_space(j);
		ok = json_string(j, name, &name_len);
		json_note(j, ",", first ? 0 : 1);
		if (ok)
			json_note(j, name, name_len);
		json_space(j);
		ok = ok && json_byte(j, ':');
		json_space(j);
		ok = ok && json_value(j, depth + 1, value, &value_len);
		if (ok && j->want && !j->has && depth < 2 &&
		    name_len == strlen(j->want) &&
		    memcmp(name, j->want, name_len) == 0) {
			memcpy(j->found, value, value_len);
			j->found_len = value_len;
			j->has = true;
		}
		json_space(j);
		first = false;
	}
	if (depth > 0)
		json_note(j, "}", 1);
	free(name);
	free(value);
	return ok;
}

static bool
json_array(struct json *j, int depth)
{
	char *value = malloc((size_t)(j->end - j->at) + 8);
	size_t len;
	bool ok = value != NULL, first = true;

	json_byte(j, '[');
	json_space(j);
	while (ok && !json_byte(j, ']')) {
		ok = first || json_byte(j, ',');
		json_space(j);
		ok = ok && json_value(j, depth + 1, value, &len);
		json_space(j);
		first = false;
	}
	free(value);
	return ok;
}

static bool
json_value(struct json *j, int depth, char *out, size_t *len)
{
	static const char *const words[] = { "true", "false", "null" };
	const unsigned char *from = j->at;
	bool ok = false;

	if (j->at == j->end || depth > 16)
		return false;
	if (*j->at == '"')
		return json_string(j, out, len);
	if (*j->at == '{')
		ok = json_object(j, depth);
	else if (*j->at == '[')
		ok = json_array(j, depth);
	else if (*j->at == '-' || (*j->at >= '0' && *j->at <= '9'))
		ok = json_number(j);
	for (size_t i = 0; !ok && i < COUNT(words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(j->end - from) >= n &&
		    memcmp(from, words[i], n) == 0) {
			j->at = from + n;
			ok = true;
		}
	}
	*len = (size_t)(j->at - from);
	memcpy(out, from, *len);
	return ok;
}

static bool
json_run(struct json *j, const char *text, size_t n)
{
	j->at = (const unsigned char *)text;
	j->end = j->at + n;
	if (j->keys)
		j->keys[0] = '\0';
	json_space(j);
	if (j->at == j->end || *j->at != '{' || !json_object(j, 0))
		return false;
	json_space(j);
	return j->at == j->end;
}

bool
json_check(const char *text, size_t n, char *keys, size_t cap)
{
	struct json j = { .keys = keys, .keys_cap = cap };

	return json_run(&j, text, n);
}

const char *
json_get(const char *line, const char *name)
{
	struct json j = { .want = name, .found = keep(strlen(line) + 8) };

	if (!json_run(&j, line, strlen(line)))
		fail_msg("not JSON: %s", line);
	j.found[j.found_len] = '\0';
	return j.has ? j.found : NULL;
}

void
assert_json(const char *line, const char *name, const char *value)
{
	const char *is = json_get(line, name);

	if (!is)
		fail_msg("no %s in: %s", name, line);
	if (strcmp(is, value) != 0)
		fail_msg(
		    "%s is \"%s\", not \"%s\", in: %s", name, is, value, line);
}
