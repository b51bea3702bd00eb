#include <stdlib.h>
#include <string.h>

#include "oracle_site.h"

bool
oracle_decode(struct span path, char *to, size_t *len)
{
	static const char hex[] = "0123456789abcdefABCDEF";

	*len = 0;
	for (size_t i = 0; i < path.len; i++) {
		char digits[3] = "";

		if (path.at[i] != '%') {
			to[(*len)++] = path.at[i];
			continue;
		}
		if (path.len - i < 3)
			return false;
		memcpy(digits, path.at + i + 1, 2);
		if (strspn(digits, hex) != 2 || strcmp(digits, "00") == 0 ||
		    strcmp(digits, "2f") == 0 || strcmp(digits, "2F") == 0)
			return false;
		to[(*len)++] = (char)strtoul(digits, NULL, 16);
		i += 2;
	}
	return true;
}

bool
oracle_page(struct span d)
{
	bool last = true;

	if (d.len == 0 || d.at[0] != '/')
		return false;
	for (size_t i = d.len; i-- > 0;) {
		bool begins = i > 0 && d.at[i - 1] == '/';

		if (d.at[i] == '/' && begins)
			return false;
		if (d.at[i] == '.' && (begins || last))
			return false;
		if (d.at[i] == '/')
			last = false;
	}
	return true;
}
