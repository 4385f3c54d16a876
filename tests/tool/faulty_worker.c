/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker of echod-faulty: it misbehaves as $ECHOD_FAULT says, words with blanks between them:
 *     worker=N generation=N   only this one (all without); once=PATH   only one: who creates PATH
 *     do=exit:N               leave with status N before being ready
 *     do=abort                die of SIGABRT before being ready
 *     do=hang                 never be ready, never leave
 *     do=wait:PATH            not be ready before PATH exists, then a good worker
 *     do=deaf                 be ready, then neither serve nor leave
 *     do=garbage              bytes that are no report, then a good worker
 *     do=half                 half a report, then a good worker
 *     do=liar                 be ready in the name of another worker, then neither serve nor leave
 *     do=obey                 a good worker, but clients can give it orders (obey.h)
 *     do=backwards            counters that go back, then neither serve nor leave
 *     filter=off landlock=off  besides: without this part of the sandbox
 * A fault that it does not know ends it with status 99.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "link/report.h"
#include "obey.h"
#include "worker/worker.h"

#define WORD_MAX 256

int faulty_worker_run(const struct worker_setup *setup);

/* Copies what stands behind NAME= in the fault. False if it does not stand there. */
static bool find(const char *fault, const char *name, char word[WORD_MAX])
{
	size_t length = strlen(name);

	while (*fault != '\0') {
		size_t end = strcspn(fault, " ");

		if (strncmp(fault, name, length) == 0 && fault[length] == '=' &&
		    end - length - 1 < WORD_MAX) {
			memcpy(word, fault + length + 1, end - length - 1);
			word[end - length - 1] = '\0';
			return true;
		}
		fault += end + strspn(fault + end, " ");
	}
	return false;
}

static bool is_off(const char *fault, const char *name)
{
	char word[WORD_MAX];

	return find(fault, name, word) && strcmp(word, "off") == 0;
}

static bool is_meant(const char *fault, const struct worker_setup *setup)
{
	char word[WORD_MAX];
	FILE *file;

	if (find(fault, "worker", word) && strtoul(word, NULL, 10) != setup->index)
		return false;
	if (find(fault, "generation", word) && strtoul(word, NULL, 10) != setup->generation)
		return false;
	if (!find(fault, "once", word))
		return true;
	file = fopen(word, "wx");
	if (file == NULL)
		return false;
	fclose(file);
	return true;
}

static void wait_for(const char *path)
{
	const struct timespec pause = { .tv_nsec = 10000000 };

	while (access(path, F_OK) < 0)
		nanosleep(&pause, NULL);
}

/* Does nothing for ever; SIGKILL ends it, or the end of its parent. */
static _Noreturn void hang(void)
{
	for (;;)
		pause();
}

static void garbage(const struct worker_setup *setup, size_t size)
{
	unsigned char bytes[1000];
	ssize_t ignored;

	memset(bytes, 0xa5, sizeof(bytes));
	ignored = write(setup->report_fd, bytes, size < sizeof(bytes) ? size : sizeof(bytes));
	(void)ignored;
}

static void report(const struct worker_setup *setup, enum report_kind kind, unsigned index,
		   uint64_t count)
{
	struct report report = {
		.kind = kind,
		.worker = index,
		.generation = setup->generation,
		.counters = { .accepted = count, .bytes_in = count, .bytes_out = count },
	};

	report_write(setup->report_fd, &report);
}

static int misbehave(const struct worker_setup *setup, const char *what)
{
	if (strncmp(what, "exit:", 5) == 0)
		return atoi(what + 5);
	if (strcmp(what, "abort") == 0)
		abort();
	if (strcmp(what, "hang") == 0)
		hang();
	if (strncmp(what, "wait:", 5) == 0) {
		wait_for(what + 5);
		return worker_run(setup);
	}
	if (strcmp(what, "deaf") == 0) {
		report(setup, REPORT_READY, setup->index, 0);
		hang();
	}
	if (strcmp(what, "garbage") == 0) {
		garbage(setup, sizeof(struct report) * 3 + 5);
		return worker_run(setup);
	}
	if (strcmp(what, "half") == 0) {
		garbage(setup, sizeof(struct report) / 2);
		return worker_run(setup);
	}
	if (strcmp(what, "liar") == 0) {
		report(setup, REPORT_READY, setup->index + 1, 0);
		hang();
	}
	if (strcmp(what, "obey") == 0) {
		obey_start();
		return worker_run(setup);
	}
	if (strcmp(what, "backwards") == 0) {
		report(setup, REPORT_READY, setup->index, 0);
		report(setup, REPORT_BEAT, setup->index, 1000);
		report(setup, REPORT_BEAT, setup->index, 999);
		hang();
	}
	return 99;
}

int faulty_worker_run(const struct worker_setup *setup)
{
	const char *fault = getenv("ECHOD_FAULT");
	struct worker_setup changed = *setup;
	char what[WORD_MAX];

	if (fault == NULL || !find(fault, "do", what) || !is_meant(fault, setup))
		return worker_run(setup);
	changed.sandbox.filter &= !is_off(fault, "filter");
	changed.sandbox.landlock &= !is_off(fault, "landlock");
	return misbehave(&changed, what);
}
