#include "server/work.h"

#include <errno.h>
#include <sys/sendfile.h>
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
	w->sent = w->tail = 0;
	w->res.source = NULL;
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

enum { IOV_MAX_PARTS = 1 + RESPONSE_PIECES };

/* Moves on by n bytes, which were sent. */
static void
advance(struct work *w, uint64_t n)
{
	uint64_t out = w->sent < w->out.len ? w->out.len - w->sent : 0;

	w->sent += n;
	if (n <= out)
		return;
	w->piece_sent += n - out;
	while (w->piece < w->res.pieces &&
	    w->piece_sent >= w->res.piece[w->piece].length) {
		w->piece_sent -= w->res.piece[w->piece].length;
		w->piece++;
	}
}

/*
 * The rest of out and the pieces in memory behind it, in one call. *asked is
 * how much that is.
 */
static ssize_t
send_parts(const struct work *w, int fd, bool last, uint64_t *asked)
{
	struct iovec part[IOV_MAX_PARTS];
	struct msghdr message = { .msg_iov = part };
	unsigned i = w->piece;
	uint64_t from = w->piece_sent;
	int flags = MSG_NOSIGNAL | (last ? MSG_MORE : 0);

	*asked = 0;
	if (w->sent < w->out.len) {
		*asked = w->out.len - w->sent;
		part[message.msg_iovlen++] =
		    (struct iovec){ w->out.at + w->sent, (size_t)*asked };
	}
	for (; w->tail > 0 && i < w->res.pieces; i++, from = 0) {
		const struct piece *p = &w->res.piece[i];

		if (!p->at) {
			flags |= MSG_MORE;
			break;
		}
		part[message.msg_iovlen++] =
		    (struct iovec){ (char *)(uintptr_t)p->at + from,
			    (size_t)(p->length - from) };
		*asked += p->length - from;
	}
	return sendmsg(fd, &message, flags);
}

/* The same; most answers are in out as a whole. */
static ssize_t
send_memory(const struct work *w, int fd, bool last, uint64_t *asked)
{
	if (w->tail > 0)
		return send_parts(w, fd, last, asked);
	*asked = w->out.len - w->sent;
	return send(fd, w->out.at + w->sent, (size_t)*asked,
	    MSG_NOSIGNAL | (last ? MSG_MORE : 0));
}

static ssize_t
send_file(const struct work *w, int fd, uint64_t *asked)
{
	const struct response *res = &w->res;
	const struct piece *p = &res->piece[w->piece];
	uint64_t left = p->length - w->piece_sent;
	off_t offset = (off_t)(p->offset + w->piece_sent);
	ssize_t n;

	if (left <= WORK_TURN && res->source && res->source->intact &&
	    !res->source->intact(res->owner)) {
		errno = ESTALE;
		return -1;
	}
	*asked = left < WORK_TURN ? left : WORK_TURN;
	n = sendfile(fd, p->fd, &offset, (size_t)*asked);
	if (n == 0) { /* the file ends here */
		errno = ESTALE;
		return -1;
	}
	return n;
}

static ssize_t
send_some(const struct work *w, int fd, bool last, uint64_t *asked)
{
	ssize_t n;

	do {
		if (w->sent < w->out.len || w->res.piece[w->piece].at)
			n = send_memory(w, fd, last, asked);
		else
			n = send_file(w, fd, asked);
	} while (n < 0 && errno == EINTR);
	return n;
}

enum sending
work_send(struct work *w, int fd, bool last)
{
	uint64_t all = w->out.len + w->tail, before = w->sent, asked;

	while (w->sent < all) {
		ssize_t n = send_some(w, fd, last, &asked);

		if (n < 0)
			return errno == EAGAIN ? SENDING_BLOCKED : SENDING_LOST;
		advance(w, (uint64_t)n);
		if ((uint64_t)n < asked)
			return SENDING_BLOCKED;
		if (w->sent - before >= WORK_TURN && w->sent < all)
			return SENDING_TURN;
	}
	return SENDING_DONE;
}
