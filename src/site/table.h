/*
 * table.h - entries by their decoded path: a hash table that is filled once.
 */
#ifndef SITE_TABLE_H
#define SITE_TABLE_H

#include "site/entry.h"

struct table {
	struct entry *entry; /* in the order they were added */
	size_t count, room;
	struct place {
		uint32_t tag;  /* more of the hash */
		uint32_t next; /* of entry, + 1; 0: nobody */
	} * place;
	uint64_t mask; /* places - 1, twice as many as room, or more */
	uint64_t seed;
};

/* An empty table with room for so many entries; -1 with ENOMEM. */
int table_begin(struct table *t, size_t room, uint64_t seed);
void table_end(struct table *t);

/* Adds an entry for a decoded path; NULL if there is one already. */
struct entry *table_add(struct table *t, struct span path);

/* By a decoded path, and by one as it came in a request; or NULL. */
struct entry *table_get(const struct table *t, struct span path);
struct entry *table_find(const struct table *t, struct span encoded);

#endif
