/*
 * work.h - what a connection borrows while a request or an answer is half done.
 */
#ifndef SERVER_WORK_H
#define SERVER_WORK_H

#include <stdbool.h>
#include <sys/types.h>

#include "http/body.h"
#include "http/request.h"
#include "http/response.h"
#include "log/access.h"
#include "server/pool.h"

enum {
	WORK_BATCH = 32, /* requests answered in one turn, in one send */
	/* a whole head, and always some room behind it for the body */
	WORK_IN = HEAD_MAX + 4096,
	WORK_OUT = 16 * 1024,
	WORK_COPY = 2048, /* bodies up to this are copied behind their head */
	/* room an answer's head and a copied body need, but for Location */
	WORK_ANSWER = 8 * 1024,
	/* sent for one connection before the others have their turn */
	WORK_TURN = 256 * 1024,
};

/* One request, from its head to its line in the log. */
struct exchange {
	struct access_record record; /* spans into the input buffer */
	uint64_t start;              /* its first byte, monotonic ns */
	uint64_t first;              /* its answer's first byte; 0: not yet */
	uint64_t end; /* its answer's last byte, or its loss; 0: not yet */
	uint64_t head_at, body_at,
	    ends_at; /* of its answer, in the bytes to send */
	enum method method;
	bool keep_alive_1_0;
	/* where the service has details: */
	uint64_t request_bytes; /* as far as taken */
	struct span fields;     /* the lines of a good head */
};

/* The page with the input's first bytes comes first: a slow head costs one. */
struct work {
	size_t in_at, in_end; /* bytes not yet taken: in[in_at .. in_end) */
	size_t keep;          /* CONN_BODY: in[0 .. keep) is still needed */
	size_t scanned;       /* of the head in progress */
	bool more;            /* what is unread may hold whole requests */
	bool begun;           /* a request's first byte is there */
	uint64_t start;       /* when it came */
	uint64_t read_at;     /* last read */
	struct buf out;
	uint64_t sent;       /* of out and tail together */
	uint64_t tail;       /* bytes of a body too large to copy: the pieces of
	                      * res, sent after out; 0: none */
	unsigned piece;      /* of those, the one to go on with */
	uint64_t piece_sent; /* bytes of it already sent */
	unsigned count;      /* exchanges answered into out */
	unsigned finished;   /* of those, already logged */
	bool held;           /* exchange[count] waits for its body or delay */
	struct response res; /* its answer, or the one that tail belongs to */
	struct body body;
	char in[WORK_IN];
	struct exchange exchange[WORK_BATCH + 1];
	char out_memory[WORK_OUT];
	char body_memory[];
};

/* Bytes of a block whose handlers may write bodies of body_room bytes. */
size_t work_size(size_t body_room);

/* One block of a pool of them that is never short of any, as good as new. */
struct work *work_take(struct pool *works);

/* Bytes read and not yet taken. */
static inline struct span
work_unread(const struct work *w)
{
	return (struct span){ w->in + w->in_at, w->in_end - w->in_at };
}

/* Moves what is unread to the front, where a whole head has room. */
void work_compact(struct work *w);

/* How far sending got. */
enum sending {
	SENDING_DONE,
	SENDING_TURN,    /* there is more to do, after the others' turn */
	SENDING_BLOCKED, /* until the socket has room */
	SENDING_LOST,    /* the connection is broken, or has to be */
};

/*
 * Hands to the kernel what is not yet sent: all of out and what of the tail is
 * in memory in one call (sendmsg(2)), files by sendfile(2), at most about
 * WORK_TURN bytes in all. A file that ends early, or that is not what was
 * announced any more, makes the connection lost. With last, the end goes out
 * together with the connection's: call shutdown(2) when all is sent.
 */
enum sending work_send(struct work *w, int fd, bool last);

#endif
