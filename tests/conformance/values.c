#include "values.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"

const char *
values_get(const struct values *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->at[i].name, name) == 0)
			return v->at[i].text;
	return NULL;
}

void
values_keep(struct values *v, const char *name, const char *text)
{
	v->at = grown(v->at, (v->count + 1) * sizeof *v->at);
	v->at[v->count].name = strdup(name);
	v->at[v->count++].text = strdup(text);
}

void
values_clear(struct values *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->at[i].name);
		free(v->at[i].text);
	}
	free(v->at);
	*v = (struct values){ 0 };
}

bool
values_named(const char *text)
{
	return strstr(text, "\\(") != NULL;
}

static char *
append(char *text, const char *more, size_t len)
{
	size_t n = strlen(text);

	text = grown(text, n + len + 1);
	memcpy(text + n, more, len);
	text[n + len] = '\0';
	return text;
}

char *
values_fill(const struct values *v, const char *text)
{
	char *filled = strdup(""), *name;
	const char *at, *end, *value;

	while ((at = strstr(text, "\\("))) {
		filled = append(filled, text, (size_t)(at - text));
		end = strchr(at, ')');
		name = strndup(at + 2, end ? (size_t)(end - at) - 2 : 0);
		value = values_get(v, name);
		free(name);
		if (!value) {
			free(filled);
			return NULL;
		}
		filled = append(filled, value, strlen(value));
		text = end + 1;
	}
	return append(filled, text, strlen(text));
}
