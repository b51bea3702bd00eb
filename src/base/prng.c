#include "base/prng.h"

uint64_t
prng_next(struct prng *p)
{
	uint64_t z = p->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t
prng_between(struct prng *p, uint64_t low, uint64_t high)
{
	uint64_t width = high - low + 1;

	/* width 0 is all 64 bits; the bias of % is below 2^-20 for the widths
	 * of demonstrations */
	return width == 0 ? prng_next(p) : low + prng_next(p) % width;
}
