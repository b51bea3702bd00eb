/*
 * schema.h - the fields that are published for ecs and gcp: their names, types
 * and words; and whether a member is what they say.
 */
#ifndef TESTS_LOG_SCHEMA_H
#define TESTS_LOG_SCHEMA_H

#include <arpa/inet.h>

#include "members.h"

enum type {
	DATE,
	KEYWORD, /* and wildcard, text: strings */
	KEYWORDS,
	LONG,
	IP,
	STRING, /* a JSON string that may be empty */
	INT64,  /* a number in a string */
	DURATION,
	TRUE,
};

struct known {
	const char *name; /* a '*' at the end is anything but nothing */
	enum type type;
	const char *words; /* NULL: any */
};

/* Elastic Common Schema 8.11: the field sets base, client, ecs, event, http,
 * log, service, tracing, url, user_agent, as far as a web server can know of
 * them. */
static const struct known ecs[] = {
	{ "@timestamp", DATE, NULL },
	{ "message", STRING, NULL },
	{ "tags", KEYWORDS, NULL },
	{ "labels.*", KEYWORD, NULL },
	{ "client.address", KEYWORD, NULL },
	{ "client.bytes", LONG, NULL },
	{ "client.domain", KEYWORD, NULL },
	{ "client.ip", IP, NULL },
	{ "client.nat.ip", IP, NULL },
	{ "client.nat.port", LONG, NULL },
	{ "client.packets", LONG, NULL },
	{ "client.port", LONG, NULL },
	{ "client.registered_domain", KEYWORD, NULL },
	{ "client.user.name", KEYWORD, NULL },
	{ "ecs.version", KEYWORD, NULL },
	{ "event.action", KEYWORD, NULL },
	{ "event.category", KEYWORDS,
	    "api authentication configuration database driver email file host "
	    "iam intrusion_detection library malware network package process "
	    "registry session threat vulnerability web" },
	{ "event.code", KEYWORD, NULL },
	{ "event.created", DATE, NULL },
	{ "event.dataset", KEYWORD, NULL },
	{ "event.duration", LONG, NULL },
	{ "event.end", DATE, NULL },
	{ "event.id", KEYWORD, NULL },
	{ "event.ingested", DATE, NULL },
	{ "event.kind", KEYWORD,
	    "alert asset enrichment event metric pipeline_error signal state" },
	{ "event.module", KEYWORD, NULL },
	{ "event.original", KEYWORD, NULL },
	{ "event.outcome", KEYWORD, "failure success unknown" },
	{ "event.provider", KEYWORD, NULL },
	{ "event.reason", KEYWORD, NULL },
	{ "event.sequence", LONG, NULL },
	{ "event.severity", LONG, NULL },
	{ "event.start", DATE, NULL },
	{ "event.timezone", KEYWORD, NULL },
	/* of category web */
	{ "event.type", KEYWORDS, "access error info" },
	{ "http.request.body.bytes", LONG, NULL },
	{ "http.request.body.content", KEYWORD, NULL },
	{ "http.request.bytes", LONG, NULL },
	{ "http.request.id", KEYWORD, NULL },
	{ "http.request.method", KEYWORD, NULL },
	{ "http.request.mime_type", KEYWORD, NULL },
	{ "http.request.referrer", KEYWORD, NULL },
	{ "http.response.body.bytes", LONG, NULL },
	{ "http.response.body.content", KEYWORD, NULL },
	{ "http.response.bytes", LONG, NULL },
	{ "http.response.mime_type", KEYWORD, NULL },
	{ "http.response.status_code", LONG, NULL },
	{ "http.version", KEYWORD, NULL },
	{ "log.level", KEYWORD, "info warn error" },
	{ "log.logger", KEYWORD, NULL },
	{ "orchestrator.namespace", KEYWORD, NULL },
	{ "orchestrator.resource.name", KEYWORD, NULL },
	{ "service.environment", KEYWORD, NULL },
	{ "service.ephemeral_id", KEYWORD, NULL },
	{ "service.id", KEYWORD, NULL },
	{ "service.name", KEYWORD, NULL },
	{ "service.node.name", KEYWORD, NULL },
	{ "service.state", KEYWORD, NULL },
	{ "service.type", KEYWORD, NULL },
	{ "service.version", KEYWORD, NULL },
	{ "span.id", KEYWORD, NULL },
	{ "trace.id", KEYWORD, NULL },
	{ "transaction.id", KEYWORD, NULL },
	{ "url.domain", KEYWORD, NULL },
	{ "url.extension", KEYWORD, NULL },
	{ "url.fragment", KEYWORD, NULL },
	{ "url.full", KEYWORD, NULL },
	{ "url.original", KEYWORD, NULL },
	{ "url.password", KEYWORD, NULL },
	{ "url.path", KEYWORD, NULL },
	{ "url.port", LONG, NULL },
	{ "url.query", KEYWORD, NULL },
	{ "url.scheme", KEYWORD, NULL },
	{ "url.username", KEYWORD, NULL },
	{ "user_agent.device.name", KEYWORD, NULL },
	{ "user_agent.name", KEYWORD, NULL },
	{ "user_agent.original", KEYWORD, NULL },
	{ "user_agent.version", KEYWORD, NULL },
	{ NULL, STRING, NULL },
};

