/*
 * fuzz.h - what all targets share: their entry, and how they say no.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Takes one input; returns 0. See libFuzzer's manual. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert, but there in every build: what it says is what is tested. */
#define CHECK(claim)                                                       \
	do {                                                               \
		if (!(claim)) {                                            \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, \
			    __LINE__, #claim);                             \
			abort();                                           \
		}                                                          \
	} while (0)

#endif
