#include "site/mime.h"

enum { EXTENSION_MAX = 11 };

/* Lines of an extension and its type, in the order of their bytes: a table
 * without pointers, which would take more room than the text. */
static const char table[] =
    "3gp video/3gpp\n"
    "7z application/x-7z-compressed\n"
    "aac audio/aac\n"
    "ai application/postscript\n"
    "apk application/vnd.android.package-archive\n"
    "apng image/apng\n"
    "atom application/atom+xml\n"
    "avif image/avif\n"
    "bmp image/bmp\n"
    "bz2 application/x-bzip2\n"
    "cjs text/javascript; charset=utf-8\n"
    "css text/css; charset=utf-8\n"
    "csv text/csv; charset=utf-8\n"
    "cur image/vnd.microsoft.icon\n"
    "deb application/vnd.debian.binary-package\n"
    "doc application/msword\n"
    "docx application/vnd.openxmlformats-officedocument.wordprocessingml.document\n"
    "dtd application/xml-dtd\n"
    "eot application/vnd.ms-fontobject\n"
    "eps application/postscript\n"
    "epub application/epub+zip\n"
    "flac audio/flac\n"
    "geojson application/geo+json\n"
    "gif image/gif\n"
    "glb model/gltf-binary\n"
    "gltf model/gltf+json\n"
    "gpx application/gpx+xml\n"
    "gz application/gzip\n"
    "heic image/heic\n"
    "heif image/heif\n"
    "htm text/html; charset=utf-8\n"
    "html text/html; charset=utf-8\n"
    "ico image/vnd.microsoft.icon\n"
    "ics text/calendar; charset=utf-8\n"
    "jar application/java-archive\n"
    "jfif image/jpeg\n"
    "jpe image/jpeg\n"
    "jpeg image/jpeg\n"
    "jpg image/jpeg\n"
    "js text/javascript; charset=utf-8\n"
    "json application/json\n"
    "jsonld application/ld+json\n"
    "jxl image/jxl\n"
    "kml application/vnd.google-earth.kml+xml\n"
    "kmz application/vnd.google-earth.kmz\n"
    "ktx2 image/ktx2\n"
    "log text/plain; charset=utf-8\n"
    "m3u8 application/vnd.apple.mpegurl\n"
    "m4a audio/mp4\n"
    "m4s video/iso.segment\n"
    "m4v video/mp4\n"
    "map application/json\n"
    "markdown text/markdown; charset=utf-8\n"
    "mathml application/mathml+xml\n"
    "md text/markdown; charset=utf-8\n"
    "mid audio/midi\n"
    "midi audio/midi\n"
    "mjs text/javascript; charset=utf-8\n"
    "mka audio/matroska\n"
    "mkv video/matroska\n"
    "mml application/mathml+xml\n"
    "mov video/quicktime\n"
    "mp3 audio/mpeg\n"
    "mp4 video/mp4\n"
    "mpd application/dash+xml\n"
    "mpeg video/mpeg\n"
    "mpg video/mpeg\n"
    "mtl model/mtl\n"
    "mvt application/vnd.mapbox-vector-tile\n"
    "ndjson application/x-ndjson\n"
    "obj model/obj\n"
    "odp application/vnd.oasis.opendocument.presentation\n"
    "ods application/vnd.oasis.opendocument.spreadsheet\n"
    "odt application/vnd.oasis.opendocument.text\n"
    "oga audio/ogg\n"
    "ogg audio/ogg\n"
    "ogv video/ogg\n"
    "opus audio/ogg\n"
    "osdx application/opensearchdescription+xml\n"
    "otc font/collection\n"
    "otf font/otf\n"
    "pdf application/pdf\n"
    "png image/png\n"
    "ppt application/vnd.ms-powerpoint\n"
    "pptx application/vnd.openxmlformats-officedocument.presentationml.presentation\n"
    "ps application/postscript\n"
    "rar application/vnd.rar\n"
    "rdf application/rdf+xml\n"
    "rss application/rss+xml\n"
    "rtf application/rtf\n"
    "stl model/stl\n"
    "svg image/svg+xml\n"
    "svgz image/svg+xml\n"
    "tar application/x-tar\n"
    "text text/plain; charset=utf-8\n"
    "tgz application/gzip\n"
    "tif image/tiff\n"
    "tiff image/tiff\n"
    "toml application/toml\n"
    "topojson application/json\n"
    "ts video/mp2t\n"
    "tsv text/tab-separated-values; charset=utf-8\n"
    "ttc font/collection\n"
    "ttf font/ttf\n"
    "ttl text/turtle; charset=utf-8\n"
    "txt text/plain; charset=utf-8\n"
    "usdz model/vnd.usdz+zip\n"
    "vcf text/vcard; charset=utf-8\n"
    "vtt text/vtt; charset=utf-8\n"
    "wasm application/wasm\n"
    "wav audio/wav\n"
    "weba audio/webm\n"
    "webm video/webm\n"
    "webmanifest application/manifest+json\n"
    "webp image/webp\n"
    "wgsl text/wgsl; charset=utf-8\n"
    "woff font/woff\n"
    "woff2 font/woff2\n"
    "xht application/xhtml+xml\n"
    "xhtml application/xhtml+xml\n"
    "xls application/vnd.ms-excel\n"
    "xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet\n"
    "xml application/xml\n"
    "xsd application/xml\n"
    "xsl application/xslt+xml\n"
    "xslt application/xslt+xml\n"
    "xz application/x-xz\n"
    "yaml application/yaml\n"
    "yml application/yaml\n"
    "zip application/zip\n"
    "zst application/zstd\n";

/* What stands behind the last dot of the last segment, in lower case; nothing
 * if that cannot be in the table. */
static struct span
extension(struct span name, char memory[EXTENSION_MAX])
{
	size_t len = 0;

	while (len <= EXTENSION_MAX && len < name.len) {
		char c = name.at[name.len - 1 - len];

		if (c == '.')
			return (
			    struct span){ memory + EXTENSION_MAX - len, len };
		if (c <= ' ' || c == '/' || len == EXTENSION_MAX)
			break;
		len++;
		memory[EXTENSION_MAX - len] =
		    (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
	}
	return SPAN("");
}

/* The order of a key to the line, whose extension ends in a space. */
static int
compare(struct span key, const char *line)
{
	int order = strncmp(key.at, line, key.len);

	return order != 0 ? order : ' ' - line[key.len];
}

struct span
mime_type(struct span name)
{
	char memory[EXTENSION_MAX];
	struct span key = extension(name, memory);
	/* lines begin at low and high */
	const char *low = table, *high = table + sizeof table - 1;

	while (key.len > 0 && low < high) {
		const char *line = low + (high - low) / 2;
		int order;

		while (line > low && line[-1] != '\n')
			line--;
		order = compare(key, line);
		if (order == 0)
			return span_between(
			    line + key.len + 1, strchr(line, '\n'));
		if (order < 0)
			high = line;
		else
			low = strchr(line, '\n') + 1;
	}
	return SPAN("application/octet-stream");
}
