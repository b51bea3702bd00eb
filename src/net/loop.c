#include "net/loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/num.h"

static struct epoll_event
event_for(uint64_t tag, unsigned interest)
{
	struct epoll_event event = { .data.u64 = tag };

	if (interest & LOOP_READ)
		event.events |= EPOLLIN;
	if (interest & LOOP_WRITE)
		event.events |= EPOLLOUT;
	return event;
}

/* A socket that hung up is reported with EPOLLIN too, if that was asked for. */
static unsigned
ready_set(uint32_t events)
{
	unsigned ready = LOOP_NOTHING;

	if (events & EPOLLIN)
		ready |= LOOP_READ;
	if (events & EPOLLOUT)
		ready |= LOOP_WRITE;
	if (events & (EPOLLERR | EPOLLHUP))
		ready |= LOOP_BROKEN;
	return ready;
}

/* Rounded up: down, the last millisecond would be spent spinning. */
static int
timeout_ms(uint64_t now, uint64_t deadline)
{
	uint64_t left, ms;

	if (deadline == CLOCK_NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	left = deadline - now;
	ms = left / NS_PER_MS + (left % NS_PER_MS > 0);
	return ms < INT_MAX ? (int)ms : INT_MAX;
}

int
loop_open(struct loop *l)
{
	l->fd = epoll_create1(EPOLL_CLOEXEC);
	return l->fd < 0 ? -1 : 0;
}

int
loop_watch(struct loop *l, int fd, uint64_t tag, unsigned interest)
{
	struct epoll_event event = event_for(tag, interest);

	return epoll_ctl(l->fd, EPOLL_CTL_ADD, fd, &event);
}

int
loop_change(struct loop *l, int fd, uint64_t tag, unsigned interest)
{
	struct epoll_event event = event_for(tag, interest);

	return epoll_ctl(l->fd, EPOLL_CTL_MOD, fd, &event);
}

int
loop_forget(struct loop *l, int fd)
{
	/* not NULL: Linux before 2.6.9 wants it, epoll_ctl(2), BUGS */
	struct epoll_event event = { 0 };

	return epoll_ctl(l->fd, EPOLL_CTL_DEL, fd, &event);
}

int
loop_wait(
    struct loop *l, struct loop_event *out, uint64_t now, uint64_t deadline)
{
	struct epoll_event events[LOOP_BATCH];
	int n =
	    epoll_wait(l->fd, events, LOOP_BATCH, timeout_ms(now, deadline));

	for (int i = 0; i < n; i++) {
		out[i].tag = events[i].data.u64;
		out[i].ready = ready_set(events[i].events);
	}
	return n < 0 && errno == EINTR ? 0 : n;
}
