/*
 * app.h - what this server answers: the page and the operations endpoints. A
 * page of your own is one handler and one line in page_routes.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "http/route.h"
#include "metrics/metrics.h"
#include "metrics/text.h"

/* What the handlers look at. All of it outlives the server. */
struct app {
	const struct metrics *metrics;
	const struct build *build;
	struct span latency_name; /* of the latency histogram */
};

extern const struct route page_routes[]; /* port 8080 */
extern const struct route ops_routes[];  /* port 9999 */

route_handler demo_page;
route_handler health_live, health_ready, health_version;
route_handler scrape;

#endif
