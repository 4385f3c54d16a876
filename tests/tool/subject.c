/* SPDX-License-Identifier: BSD-2-Clause */
/* Nothing here judges. */
#include "subject.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/addr.h"

#define LOG_MAX (4 << 20)

static void cannot(const char *what)
{
	perror(what);
	exit(2);
}

void subject_path(const struct subject *subject, const char *name, char path[SUBJECT_PATH_MAX])
{
	snprintf(path, SUBJECT_PATH_MAX, "%s/%s", subject->folder, name);
}

void subject_init(struct subject *subject, const char *program, const char *folder)
{
	char path[SUBJECT_PATH_MAX];
	struct addr addr;
	struct err err;

	*subject = (struct subject){ .program = program, .folder = folder };
	subject->log = malloc(LOG_MAX);
	subject->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	subject_path(subject, "manager", path);
	if (subject->log == NULL || subject->manager == -1 || addr_unix(&addr, path, &err) == -1 ||
	    bind(subject->manager, (struct sockaddr *)&addr.storage, addr.length) == -1)
		cannot(path);
}

void subject_clear(struct subject *subject)
{
	free(subject->log);
	close(subject->manager);
}

void subject_configure(const struct subject *subject, const char *text)
{
	char path[SUBJECT_PATH_MAX];
	FILE *file;

	subject_path(subject, "conf", path);
	file = fopen(path, "we");
	if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
		cannot(path);
}

static void become_echod(const struct subject *subject, int log, const char *failing)
{
	int null = open("/dev/null", O_RDWR);
	char path[SUBJECT_PATH_MAX];

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (failing != NULL)
		setenv("FAILING", failing, 1);
	subject_path(subject, "manager", path);
	setenv("NOTIFY_SOCKET", path, 1);
	subject_path(subject, "conf", path);
	execl(subject->program, subject->program, "-v", "-c", path, (char *)NULL);
	cannot(subject->program);
}

void subject_launch(struct subject *subject, const char *failing)
{
	char path[SUBJECT_PATH_MAX];
	int log;

	subject_read_mail(subject); /* that is old */
	subject->commits_told = subject->refusals_told = 0;
	subject_path(subject, "log", path);
	log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (log == -1)
		cannot(path);
	subject->pid = fork();
	if (subject->pid == -1)
		cannot("fork");
	if (subject->pid == 0)
		become_echod(subject, log, failing);
	close(log);
}

const char *subject_log(struct subject *subject)
{
	char path[SUBJECT_PATH_MAX];
	ssize_t got;
	int fd;

	subject_path(subject, "log", path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd == -1 ? -1 : read(fd, subject->log, LOG_MAX - 1);
	if (got == -1)
		cannot(path);
	close(fd);
	subject->log[got] = '\0';
	return subject->log;
}

unsigned subject_logged(struct subject *subject, const char *what)
{
	unsigned number = 0;

	for (const char *at = strstr(subject_log(subject), what); at != NULL;
	     at = strstr(at + 1, what))
		number++;
	return number;
}

void subject_read_mail(struct subject *subject)
{
	char text[1024];
	ssize_t got;

	while ((got = recv(subject->manager, text, sizeof text - 1, MSG_DONTWAIT)) > 0) {
		text[got] = '\0';
		subject->commits_told += strstr(text, "MAINPID=") != NULL;
		subject->refusals_told += strstr(text, "reload refused") != NULL;
	}
}

bool subject_is_gone(const struct subject *subject)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)subject->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == subject->pid;
}

size_t subject_workers(const struct subject *subject, pid_t workers[], size_t most)
{
	char path[SUBJECT_PATH_MAX];
	size_t number = 0;
	long pid;
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)subject->pid,
		 (long)subject->pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (number < most && fscanf(file, "%ld", &pid) == 1)
		workers[number++] = (pid_t)pid;
	fclose(file);
	return number;
}

size_t subject_descriptors(pid_t pid)
{
	char path[SUBJECT_PATH_MAX];
	size_t number = 0;
	DIR *folder;

	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	folder = opendir(path);
	if (folder == NULL)
		return 0;
	while (readdir(folder) != NULL)
		number++;
	closedir(folder);
	return number - 2;
}
