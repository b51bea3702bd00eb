#include "site/site.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "site/loader.h"
#include "site/serve.h"

/* Deep enough for a walk and a line of log, with sanitizers too; what is not
 * touched takes no memory. */
enum { STACK = 256 * 1024 };

/* Keeps errno. */
static void
tell_cannot(const struct tree_options *o)
{
	int error = errno;

	o->tell(o->context,
	    &(struct site_note){ .kind = SITE_FAILED,
		.what = "the loader cannot be woken",
		.path = span_of(o->root),
		.error = error });
	errno = error;
}

int
site_open(struct site *s, const struct tree_options *o)
{
	int error;

	*s = (struct site){ .options = *o };
	s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake == -1) {
		tell_cannot(o);
		return -1;
	}
	if (loader_first(s) == 0)
		return 0;
	error = errno;
	close(s->wake);
	errno = error;
	return -1;
}

/* Signals are the loop's: a thread inherits what is blocked. */
static int
start_thread(struct site *s)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int error = pthread_attr_init(&attr);

	if (error)
		return error;
	error = pthread_attr_setstacksize(&attr, STACK);
	if (!error) {
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		error = pthread_create(&s->loader, &attr, loader_run, s);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return error;
}

int
site_start(struct site *s, enum watch_mode mode)
{
	watch_open(&s->watch, s->options.root, mode);
	errno = start_thread(s);
	s->started = errno == 0;
	return s->started ? 0 : -1;
}

void
site_reload(struct site *s)
{
	loader_ask(s, LOADER_RELOAD);
}

/* Whoever sees the number taken sees all that was borrowed before. */
struct generation *
site_take_over(struct site *s)
{
	s->current = atomic_exchange(&s->next, NULL);
	atomic_store_explicit(
	    &s->taken, generation_number(s->current), memory_order_release);
	files_forget(&s->files);
	loader_ask(s, LOADER_TAKEN);
	return s->current;
}

void
site_answer(struct site *s, const struct request *req, struct response *res)
{
	if (!serve_answer(site_current(s), &s->files, req, res))
		loader_ask(s, LOADER_CHECK);
}

void
site_close(struct site *s)
{
	if (s->started) {
		loader_ask(s, LOADER_END);
		pthread_join(s->loader, NULL);
		watch_close(&s->watch);
	}
	files_forget(&s->files);
	while (s->held_count > 0)
		generation_free(s->held[--s->held_count]);
	close(s->wake);
	s->started = false;
}
