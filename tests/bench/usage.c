/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage PID: what the process and all its descendants have cost since they started, from the
 * kernel's accounting: processor time in nanoseconds (those that have ended and were waited for
 * included, to a hundredth of a second) and memory in KiB (their proportional share, Pss).
 */
#include <ctype.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROCESSES_MAX 65536

struct process {
	int pid, parent;
	unsigned long long own_ticks;   /* threads that have ended included */
	unsigned long long ended_ticks; /* of its children */
};

static struct process processes[PROCESSES_MAX];
static size_t process_count;
static unsigned long long total_ns, total_kib;

static FILE *open_proc(int pid, const char *name)
{
	char path[400];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

/* The fields are those of proc(5), /proc/PID/stat; the name may hold blanks and parentheses. */
static void add_process(int pid)
{
	struct process *process = &processes[process_count];
	unsigned long long utime, stime, cutime, cstime;
	char line[1024], *fields;
	FILE *file = open_proc(pid, "stat");

	if (file == NULL)
		return;
	if (process_count < PROCESSES_MAX && fgets(line, sizeof line, file) != NULL &&
	    (fields = strrchr(line, ')')) != NULL &&
	    sscanf(fields + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
		   &process->parent, &utime, &stime, &cutime, &cstime) == 5) {
		process->pid = pid;
		process->own_ticks = utime + stime;
		process->ended_ticks = cutime + cstime;
		process_count++;
	}
	fclose(file);
}

static void read_processes(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (isdigit((unsigned char)entry->d_name[0]))
			add_process(atoi(entry->d_name));
	}
	if (directory != NULL)
		closedir(directory);
}

/* schedstat is exact, but a thread's; it takes the threads that have ended with it. */
static unsigned long long thread_ns(int pid)
{
	char path[64];
	DIR *directory;
	struct dirent *entry;
	unsigned long long sum = 0;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		unsigned long long ns;
		char name[300];
		FILE *file;

		snprintf(name, sizeof name, "task/%s/schedstat", entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : open_proc(pid, name);
		if (file == NULL)
			continue;
		if (fscanf(file, "%llu", &ns) == 1)
			sum += ns;
		fclose(file);
	}
	if (directory != NULL)
		closedir(directory);
	return sum;
}

static void add_memory(int pid)
{
	char line[256];
	FILE *file = open_proc(pid, "smaps_rollup");
	unsigned long long kib;

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "Pss: %llu", &kib) == 1)
			total_kib += kib;
	}
	if (file != NULL)
		fclose(file);
}

static void add_tree(int pid)
{
	unsigned long long tick_ns = 1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK);

	add_memory(pid);
	for (size_t i = 0; i < process_count; i++) {
		if (processes[i].pid == pid) {
			unsigned long long exact = thread_ns(pid);
			unsigned long long whole = processes[i].own_ticks * tick_ns;

			/* Half a tick of doubt is no sign of threads that have ended. */
			total_ns += whole > exact + 2 * tick_ns ? whole : exact;
			total_ns += processes[i].ended_ticks * tick_ns;
		}
		if (processes[i].parent == pid)
			add_tree(processes[i].pid);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	read_processes();
	add_tree(atoi(argv[1]));
	printf("%llu %llu\n", total_ns, total_kib);
	return 0;
}
