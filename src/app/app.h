/*
 * app.h - what this server answers: the page and the operations endpoints. A
 * page of your own is one handler and one line in page_routes.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "http/entity.h"
#include "http/route.h"
#include "metrics/metrics.h"
#include "metrics/text.h"
#include "site/site.h"

/* What the handlers look at. All of it outlives the server. */
struct app {
	const struct metrics *metrics;
	const struct build *build;
	struct span latency_name; /* of the latency histogram */
	struct entity page;       /* the demo page's: see page_prepare */
	struct entity status;     /* the status page's: see status_prepare */
	struct site *site;        /* with site_routes */
};

/* What --header says already is not said twice. */
struct app_fields {
	bool nosniff, cache_control; /* ours are to be sent */
};

/* Fills app->page; memory (ENTITY_FIELDS_MAX bytes) must live as long. */
void page_prepare(
    struct app *app, struct buf *memory, const struct app_fields *fields);
/* The same with app->status. */
void status_prepare(struct app *app, struct buf *memory);

extern const struct route page_routes[]; /* port 8080 */
extern const struct route site_routes[]; /* port 8080 with --root */
extern const struct route ops_routes[];  /* port 9999 */

/* What metrics are written in, each as in Content-Type. */
enum { SCRAPE_TYPES = 3 };
extern const struct span scrape_types[SCRAPE_TYPES];

route_handler demo_page, site_page;
route_handler health_live, health_ready, health_version;
route_handler scrape, status_page;

#endif
