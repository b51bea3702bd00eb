#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "oracle_rules.h"
#include "site_tree.h"

enum {
	MODIFIED = 784111777, /* Sun, 06 Nov 1994 08:49:37 GMT */
	LARGE = 70000,        /* is sent from the disk */
};

#define FUTURE INT64_C(4000000000)

struct tree_file tree_file[] = {
	{ "index.html", 400, MODIFIED, NULL, "", "" },
	{ "index.html.br", 120, MODIFIED + 1, NULL, "", "" },
	{ "index.html.gz", 140, MODIFIED + 2, NULL, "", "" },
	{ "a b/index.html", 90, MODIFIED, NULL, "", "" },
	{ "a b/c.txt", 1000, 0, NULL, "", "" },
	{ "css/site.css", 3000, MODIFIED, NULL, "", "" },
	{ "css/site.css.br", 800, MODIFIED, NULL, "", "" },
	{ "css/site.css.zst", 700, MODIFIED, NULL, "", "" },
	{ "css/site.css.gz", 900, FUTURE, NULL, "", "" },
	{ "404.html", 60, MODIFIED, NULL, "", "" },
	{ "404.html.gz", 50, MODIFIED, NULL, "", "" },
	{ "app.html", 77, MODIFIED, NULL, "", "" },
	{ "empty", 0, MODIFIED, NULL, "", "" },
	{ "large", LARGE, MODIFIED, NULL, "", "" },
	{ "large.gz", LARGE + 1, MODIFIED, NULL, "", "" },
	{ "back\\slash/index.html", 30, MODIFIED, NULL, "", "" },
	{ "%41.txt", 31, MODIFIED, NULL, "", "" },
	{ "\xc3\xa9.txt", 32, MODIFIED, NULL, "", "" },
	{ "\xff\r\n/index.html", 33, MODIFIED, NULL, "", "" },
	{ ".well-known/x", 34, MODIFIED, NULL, "", "" },
	{ "lonely.gz", 35, MODIFIED, NULL, "", "" },
	{ "no-index/deep/x.js", 36, MODIFIED, NULL, "", "" },
};
const size_t tree_files = sizeof tree_file / sizeof tree_file[0];

static char base[PATH_MAX / 4], root[PATH_MAX / 2];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_tree(void)
{
	nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
write_file(const char *name, const char *content, size_t size, int64_t modified)
{
	struct timespec times[2] = { { modified, 0 }, { modified, 0 } };
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s/%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0777);
		*p = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	CHECK(fd != -1);
	CHECK(write(fd, content, size) == (ssize_t)size);
	CHECK(futimens(fd, times) == 0);
	close(fd);
}

/* Each one's content is its own at every place. */
static void
write_own(struct tree_file *f, unsigned n)
{
	char *content = malloc(f->size + 1);

	CHECK(content != NULL);
	for (size_t i = 0; i < f->size; i++)
		content[i] = (char)('!' + (i * 7 + i / 89 + n * 3) % 89);
	f->content = content;
	write_file(f->name, content, f->size, f->modified);
}

const char *
tree_make(void)
{
	static const char *const secrets[] = { ".hidden", ".git/config",
		"css/.site.css", "../secret" };
	const char *tmp = getenv("TMPDIR");
	char link[PATH_MAX];

	snprintf(base, sizeof base, "%s/site-fuzz-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(base) != NULL);
	atexit(remove_tree);
	snprintf(root, sizeof root, "%s/root", base);
	CHECK(mkdir(root, 0777) == 0);
	for (size_t i = 0; i < tree_files; i++)
		write_own(&tree_file[i], (unsigned)i);
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		write_file(secrets[i], "SECRET", 6, MODIFIED);
	snprintf(link, sizeof link, "%s/leak", root);
	CHECK(symlink("../secret", link) == 0);
	snprintf(link, sizeof link, "%s/css/up", root);
	CHECK(symlink("../..", link) == 0);
	return root;
}

const struct tree_file *
tree_named(struct span name)
{
	for (size_t i = 0; i < tree_files; i++)
		if (strlen(tree_file[i].name) == name.len &&
		    memcmp(tree_file[i].name, name.at, name.len) == 0)
			return &tree_file[i];
	return NULL;
}

struct tree_hit
tree_find(struct span decoded)
{
	static const char index[] = "/index.html";
	struct tree_hit hit = { NULL, false };
	char path[PATH_MAX];

	for (size_t i = 0; i < tree_files; i++) {
		size_t n = (size_t)snprintf(
		    path, sizeof path, "/%s", tree_file[i].name);
		size_t folder = n - strlen(index);
		bool is_index =
		    n >= strlen(index) && strcmp(path + folder, index) == 0;

		if (decoded.len > n || memcmp(path, decoded.at, decoded.len))
			continue;
		if (decoded.len == n || (is_index && decoded.len == folder + 1))
			hit.plain = &tree_file[i];
		if (is_index && folder > 0 && decoded.len == folder)
			hit.redirect = true;
	}
	return hit;
}

int64_t
tree_modified(const struct tree_file *f)
{
	return f->modified > 1 && f->modified <= TREE_NOW ? f->modified : -1;
}

const struct tree_file *
tree_pick(const struct tree_file *plain, const struct request *req,
    const char **coding, bool *vary)
{
	static const char *const ends[] = { "", ".br", ".zst", ".gz" };
	static const char *const codings[] = { "", "br", "zstd", "gzip" };
	const struct tree_file *best = plain;
	int weight[4], most;
	char name[PATH_MAX];

	oracle_codings(req, weight);
	most = weight[0];
	*coding = "";
	*vary = false;
	for (int i = 1; i < 4; i++) {
		const struct tree_file *f;

		snprintf(name, sizeof name, "%s%s", plain->name, ends[i]);
		f = tree_named(span_of(name));
		if (!f)
			continue;
		*vary = true;
		if (weight[i] == 0 || weight[i] < most)
			continue;
		/* any coding is better than none, and then the shorter */
		if (weight[i] == most && best != plain && best->size < f->size)
			continue;
		best = f;
		most = weight[i];
		*coding = codings[i];
	}
	return best;
}
