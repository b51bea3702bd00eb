#include "site/survey.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"

enum {
	DIRECTORY_EVENTS = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
	    IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF |
	    IN_MOVE_SELF | IN_EXCL_UNLINK | IN_ONLYDIR,
	FILE_EVENTS = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB,
};

/* statfs(2), and linux/magic.h; some are in no header. */
static const uint32_t remote_types[] = {
	0x6969,     /* NFS */
	0x517b,     /* SMB */
	0xff534d42, /* CIFS */
	0xfe534d42, /* SMB2 */
	0x65735546, /* FUSE, virtiofs */
	0x01021997, /* 9P */
	0x5346414f, /* OpenAFS */
	0x6b414653, /* AFS */
	0x00c36400, /* Ceph */
	0x73757245, /* Coda */
	0x564c,     /* NCP */
	0x7461636f, /* OCFS2 */
	0x01161970, /* GFS2 */
	0x0bd00bd0, /* Lustre */
	0x47504653, /* GPFS */
	0x19830326, /* BeeGFS */
	0x786f4256, /* VirtualBox shared folders */
};

/* A survey under way. Paths are relative to root and end in a NUL; those of
 * directories that are still to be looked at wait in a queue. */
struct surveyor {
	struct survey *to;
	const char *root;
	int root_fd, inotify;
	char *queue;
	size_t len, cap;
	size_t entries;
	uint64_t device;     /* whose kind is known */
	size_t at;           /* in the queue: the directory looked at */
	struct hash_key key; /* made from its path */
	char path[PATH_MAX]; /* with root before it: for inotify */
};

static const char *
directory(const struct surveyor *w)
{
	return w->queue + w->at;
}

/* Order does not matter: a directory need not keep it. */
static void
add(struct surveyor *w, const char *name, const void *facts, size_t size)
{
	struct hash h;

	hash_begin(&h, w->key);
	hash_feed(&h, (struct span){ facts, size });
	hash_feed(&h, span_of(name));
	w->to->signature += hash_end(&h).first;
}

static void
add_error(struct surveyor *w, const char *name, int error)
{
	add(w, name, &error, sizeof error);
}

static void
add_entry(struct surveyor *w, const char *name, const struct stat *st)
{
	const uint64_t facts[] = {
		st->st_dev,
		st->st_ino,
		st->st_mode,
		(uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec,
	};

	add(w, name, facts, sizeof facts);
}

/* Is what lies on this device, at dir/name, changed by others? */
static void
look_at_device(struct surveyor *w, int dir, const char *name, uint64_t device)
{
	struct statfs fs;
	int fd;

	if (device == w->device)
		return;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstatfs(fd, &fs) == 0) {
		w->device = device;
		for (size_t i = 0;
		     i < sizeof remote_types / sizeof remote_types[0]; i++)
			w->to->remote |= (uint32_t)fs.f_type == remote_types[i];
	}
	close(fd);
}

/* Watches root/directory/name. What is gone or closed to us is no error: the
 * directory it is in tells when it is back. */
static int
watch(struct surveyor *w, const char *name, uint32_t events)
{
	struct buf path = buf_over(w->path, sizeof w->path - 1);

	if (w->inotify < 0)
		return 0;
	buf_put(&path, span_of(w->root));
	if (*directory(w)) {
		buf_char(&path, '/');
		buf_put(&path, span_of(directory(w)));
	}
	if (*name) {
		buf_char(&path, '/');
		buf_put(&path, span_of(name));
	}
	if (path.overflowed) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w->path[path.len] = '\0';
	if (inotify_add_watch(w->inotify, w->path, events) >= 0 ||
	    errno == ENOENT || errno == ENOTDIR || errno == EACCES ||
	    errno == ELOOP)
		return 0;
	return -1;
}

