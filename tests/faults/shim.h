/*
 * shim.h - what the parts of the shim share: the plan's word for a call.
 */
#ifndef FAULTS_SHIM_H
#define FAULTS_SHIM_H

#include <stddef.h>

#include "faults/plan.h"

/* What is planned for this call, with errno set; 0: nothing. */
int fault(const char *call, const char *detail);

/* How many of n bytes are left to a call. */
size_t cut(int effect, size_t n);

#define REAL(type, name, ...)            \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

#endif
