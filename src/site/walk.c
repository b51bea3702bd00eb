#include "site/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "site/path.h"

/* The directory that is being read. */
struct place {
	size_t at; /* in walk's */
	DIR *dir;
};

static const char *
below_root(struct span path)
{
	return path.len == 0 ? "." : path.at + 1;
}

/* Makes room for one more of size bytes each. */
static void *
grow(void *old, size_t count, size_t *room, size_t size)
{
	void *more;

	if (count < *room)
		return old;
	more = reallocarray(old, *room > 0 ? *room * 2 : 64, size);
	if (more)
		*room = *room > 0 ? *room * 2 : 64;
	return more;
}

static int
add_file(struct walk *w, struct span path, const struct stat *st, bool link)
{
	struct found *file =
	    grow(w->file, w->files, &w->files_room, sizeof *file);

	if (!file)
		return -1;
	w->file = file;
	file[w->files++] =
	    (struct found){ .path = path, .id = identity_of(st), .link = link };
	return 0;
}

/* True if st is the directory at, or one that it is in. */
static bool
is_around(const struct walk *w, size_t at, const struct stat *st)
{
	for (;;) {
		const struct directory *d = &w->directory[at];

		if (d->id.device == st->st_dev && d->id.inode == st->st_ino)
			return true;
		if (at == 0)
			return false;
		at = d->parent;
	}
}

static int
add_directory(
    struct walk *w, size_t parent, struct span path, const struct stat *st)
{
	uint32_t depth =
	    w->directories == 0 ? 0 : w->directory[parent].depth + 1;
	struct directory *d;

	if (depth > TREE_DEPTH_MAX) {
		report_warn(w->report, "directory too deep: left out", path, 0);
		return 0;
	}
	if (depth > 0 && is_around(w, parent, st)) {
		report_warn(w->report,
		    "directory that contains itself: left out", path, 0);
		return 0;
	}
	d = grow(w->directory, w->directories, &w->directories_room, sizeof *d);
	if (!d)
		return -1;
	w->directory = d;
	d[w->directories++] = (struct directory){
		.path = path,
		.id = identity_of(st),
		.parent = (uint32_t)parent,
		.depth = depth,
	};
	return 0;
}

/* What a link, or an attempt to look, failed with. */
static int
leave_out(struct walk *w, struct span path, bool link, int error)
{
	static const char unknown[] = "cannot be read: left out";
	const char *what = unknown; /* the others say it all */

	if (report_is_fatal(w->report, error)) {
		errno = error;
		return -1;
	}
	if (error == EXDEV)
		what = "symbolic link out of root: left out";
	else if (link && error == ENOENT)
		what = "symbolic link to nothing: left out";
	else if (link && error == ELOOP)
		what = w->root->check == BELOW_NONE
		    ? "symbolic link, which cannot be checked: left out"
		    : "symbolic links in a circle: left out";
	else if (error == ENOENT) /* gone since its name was read */
		return 0;
	report_warn(w->report, what, path, what == unknown ? error : 0);
	return 0;
}

/* What a link leads to. */
static int
look_behind(const struct walk *w, struct span path, struct stat *st)
{
	int fd = below_open(w->root, below_root(path), O_PATH), err, error;

	if (fd == -1)
		return -1;
	err = fstat(fd, st);
	error = errno;
	close(fd);
	errno = error;
	return err;
}

static int
add_entry(struct walk *w, struct place *p, struct span path)
{
	const char *name = path.at + w->directory[p->at].path.len + 1;
	bool link = false;
	struct stat st;
	int err = fstatat(dirfd(p->dir), name, &st, AT_SYMLINK_NOFOLLOW);

	if (err == 0 && S_ISLNK(st.st_mode)) {
		link = true;
		err = look_behind(w, path, &st);
		if (err == 0 && S_ISLNK(st.st_mode)) { /* BELOW_NONE */
			err = -1;
			errno = ELOOP;
		}
	}
	if (err == -1)
		return leave_out(w, path, link, errno);
	if (!path_is_utf8(span_of(name)))
		report_warn(w->report, "name that is not UTF-8", path, 0);
	if (S_ISREG(st.st_mode))
		return add_file(w, path, &st, link);
	if (S_ISDIR(st.st_mode))
		return add_directory(w, p->at, path, &st);
	report_warn(w->report, "neither file nor directory: left out", path, 0);
	return 0;
}

