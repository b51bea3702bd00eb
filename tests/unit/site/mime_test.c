#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "site/mime.h"
#include "unit/guard.h"

/* Every extension there is, by type. */
static const struct {
	const char *type, *extensions;
} known[] = {
	{ "text/html; charset=utf-8", "html htm" },
	{ "application/xhtml+xml", "xhtml xht" },
	{ "text/css; charset=utf-8", "css" },
	{ "text/javascript; charset=utf-8", "js mjs cjs" },
	{ "application/json", "json map topojson" },
	{ "application/ld+json", "jsonld" },
	{ "application/geo+json", "geojson" },
	{ "application/x-ndjson", "ndjson" },
	{ "application/manifest+json", "webmanifest" },
	{ "application/wasm", "wasm" },
	{ "text/wgsl; charset=utf-8", "wgsl" },
	{ "image/svg+xml", "svg svgz" },
	{ "image/png", "png" },
	{ "image/apng", "apng" },
	{ "image/jpeg", "jpg jpeg jpe jfif" },
	{ "image/gif", "gif" },
	{ "image/webp", "webp" },
	{ "image/avif", "avif" },
	{ "image/jxl", "jxl" },
	{ "image/heic", "heic" },
	{ "image/heif", "heif" },
	{ "image/tiff", "tif tiff" },
	{ "image/vnd.microsoft.icon", "ico cur" },
	{ "image/bmp", "bmp" },
	{ "image/ktx2", "ktx2" },
	{ "font/woff", "woff" },
	{ "font/woff2", "woff2" },
	{ "font/ttf", "ttf" },
	{ "font/otf", "otf" },
	{ "font/collection", "ttc otc" },
	{ "application/vnd.ms-fontobject", "eot" },
	{ "video/mp4", "mp4 m4v" },
	{ "video/webm", "webm" },
	{ "video/ogg", "ogv" },
	{ "video/mpeg", "mpeg mpg" },
	{ "video/quicktime", "mov" },
	{ "video/matroska", "mkv" },
	{ "video/mp2t", "ts" },
	{ "video/iso.segment", "m4s" },
	{ "video/3gpp", "3gp" },
	{ "audio/ogg", "ogg oga opus" },
	{ "audio/mpeg", "mp3" },
	{ "audio/mp4", "m4a" },
	{ "audio/wav", "wav" },
	{ "audio/flac", "flac" },
	{ "audio/aac", "aac" },
	{ "audio/webm", "weba" },
	{ "audio/matroska", "mka" },
	{ "audio/midi", "mid midi" },
	{ "application/vnd.apple.mpegurl", "m3u8" },
	{ "application/dash+xml", "mpd" },
	{ "application/pdf", "pdf" },
	{ "text/plain; charset=utf-8", "txt text log" },
	{ "text/markdown; charset=utf-8", "md markdown" },
	{ "text/csv; charset=utf-8", "csv" },
	{ "text/tab-separated-values; charset=utf-8", "tsv" },
	{ "text/calendar; charset=utf-8", "ics" },
	{ "text/vcard; charset=utf-8", "vcf" },
	{ "text/vtt; charset=utf-8", "vtt" },
	{ "text/turtle; charset=utf-8", "ttl" },
	{ "application/xml", "xml xsd" },
	{ "application/xslt+xml", "xsl xslt" },
	{ "application/xml-dtd", "dtd" },
	{ "application/rss+xml", "rss" },
	{ "application/atom+xml", "atom" },
	{ "application/rdf+xml", "rdf" },
	{ "application/mathml+xml", "mml mathml" },
	{ "application/opensearchdescription+xml", "osdx" },
	{ "application/vnd.google-earth.kml+xml", "kml" },
	{ "application/vnd.google-earth.kmz", "kmz" },
	{ "application/gpx+xml", "gpx" },
	{ "application/vnd.mapbox-vector-tile", "mvt" },
	{ "application/yaml", "yaml yml" },
	{ "application/toml", "toml" },
	{ "application/rtf", "rtf" },
	{ "application/postscript", "ps eps ai" },
	{ "application/epub+zip", "epub" },
	{ "application/msword", "doc" },
	{ "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	    "docx" },
	{ "application/vnd.ms-excel", "xls" },
	{ "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	    "xlsx" },
	{ "application/vnd.ms-powerpoint", "ppt" },
	{ "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	    "pptx" },
	{ "application/vnd.oasis.opendocument.text", "odt" },
	{ "application/vnd.oasis.opendocument.spreadsheet", "ods" },
	{ "application/vnd.oasis.opendocument.presentation", "odp" },
	{ "model/gltf+json", "gltf" },
	{ "model/gltf-binary", "glb" },
	{ "model/obj", "obj" },
	{ "model/mtl", "mtl" },
	{ "model/stl", "stl" },
	{ "model/vnd.usdz+zip", "usdz" },
	{ "application/zip", "zip" },
	{ "application/gzip", "gz tgz" },
	{ "application/zstd", "zst" },
	{ "application/x-tar", "tar" },
	{ "application/x-7z-compressed", "7z" },
	{ "application/x-bzip2", "bz2" },
	{ "application/x-xz", "xz" },
	{ "application/vnd.rar", "rar" },
	{ "application/java-archive", "jar" },
	{ "application/vnd.android.package-archive", "apk" },
	{ "application/vnd.debian.binary-package", "deb" },
};

static void
assert_type(struct span name, const char *type)
{
	struct span got = mime_type(guard_put(name));

	if (!span_eq(got, span_of(type)))
		fail_msg("%.*s: got %.*s for %s", (int)name.len, name.at,
		    (int)got.len, got.at, type);
}

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

/* In lower case, in upper case, and with the first letter large. */
static void
check_cases(struct span extension, const char *type)
{
	char name[64] = "name.";

	for (int upper_case = 0; upper_case < 3; upper_case++) {
		for (size_t i = 0; i < extension.len; i++)
			name[5 + i] =
			    upper_case == 1 || (upper_case == 2 && i == 0)
			    ? upper(extension.at[i])
			    : extension.at[i];
		assert_type((struct span){ name, 5 + extension.len }, type);
	}
}

static void
every_extension_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct span rest = span_of(known[i].extensions);

		while (rest.at)
			check_cases(span_cut(&rest, ' '), known[i].type);
	}
}

/* A charset where the type has that parameter, and nowhere else. */
static void
charset_of_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		const char *type = known[i].type;

		assert_int_equal(strncmp(type, "text/", 5) == 0,
		    strstr(type, "; charset=utf-8") != NULL);
		assert_true(strlen(type) <= MIME_TYPE_MAX);
	}
}

