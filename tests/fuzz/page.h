/* SPDX-License-Identifier: BSD-2-Clause */
/* A stream whose text can be read, made once and written again and again. Zeroed memory is one. */
#ifndef ECHOD_FUZZ_PAGE_H
#define ECHOD_FUZZ_PAGE_H

#include "fuzz.h"

struct page {
	FILE *file; /* NULL until the first time */
	char *text; /* of meaning after page_end, until the next page_begin */
	size_t size;
};

static inline FILE *page_begin(struct page *page)
{
	if (page->file == NULL)
		page->file = open_memstream(&page->text, &page->size);
	MUST(page->file != NULL);
	rewind(page->file);
	return page->file;
}

/* The text, without a NUL inside. */
static inline char *page_end(struct page *page)
{
	MUST(fputc('\0', page->file) == '\0' && fflush(page->file) == 0);
	MUST(strlen(page->text) + 1 == page->size);
	return page->text;
}

#endif
