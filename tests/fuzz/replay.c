/*
 * replay.c - feeds the kept corpus of a target to it, without libFuzzer: one
 * test for each file of tests/fuzz/corpus/NAME, for the program NAME_replay;
 * or for each file of the folder given. Output is TAP.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { PATH_LEN = 512 };

static int
is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The bytes of a file in memory of exactly their size; NULL with errno. */
static uint8_t *
load(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	uint8_t *data = NULL;
	ssize_t n = 0;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0)
		data = malloc((size_t)st.st_size + (st.st_size == 0));
	if (data)
		n = read(fd, data, (size_t)st.st_size);
	close(fd);
	if (!data || n != st.st_size) {
		free(data);
		return NULL;
	}
	*size = (size_t)n;
	return data;
}

/* tests/fuzz/corpus/NAME for NAME_replay */
static void
default_folder(char *folder)
{
	const char *name = program_invocation_short_name;
	const char *end = strstr(name, "_replay");

	snprintf(folder, PATH_LEN, "tests/fuzz/corpus/%.*s",
	    (int)(end ? (size_t)(end - name) : strlen(name)), name);
}

int
main(int argc, char **argv)
{
	char folder[PATH_LEN], path[2 * PATH_LEN];
	struct dirent **entry;
	int count, failed = 0;

	default_folder(folder);
	if (argc > 1)
		snprintf(folder, sizeof folder, "%s", argv[1]);
	count = scandir(folder, &entry, is_file, alphasort);
	if (count < 0) {
		perror(folder);
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		size_t size = 0;
		uint8_t *data;

		snprintf(path, sizeof path, "%s/%s", folder, entry[i]->d_name);
		/* so that a crash tells where */
		printf("# %s\n", path);
		fflush(stdout);
		data = load(path, &size);
		if (data)
			LLVMFuzzerTestOneInput(data, size);
		else
			failed++;
		printf("%sok %d - %s\n", data ? "" : "not ", i + 1,
		    entry[i]->d_name);
		free(data);
		free(entry[i]);
	}
	free(entry);
	return failed > 0;
}
