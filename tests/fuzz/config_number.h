/*
 * config_number.h - is a text read as the number it is?
 */
#ifndef TESTS_FUZZ_CONFIG_NUMBER_H
#define TESTS_FUZZ_CONFIG_NUMBER_H

#include "base/span.h"

/* Reads s in all the ways of base/num.h, and aborts where one is wrong. */
void number_check(struct span s);

#endif
