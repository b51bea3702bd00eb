/*
 * config_mistake.h - the one line that tells what is wrong with the
 * configuration. For config*.c alone.
 */
#ifndef CONFIG_MISTAKE_H
#define CONFIG_MISTAKE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

struct option;

enum source { SOURCE_NONE, SOURCE_VARIABLE, SOURCE_FLAG };

/* The first mistake: those after it are not told. */
struct mistake {
	struct buf *text;
	enum source source; /* where it was made; NONE: there is none */
};

/* Begins to tell of one and returns true, unless there is one already. */
bool mistake_begin(struct mistake *m, enum source source);
/* A wrong value of an option; value.at is NULL where there was none. */
void mistake_value(struct mistake *m, const struct option *o,
    enum source source, struct span value, const char *expected);
/* No such option; it comes with its dashes, without a value. */
void mistake_unknown(struct mistake *m, struct span option);
/* An argument that is no option, and should not be there. */
void
mistake_argument(struct mistake *m, struct span argument, struct span expected);

/* Appends what a user wrote so that it stays one line, and readable. */
void mistake_show(struct buf *b, struct span s);
/* Appends the option's name as it is written there: --listen, or
 * MY_WEBSERVER_LISTEN. */
void option_put(struct buf *b, const struct option *o, enum source source);

#endif
