#include "metrics/exemplar.h"

#include <string.h>

_Static_assert(sizeof(struct exemplar) % sizeof(uint64_t) == 0, "whole words");

enum { TRIES = 8 };

void
exemplar_put(struct exemplar_slot *slot, const struct exemplar *e)
{
	uint64_t words[EXEMPLAR_WORDS];
	uint64_t sequence =
	    atomic_load_explicit(&slot->sequence, memory_order_relaxed);

	if (sequence % 2 ||
	    !atomic_compare_exchange_strong_explicit(&slot->sequence, &sequence,
		sequence + 1, memory_order_acquire, memory_order_relaxed))
		return;
	memcpy(words, e, sizeof words);
	/* released, so that who sees one of them sees the odd number too */
	for (size_t i = 0; i < EXEMPLAR_WORDS; i++)
		atomic_store_explicit(
		    &slot->word[i], words[i], memory_order_release);
	atomic_store_explicit(
	    &slot->sequence, sequence + 2, memory_order_release);
}

bool
exemplar_get(const struct exemplar_slot *slot, struct exemplar *e)
{
	uint64_t words[EXEMPLAR_WORDS], before, after;

	for (int i = 0; i < TRIES; i++) {
		before =
		    atomic_load_explicit(&slot->sequence, memory_order_acquire);
		if (before == 0)
			return false;
		for (size_t j = 0; j < EXEMPLAR_WORDS; j++)
			words[j] = atomic_load_explicit(
			    &slot->word[j], memory_order_acquire);
		after =
		    atomic_load_explicit(&slot->sequence, memory_order_relaxed);
		if (before % 2 == 0 && before == after) {
			memcpy(e, words, sizeof words);
			return true;
		}
	}
	return false;
}
