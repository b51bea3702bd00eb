#include "server/work.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

size_t
work_size(size_t body_room)
{
	size_t line = 64;

	return (sizeof(struct work) + body_room + line - 1) / line * line;
}

struct work *
work_take(struct pool *works)
{
	struct work *w = pool_take(works);

	w->in_at = w->in_end = w->keep = w->scanned = 0;
	w->begun = w->held = w->more = false;
	w->sent = 0;
	w->tail = (struct span){ NULL, 0 };
	w->count = w->finished = 0;
	w->out = buf_over(w->out_memory, sizeof w->out_memory);
	return w;
}

void
work_compact(struct work *w)
{
	if (w->in_at == 0)
		return;
	memmove(w->in, w->in + w->in_at, w->in_end - w->in_at);
	w->in_end -= w->in_at;
	w->in_at = 0;
}

/* The rest of out, and tail behind it, in one call. */
static ssize_t
send_both(const struct work *w, int fd, int flags)
{
	struct iovec part[2] = {
		{ w->out.at + w->sent, w->out.len - w->sent },
		{ (char *)(uintptr_t)w->tail.at, w->tail.len },
	};
	struct msghdr message = { .msg_iov = part, .msg_iovlen = 2 };

	return sendmsg(fd, &message, flags);
}

static ssize_t
send_rest(const struct work *w, int fd, int flags)
{
	size_t sent = w->sent;

	if (w->tail.len == 0)
		return send(fd, w->out.at + sent, w->out.len - sent, flags);
	if (sent < w->out.len)
		return send_both(w, fd, flags);
	sent -= w->out.len;
	return send(fd, w->tail.at + sent, w->tail.len - sent, flags);
}

ssize_t
work_send(struct work *w, int fd, bool last)
{
	int flags = MSG_NOSIGNAL | (last ? MSG_MORE : 0);
	ssize_t n;

	do {
		n = send_rest(w, fd, flags);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		w->sent += (size_t)n;
	return n;
}