static void
last_extension_wins(void **state)
{
	(void)state;
	assert_type(SPAN("app.min.js"), "text/javascript; charset=utf-8");
	assert_type(SPAN("app.js.map"), "application/json");
	assert_type(SPAN("app.js.gz"), "application/gzip");
	assert_type(SPAN("site.tar.zst"), "application/zstd");
	assert_type(SPAN("v1.2/readme.md"), "text/markdown; charset=utf-8");
	assert_type(SPAN("..css"), "text/css; charset=utf-8");
}

static void
unknown(void **state)
{
	static const char *const names[] = { "", ".", "..", "html", "a.",
		"a.html.", "a.html ", "a. html", "page.htmlx", "a.ht", "a.j",
		"a.application", "a.webmanifest2", "a.webmanifestx", "a.br",
		"a.exe", "v1.html/readme", "a.html/", "a.\303\251", "a.zzz",
		"a.0", "a.mp", "a.mp\377", "a.~", NULL };

	(void)state;
	for (const char *const *name = names; *name; name++)
		assert_type(span_of(*name), "application/octet-stream");
	assert_type(SPAN("a.js\0"), "application/octet-stream");
	assert_type(SPAN("a.js\n"), "application/octet-stream");
	assert_type(SPAN("a.js text"), "application/octet-stream");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_extension_in_any_case),
		cmocka_unit_test(charset_of_text),
		cmocka_unit_test(last_extension_wins),
		cmocka_unit_test(unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
