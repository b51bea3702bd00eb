#include "http/precond.h"

/* To come: conditions are not looked at yet. */
enum status
precond_check(const struct request *req, const struct entity *e, int64_t now)
{
	(void)req, (void)e, (void)now;
	return STATUS_NONE;
}

bool
precond_if_range(const struct request *req, const struct entity *e, int64_t now)
{
	(void)req, (void)e, (void)now;
	return true;
}
