#include "replay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "escape.h"

/* Connections that play at the same time, in step: no more than the server
 * accepts in one turn, since it may answer target_settle in the same. */
enum { BATCH = 60 };

enum manner { WHOLE, BYTEWISE, CUT };

/* One connection, and how it plays. */
struct player {
	enum manner manner;
	size_t cut_step, cut; /* with CUT: which step, and where */
	bool behind;          /* a good request goes before the first piece */
	bool owed;            /* and its answer was not read yet */
	size_t sent;          /* of the present step */
	size_t next;          /* BYTEWISE: the next of its cuts */
	struct talk talk;
};

struct play {
	struct target *target;
	struct dialogue *d;
	struct values values; /* of d */
	struct player players[BATCH];
	size_t count;
	char *memory; /* of all talks */
};

static bool
blame(const struct player *p, const struct step *s, struct fault *f,
    const struct fault *inner)
{
	char how[64] = "";

	if (p->manner == BYTEWISE)
		strcpy(how, ", byte by byte");
	else if (p->manner == CUT)
		snprintf(how, sizeof how, ", cut before byte %zu of step %zu",
		    p->cut, p->cut_step);
	return fault_set(f, "line %u%s%s: %.500s", s->line, how,
	    p->behind ? ", behind a good request" : "", inner->text);
}

/* Where the piece that begins at p->sent ends. */
static size_t
piece_end(struct player *p, const struct step *s, size_t number)
{
	if (p->manner == CUT && number == p->cut_step && p->sent == 0)
		return p->cut;
	if (p->manner == BYTEWISE && p->next < s->cut_count)
		return s->cuts[p->next++];
	return s->bytes.len;
}

/* The server has said that it reads no more. */
static bool
is_hung_up(const struct talk *t)
{
	struct pollfd p = { t->fd, POLLRDHUP, 0 };

	return poll(&p, 1, 0) > 0;
}

static void
send_piece(struct play *play, struct player *p, const struct step *s)
{
	size_t number = (size_t)(s - play->d->steps);
	size_t end = piece_end(p, s, number);

	if (p->manner == BYTEWISE && is_hung_up(&p->talk)) {
		p->sent = s->bytes.len; /* nobody would go on */
		return;
	}
	if (p->behind && number == 0 && p->sent == 0) {
		const char *probe = talk_probe(play->d->metrics);
		size_t n = strlen(probe);
		char *both = grown(NULL, n + end);

		memcpy(both, probe, n);
		memcpy(both + n, s->bytes.at, end);
		talk_send(&p->talk, both, n + end);
		free(both);
		p->owed = true;
	} else {
		talk_send(&p->talk, s->bytes.at + p->sent, end - p->sent);
	}
	p->sent = end;
}

/* All players' pieces, each when the server has read the one before. */
static bool
send_all(struct play *play, struct step *s, struct fault *f)
{
	bool left = true;

	if (s->source && !step_fill(s, &play->values))
		return fault_set(f, "line %u: a value is not known", s->line);
	for (size_t i = 0; i < play->count; i++)
		play->players[i].sent = play->players[i].next = 0;
	while (left) {
		left = false;
		for (size_t i = 0; i < play->count; i++) {
			struct player *p = &play->players[i];

			if (p->sent < s->bytes.len)
				send_piece(play, p, s);
			left |= p->sent < s->bytes.len;
		}
		if (left && !target_settle(play->target))
			return fault_set(f, "line %u: nobody there", s->line);
	}
	return true;
}

static bool
do_step(
    struct play *play, struct player *p, const struct step *s, struct fault *f)
{
	struct talk *t = &p->talk;
	bool metrics = play->d->metrics;

	if (p->owed) {
		p->owed = false;
		if (!talk_answer(
			t, metrics ? &talk_probe_metrics : &talk_probe_page, f))
			return false;
		if (t->says_close)
			return fault_set(f, "the good request's said close");
	}
	switch (s->kind) {
	case STEP_ANSWER:
		return talk_answer(t, &s->answer, f);
	case STEP_QUIET:
		return talk_quiet(t, f);
	case STEP_OPEN:
		return talk_open(t, metrics, f);
	case STEP_CLOSED:
	case STEP_ENDED:
		return talk_closed(t, s->kind == STEP_ENDED, f);
	case STEP_SHUT:
		shutdown(t->fd, SHUT_WR);
		t->shut = true;
		return true;
	case STEP_SEND:
	case STEP_PAUSE:
		break;
	}
	return true;
}

