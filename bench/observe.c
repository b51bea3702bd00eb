/*
 * observe.c - what an observation costs the histogram that each request is
 * counted by (src/metrics/histogram.h), in ns of CPU time: one thread, and four
 * that contend for two cores; always the same duration, so that all of them add
 * to one cell, and durations from 20 us to 10 s, evenly spread by order of
 * magnitude. Medians of eleven rounds with quartiles.
 *
 * Usage: observe
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/prng.h"
#include "metrics/histogram.h"

enum { VALUES = 4096, ROUNDS = 11, OBSERVATIONS = 16000000, THREADS = 4 };

static const uint64_t bounds[] = { 5 * NS_PER_MS, 10 * NS_PER_MS,
	25 * NS_PER_MS, 50 * NS_PER_MS, 75 * NS_PER_MS, 100 * NS_PER_MS,
	250 * NS_PER_MS, 500 * NS_PER_MS, 750 * NS_PER_MS, NS_PER_SEC,
	2500 * NS_PER_MS, 5 * NS_PER_SEC, 7500 * NS_PER_MS, 10 * NS_PER_SEC };

static struct histogram histogram;
static uint64_t values[VALUES];

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* Threads, and when they may begin: together. */
struct round {
	pthread_barrier_t begin;
	_Atomic unsigned threads; /* that have come */
	bool observe; /* or do all but that, to know what the rest costs */
	uint64_t each;
};

/* Thread i to the first core that we may use, or to the second, in turns. */
static void
pin(unsigned i)
{
	cpu_set_t may, is;
	size_t core = 0;

	CPU_ZERO(&is);
	if (sched_getaffinity(getpid(), sizeof may, &may) != 0)
		fail("sched_getaffinity");
	for (unsigned passed = 0; core < CPU_SETSIZE; core++)
		if (CPU_ISSET(core, &may) && passed++ == i % 2)
			break;
	CPU_SET(core, &is);
	errno = pthread_setaffinity_np(pthread_self(), sizeof is, &is);
	if (errno != 0)
		fail("needs two cores: pthread_setaffinity_np");
}

static void *
run(void *argument)
{
	struct round *r = argument;

	pin(r->threads++);
	pthread_barrier_wait(&r->begin);
	for (uint64_t i = 0; i < r->each; i++) {
		uint64_t ns = values[i % VALUES];

		if (r->observe)
			histogram_observe(&histogram, ns);
		else
			__asm__ volatile("" : : "r"(ns));
	}
	return NULL;
}

static uint64_t
cpu_time(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
		fail("clock_gettime");
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

/* CPU time that so many threads take for OBSERVATIONS in all. */
static uint64_t
take(unsigned threads, bool observe)
{
	pthread_t thread[THREADS];
	struct round r = { .observe = observe, .each = OBSERVATIONS / threads };
	uint64_t before;

	if (pthread_barrier_init(&r.begin, NULL, threads) != 0)
		fail("pthread_barrier_init");
	before = cpu_time();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run, &r) != 0)
			fail("pthread_create");
	for (unsigned i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	before = cpu_time() - before;
	pthread_barrier_destroy(&r.begin);
	return before;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(const char *what, unsigned threads)
{
	double cost[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		double bare = (double)take(threads, false);

		cost[i] = ((double)take(threads, true) - bare) / OBSERVATIONS;
	}
	qsort(cost, ROUNDS, sizeof cost[0], compare);
	printf("  %u thread%s, %-21s %5.1f [%.1f, %.1f] ns\n", threads,
	    threads > 1 ? "s" : " ", what, cost[ROUNDS / 2], cost[ROUNDS / 4],
	    cost[ROUNDS - 1 - ROUNDS / 4]);
}

/* 20 us * 2^x, x evenly in 0..19: from one power to the next evenly, too. */
static void
spread(struct prng *random)
{
	for (unsigned i = 0; i < VALUES; i++) {
		uint64_t first = 20 * NS_PER_US << prng_between(random, 0, 18);

		values[i] = prng_between(random, first, 2 * first);
	}
}

int
main(void)
{
	struct prng random = { clock_monotonic() };

	histogram_init(&histogram, bounds, sizeof bounds / sizeof bounds[0]);
	puts("an observation, CPU time");
	for (unsigned i = 0; i < VALUES; i++)
		values[i] = 30 * NS_PER_US;
	measure("always 30 us", 1);
	measure("always 30 us", THREADS);
	spread(&random);
	measure("from 20 us to 10 s", 1);
	measure("from 20 us to 10 s", THREADS);
	return 0;
}
