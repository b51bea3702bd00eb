/*
 * load - a load generator for web servers that checks what it gets. README.md
 * in the folder above explains its use.
 *
 * options.c   the command line         schedule.c   when requests are due
 * target.c    the URL                  answer.c     where an answer ends
 * prepare.c   descriptors and memory   histogram.c  how long they took
 * run.c       the event loop           tally.c      what was counted
 * conn.c      one connection           report.c     the result
 * repeat.c    heads that were read before
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "options.h"
#include "report.h"
#include "run.h"

enum { ERROR_MAX = 1024, HELP_MAX = 8192 };

/* An exit status: results that nobody got are a failure. */
static int
flushed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	perror("load: standard output");
	return 1;
}

static int
help(void)
{
	char memory[HELP_MAX];
	struct buf out = buf_over(memory, sizeof memory);

	options_help(&out);
	fwrite(out.at, 1, out.len, stdout);
	return flushed();
}

static int
complain(const struct buf *error)
{
	fprintf(stderr, "%.*s\n", (int)error->len, error->at);
	return -1;
}

/* Runs and reports. Returns an exit status. */
static int
load(const struct options *o, struct result *result, struct buf *error)
{
	buf_put(error, SPAN("load: "));
	if (run(o, isatty(STDERR_FILENO), result, error)) {
		complain(error);
		return 1;
	}
	if (o->json)
		report_json(stdout, o, result);
	else
		report_table(stdout, o, result);
	return flushed() || tally_failed(&result->tally) > 0;
}

int
main(int argc, char *argv[])
{
	char memory[ERROR_MAX];
	struct buf error = buf_over(memory, sizeof memory);
	struct options options;
	struct result *result;
	int status;

	if (options_read(&options, argc, argv, &error)) {
		complain(&error);
		return 2;
	}
	if (options.help)
		return help();
	result = calloc(1, sizeof *result);
	if (!result) {
		perror("load");
		return 1;
	}
	status = load(&options, result, &error);
	free(result);
	return status;
}