/* A path of the walk's; at == NULL with ENOMEM, or ENAMETOOLONG. */
static struct span
join(struct walk *w, struct span directory, struct span name)
{
	size_t len = directory.len + 1 + name.len;
	struct buf b = { NULL, 0, len + 1, false };

	if (len > PATH_MAX) {
		errno = ENAMETOOLONG;
		return buf_span(&b);
	}
	b.at = arena_take(w->memory, b.cap, 1);
	if (!b.at)
		return buf_span(&b);
	buf_put(&b, directory);
	buf_char(&b, '/');
	buf_put(&b, name);
	b.at[len] = '\0';
	return buf_span(&b);
}

static bool
is_hidden(const char *name)
{
	return name[0] == '.' && strcmp(name, ".well-known") != 0;
}

/* The next entry that counts; NULL at the end, with errno if that is not the
 * directory's. */
static const char *
next_name(struct walk *w, struct place *p)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(p->dir);
		if (!entry)
			return NULL;
		w->entries++;
	} while (is_hidden(entry->d_name));
	return entry->d_name;
}

static int
read_names(struct walk *w, struct place *p)
{
	const char *name;

	errno = 0;
	while (w->entries <= w->entries_max && (name = next_name(w, p))) {
		struct span directory = w->directory[p->at].path;
		struct span path = join(w, directory, span_of(name));

		report_progress(w->report);
		if (!path.at && errno != ENAMETOOLONG)
			return -1;
		if (!path.at)
			report_warn(w->report,
			    "holds a path that is too long: left out",
			    directory, ENAMETOOLONG);
		else if (add_entry(w, p, path) == -1)
			return -1;
		errno = 0;
	}
	if (errno == 0)
		return 0;
	if (report_is_fatal(w->report, errno) || p->at == 0)
		return -1;
	report_warn(w->report, "directory that cannot be read to its end",
	    w->directory[p->at].path, errno);
	return 0;
}

static int
read_directory(struct walk *w, size_t at)
{
	struct directory *d = &w->directory[at];
	struct place p = { .at = at };
	int fd, err, error;
	struct stat st;

	fd = below_open(w->root, below_root(d->path), O_RDONLY | O_DIRECTORY);
	/* as it is before the names are read */
	if (fd != -1 && fstat(fd, &st) == 0) {
		d->id = identity_of(&st);
		p.dir = fdopendir(fd);
	}
	if (!p.dir) {
		error = errno;
		if (fd != -1)
			close(fd);
		errno = error;
		if (at == 0 || report_is_fatal(w->report, error))
			return -1;
		d->left_out = true;
		report_warn(w->report,
		    "directory that cannot be read: left out", d->path, error);
		return 0;
	}
	err = read_names(w, &p);
	error = errno;
	closedir(p.dir);
	errno = error;
	return err;
}

int
walk_begin(struct walk *w, const struct below *root, struct arena *memory,
    struct report *report, size_t entries_max)
{
	struct stat st;

	*w = (struct walk){
		.root = root,
		.memory = memory,
		.report = report,
		.entries_max = entries_max,
	};
	if (fstat(root->fd, &st) == -1 ||
	    add_directory(w, 0, SPAN(""), &st) == -1)
		return -1;
	for (size_t i = 0; i < w->directories; i++)
		if (read_directory(w, i) == -1)
			return -1;
	if (w->entries > entries_max)
		report_warn(report,
		    "too many entries: "
		    "what is beyond them is left out",
		    SPAN(""), 0);
	return 0;
}

static bool
is_still(const struct walk *w, struct span path, struct stat *st)
{
	return fstatat(w->root->fd, below_root(path), st, 0) == 0;
}

bool
walk_holds(const struct walk *w)
{
	struct stat st;

	for (size_t i = 0; i < w->directories; i++) {
		const struct directory *d = &w->directory[i];
		struct identity id;

		if (!is_still(w, d->path, &st))
			return false;
		id = identity_of(&st);
		if (!d->left_out && !identity_equal(&d->id, &id))
			return false;
	}
	for (size_t i = 0; i < w->files; i++) {
		const struct found *f = &w->file[i];

		if (f->link &&
		    (!is_still(w, f->path, &st) || f->id.device != st.st_dev ||
			f->id.inode != st.st_ino))
			return false;
	}
	return true;
}

void
walk_end(struct walk *w)
{
	free(w->file);
	free(w->directory);
	w->file = NULL;
	w->directory = NULL;
}
