/* What the log says, and of whom. */
#include "config_values.h"
#include "log/json.h"

const char *
read_log_format(struct config *c, const struct option *o, struct span value)
{
	static const struct {
		struct span name;
		enum access_format format;
	} known[] = {
		{ SPAN_INIT("json"), ACCESS_JSON },
		{ SPAN_INIT("seed"), ACCESS_SEED },
		{ SPAN_INIT("ecs"), ACCESS_ECS },
		{ SPAN_INIT("gcp"), ACCESS_GCP },
		{ SPAN_INIT("pretty"), ACCESS_PRETTY },
		{ SPAN_INIT("off"), ACCESS_OFF },
	};

	(void)o;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (span_eq(value, known[i].name)) {
			c->log_format = known[i].format;
			return NULL;
		}
	}
	return "json, seed, ecs, gcp, pretty or off";
}

const char *
read_trusted_proxies(
    struct config *c, const struct option *o, struct span value)
{
	(void)o;
	switch (cidr_set_add(&c->trusted_proxies, value)) {
	case CIDR_NONE:
		return NULL;
	case CIDR_BITS:
		return "networks whose bits behind the prefix are 0, such as "
		       "10.0.0.0/8";
	case CIDR_MANY:
		return "at most 64 networks";
	case CIDR_SYNTAX:
		break;
	}
	return "networks such as 10.0.0.0/8,fd00::/8";
}

void
forget_trusted_proxies(struct config *c)
{
	c->trusted_proxies.count = 0;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Words with dots between them, as they may stand in a key. */
static bool
is_field_name(struct span s)
{
	bool begins = true;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (begins ? !is_word(c)
			   : !is_word(c) && c != '.' && c != '-' &&
			    !(c >= '0' && c <= '9'))
			return false;
		begins = c == '.';
	}
	return !begins && s.len <= ACCESS_NAME_MAX;
}

const char *
read_log_field(struct config *c, const struct option *o, struct span value)
{
	struct span text = value, name = span_cut(&text, '=');
	char memory[CONFIG_FIELDS_TEXT];
	struct buf escaped = buf_over(memory, sizeof memory);
	size_t len;

	(void)o;
	if (!text.at)
		return "NAME=VALUE, such as pod=web-1";
	if (!is_field_name(name))
		return "a name of 1 to 64 letters, digits, _, - and . that "
		       "begins with a letter, also behind a .";
	if (access_name_taken(name))
		return "a name that is not taken: the log has such a field, or "
		       "its collectors have";
	for (size_t i = 0; i < c->log_field_count; i++)
		if (access_names_clash(name, c->log_fields[i].name))
			return "a name that no other field has, or has inside "
			       "it";
	json_escape(&escaped, text, JSON_REPLACE, sizeof memory);
	len = name.len + escaped.len + CONFIG_FIELD_REST;
	if (escaped.overflowed || c->log_field_count == CONFIG_FIELDS_MAX ||
	    c->log_fields_len + len > CONFIG_FIELDS_TEXT)
		return "at most 16 fields, and 2048 bytes of them in all";
	c->log_fields_len += len;
	c->log_fields[c->log_field_count++] =
	    (struct access_field){ name, text };
	return NULL;
}

void
forget_log_fields(struct config *c)
{
	c->log_field_count = 0;
	c->log_fields_len = 0;
}

const char *
read_log_header(struct config *c, const struct option *o, struct span value)
{
	struct access_header_name *h = &c->log_headers[c->log_header_count];
	struct buf key;

	(void)o;
	if (!is_token(value) || value.len > CONFIG_HEADER_NAME_MAX)
		return "the name of a header, such as X-Forwarded-Proto";
	if (c->log_header_count == ACCESS_HEADERS_MAX)
		return "at most 16 headers";
	key = buf_over(c->log_header_keys[c->log_header_count],
	    sizeof c->log_header_keys[0]);
	access_header_key(&key, value);
	for (size_t i = 0; i < c->log_header_count; i++)
		if (span_eq(buf_span(&key), c->log_headers[i].key))
			return "a header that has not been named before";
	*h = (struct access_header_name){ value, buf_span(&key) };
	c->log_header_count++;
	return NULL;
}

void
forget_log_headers(struct config *c)
{
	c->log_header_count = 0;
}