/* The answers to the last requests are all that comes. */
static bool
nothing_more(struct play *play, const struct step *s, struct fault *f)
{
	struct fault inner = { "" };

	if (!target_settle(play->target))
		return fault_set(f, "line %u: nobody there", s->line);
	for (size_t i = 0; i < play->count; i++)
		if (!talk_quiet(&play->players[i].talk, &inner))
			return blame(&play->players[i], s, f, &inner);
	return true;
}

static bool
play_step(struct play *play, struct step *s, struct fault *f)
{
	struct timespec t = { s->ms / 1000, s->ms % 1000 * 1000000L };
	struct fault inner = { "" };

	if (s->kind == STEP_SEND)
		return send_all(play, s, f);
	if (s->kind == STEP_PAUSE) {
		nanosleep(&t, NULL);
		for (size_t i = 0; i < play->count; i++)
			play->players[i].talk.answered = false;
		return true;
	}
	if (s->kind == STEP_QUIET && !target_settle(play->target))
		return fault_set(f, "line %u: nobody there", s->line);
	for (size_t i = 0; i < play->count; i++)
		if (!do_step(play, &play->players[i], s, &inner))
			return blame(&play->players[i], s, f, &inner);
	return s->kind != STEP_OPEN || nothing_more(play, s, f);
}

static bool
play_open(struct play *play, struct fault *f)
{
	const struct target *t = play->target;
	uint16_t port = play->d->metrics ? t->metrics : t->page;

	for (size_t i = 0; i < play->count; i++) {
		struct talk *talk = &play->players[i].talk;

		*talk = (struct talk){ .target = play->target,
			.values = &play->values,
			.memory = play->memory + i * TALK_MEMORY,
			.fd = target_dial(port) };
		if (talk->fd < 0)
			return fault_set(f, "no connection");
	}
	return true;
}

/* Plays the dialogue with all players that have been gathered. */
static bool
play_all(struct play *play, size_t *count, struct fault *f)
{
	const struct dialogue *d = play->d;
	bool good = play_open(play, f);

	for (size_t i = 0; good && i < d->step_count; i++)
		good = play_step(play, &d->steps[i], f);
	for (size_t i = 0; i < play->count; i++)
		if (play->players[i].talk.fd >= 0)
			close(play->players[i].talk.fd);
	*count += play->count;
	play->count = 0;
	return good;
}

static bool
add(struct play *play, struct player p, size_t *count, struct fault *f)
{
	p.talk.fd = -1;
	play->players[play->count++] = p;
	return play->count < BATCH || play_all(play, count, f);
}

/* One player for each place to cut. */
static bool
play_cuts(struct play *play, bool behind, size_t *count, struct fault *f)
{
	const struct dialogue *d = play->d;

	for (size_t i = 0; i < d->step_count; i++)
		for (size_t k = 0; k < d->steps[i].cut_count; k++)
			if (!add(play,
				(struct player){ .manner = CUT,
				    .behind = behind,
				    .cut_step = i,
				    .cut = d->steps[i].cuts[k] },
				count, f))
				return false;
	return true;
}

struct play *
play_new(struct target *t)
{
	struct play *play = grown(NULL, sizeof *play);

	*play = (struct play){ .target = t };
	play->memory = grown(NULL, (size_t)BATCH * TALK_MEMORY);
	return play;
}

void
play_free(struct play *play)
{
	free(play->memory);
	values_clear(&play->values);
	free(play);
}

bool
replay(struct play *play, struct dialogue *d, size_t *count, struct fault *f)
{
	bool good;

	values_clear(&play->values);
	play->d = d;
	/* alone at first: what is wrong then, has nothing to do with pieces */
	add(play, (struct player){ .manner = WHOLE }, count, f);
	good = play_all(play, count, f);
	if (!good || play->target->peer)
		return good;
	if (!d->first)
		add(play, (struct player){ .behind = true }, count, f);
	if (!d->unsplit) {
		add(play, (struct player){ .manner = BYTEWISE }, count, f);
		good = play_cuts(play, false, count, f) &&
		    (d->first || play_cuts(play, true, count, f));
	}
	return good && play_all(play, count, f);
}
