#include "app/app.h"

enum { READ = METHOD_GET | METHOD_HEAD };

const struct route page_routes[] = {
	{ "/", READ, demo_page },
	{ NULL, 0, NULL },
};

const struct route site_routes[] = {
	{ NULL, READ, site_page },
	{ NULL, 0, NULL },
};

const struct route ops_routes[] = {
	{ "/", READ, status_page },
	{ "/metrics", READ, scrape },
	{ "/livez", READ, health_live },
	{ "/healthz", READ, health_live },
	{ "/readyz", READ, health_ready },
	{ "/version", READ, health_version },
	{ NULL, 0, NULL },
};