static size_t
depth(const char *path)
{
	size_t n = *path != '\0';

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* Queues directory/name. */
static int
queue(struct surveyor *w, const char *name)
{
	size_t before = strlen(directory(w)), after = strlen(name);
	char *to;

	if (depth(directory(w)) >= SURVEY_DEPTH_MAX)
		return 0;
	if (w->cap - w->len < before + after + 2) {
		size_t cap = 2 * w->cap + before + after + 2;
		char *more = realloc(w->queue, cap);

		if (!more)
			return -1;
		w->queue = more;
		w->cap = cap;
	}
	to = w->queue + w->len;
	if (before > 0) {
		memcpy(to, directory(w), before);
		to += before;
		*to++ = '/';
	}
	memcpy(to, name, after + 1);
	w->len = (size_t)(to - w->queue) + after + 1;
	return 0;
}

static int
look_at_entry(struct surveyor *w, int dir, uint64_t device, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		add_error(w, name, errno);
		return 0;
	}
	add_entry(w, name, &st);
	if (S_ISDIR(st.st_mode))
		return queue(w, name);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (st.st_dev != device)
		look_at_device(w, dir, name, st.st_dev);
	if (st.st_dev != device || st.st_nlink > 1)
		return watch(w, name, FILE_EVENTS | IN_DONT_FOLLOW);
	return 0;
}

static int
look_at_entries(struct surveyor *w, DIR *dir, uint64_t device)
{
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry && errno != 0)
			add_error(w, "", errno);
		if (!entry || ++w->entries > SURVEY_ENTRIES_MAX)
			return 0;
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0 &&
		    look_at_entry(w, dirfd(dir), device, entry->d_name) < 0)
			return -1;
	}
}

/* Reads directory(w), open as fd, which it closes. */
static int
look_into(struct surveyor *w, int fd)
{
	DIR *dir = NULL;
	struct stat st;
	int err;

	if (fd >= 0 && fstat(fd, &st) == 0)
		dir = fdopendir(fd);
	if (!dir) {
		add_error(w, "", errno);
		if (fd >= 0)
			close(fd);
		return 0;
	}
	look_at_device(w, fd, ".", st.st_dev);
	err = look_at_entries(w, dir, st.st_dev);
	closedir(dir);
	return err;
}

static int
look_at_directory(struct surveyor *w)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	bool is_root = *directory(w) == '\0';
	struct hash_key path = { 0 };

	w->key = path;
	w->key.first = hash_short(path, span_of(directory(w)));
	if (watch(w, "", DIRECTORY_EVENTS | (is_root ? 0 : IN_DONT_FOLLOW)) < 0)
		return -1;
	return look_into(w,
	    is_root ? openat(w->root_fd, ".", flags)
		    : openat(w->root_fd, directory(w), flags | O_NOFOLLOW));
}

static int
look_at_all(struct surveyor *w)
{
	for (; w->at < w->len; w->at += strlen(directory(w)) + 1)
		if (look_at_directory(w) < 0)
			return -1;
	return 0;
}

struct survey_root
survey_root(const char *path)
{
	struct survey_root root = { 0 };
	struct stat st;

	if (stat(path, &st) < 0) {
		root.error = errno;
	} else {
		root.device = st.st_dev;
		root.inode = st.st_ino;
		root.changed = st.st_ctim;
	}
	return root;
}

bool
survey_root_equal(const struct survey_root *a, const struct survey_root *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec && a->error == b->error;
}

int
survey_take(struct survey *s, const char *root, int inotify)
{
	struct surveyor *w = calloc(1, sizeof *w);
	int err = -1, error = ENOMEM;

	*s = (struct survey){ .root = survey_root(root) };
	s->signature = s->root.device + s->root.inode + (unsigned)s->root.error;
	if (!w)
		return -1; /* ENOMEM */
	w->to = s;
	w->root = root;
	w->inotify = inotify;
	w->cap = PATH_MAX;
	w->len = 1; /* "": root itself */
	w->queue = calloc(1, w->cap);
	w->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->queue) {
		err = look_at_all(w);
		error = errno;
	}
	if (w->root_fd >= 0)
		close(w->root_fd);
	free(w->queue);
	free(w);
	errno = error;
	return err;
}