/* What Cloud Logging takes out of a line for its LogEntry; and then, ours. */
static const struct known gcp[] = {
	{ "severity", KEYWORD,
	    "DEFAULT DEBUG INFO NOTICE WARNING ERROR CRITICAL ALERT "
	    "EMERGENCY" },
	{ "time", DATE, NULL },
	{ "message", STRING, NULL },
	{ "httpRequest.requestMethod", STRING, NULL },
	{ "httpRequest.requestUrl", STRING, NULL },
	{ "httpRequest.requestSize", INT64, NULL },
	{ "httpRequest.status", LONG, NULL },
	{ "httpRequest.responseSize", INT64, NULL },
	{ "httpRequest.userAgent", STRING, NULL },
	{ "httpRequest.remoteIp", IP, NULL },
	{ "httpRequest.serverIp", IP, NULL },
	{ "httpRequest.referer", STRING, NULL },
	{ "httpRequest.latency", DURATION, NULL },
	{ "httpRequest.cacheLookup", TRUE, NULL },
	{ "httpRequest.cacheHit", TRUE, NULL },
	{ "httpRequest.cacheValidatedWithOriginServer", TRUE, NULL },
	{ "httpRequest.cacheFillBytes", INT64, NULL },
	{ "httpRequest.protocol", STRING, NULL },
	{ "logging.googleapis.com/insertId", STRING, NULL },
	{ "logging.googleapis.com/labels.*", STRING, NULL },
	{ "logging.googleapis.com/spanId", STRING, NULL },
	{ "logging.googleapis.com/trace", STRING, NULL },
	{ "logging.googleapis.com/trace_sampled", TRUE, NULL },
	{ "request_id", KEYWORD, NULL },
	{ "aborted", TRUE, NULL },
	{ "header_*", STRING, NULL },
	{ NULL, STRING, NULL },
};

static const struct known *
find(const struct known *list, const char *name)
{
	for (; list->name; list++) {
		size_t n = strcspn(list->name, "*");

		if (list->name[n] ? strncmp(name, list->name, n) == 0 && name[n]
				  : strcmp(name, list->name) == 0)
			return list;
	}
	return NULL;
}

/* 9 stands for a digit. */
static bool
shaped(struct span s, const char *shape)
{
	size_t i = 0;

	for (; i < s.len && shape[i]; i++)
		if (shape[i] == '9' ? s.at[i] < '0' || s.at[i] > '9'
				    : s.at[i] != shape[i])
			return false;
	return i == s.len && !shape[i];
}

static bool
is_word(struct span s, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");

		if (span_eq(s, (struct span){ words, n }))
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

static bool
is_digits(struct span s)
{
	return check_digits(&s) > 0 && s.len == 0;
}

static bool
is_ip(struct span s)
{
	char text[64] = "", binary[16];

	if (s.len >= sizeof text)
		return false;
	memcpy(text, s.at, s.len);
	return inet_pton(AF_INET, text, binary) == 1 ||
	    inet_pton(AF_INET6, text, binary) == 1;
}

/* A number of seconds with at most nine decimals, and "s". */
static bool
is_duration(struct span s)
{
	size_t dot = span_find(s, '.');

	if (s.len < 2 || s.at[--s.len] != 's')
		return false;
	if (!is_digits((struct span){ s.at, dot < s.len ? dot : s.len }))
		return false;
	return dot >= s.len ||
	    (is_digits(span_from(s, dot + 1)) && s.len - dot <= 10);
}

static bool
is_keywords(struct span list, const char *words)
{
	while (list.at) {
		struct span one = span_trim(span_cut(&list, ','));

		if (one.len < 3 || one.at[0] != '"')
			return false;
		one = (struct span){ one.at + 1, one.len - 2 };
		if (words && !is_word(one, words))
			return false;
	}
	return true;
}

static bool
fits(const struct member *m, const struct known *k)
{
	bool string = m->kind == MEMBER_STRING;

	switch (k->type) {
	case DATE:
		return string &&
		    shaped(m->value, "9999-99-99T99:99:99.999999Z");
	case KEYWORD:
		return string && m->value.len > 0 &&
		    (!k->words || is_word(m->value, k->words));
	case KEYWORDS:
		return m->kind == MEMBER_STRINGS &&
		    is_keywords(m->value, k->words);
	case LONG:
		return m->kind == MEMBER_NUMBER && is_digits(m->value);
	case IP:
		return string && is_ip(m->value);
	case STRING:
		return string;
	case INT64:
		return string && is_digits(m->value);
	case DURATION:
		return string && is_duration(m->value);
	case TRUE:
		return m->kind == MEMBER_TRUE;
	}
	return false;
}

#endif
