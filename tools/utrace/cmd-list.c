// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utrace.h"

#define TASKS	"/proc/utrace/tasks"
#define MODULE	"/sys/module/utrace"

static const char help[] =
	"Usage: utrace list\n"
	"\n"
	"Prints the engines whose modules are loaded, and the tasks that are traced.\n";

/* What the kernel prints, one task and engine a line: words without blanks. */
enum { TID, PID, COMM, ENGINE, EVENTS, STATE, LEVEL, CALLBACKS, MS, WORST, COLUMNS };

static void print_engines(void)
{
	DIR *dir = opendir(MODULE "/holders");
	struct dirent *entry;
	int nr = 0;

	printf("engines:");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.') {
			printf(" %s", entry->d_name);
			nr++;
		}
	}
	puts(nr ? "" : " none");
	if (dir)
		closedir(dir);
}

/* Rows of words, to be printed when it is known how wide columns get. */
struct table {
	char *(*rows)[COLUMNS];
	size_t nr, room;
	int width[COLUMNS];
};

static bool add_row(struct table *t, char *const *column)
{
	if (t->nr == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		char *(*rows)[COLUMNS] = realloc(t->rows, room * sizeof(*rows));

		if (!rows)
			return false;
		t->rows = rows;
		t->room = room;
	}
	for (int i = 0; i < COLUMNS; i++) {
		t->rows[t->nr][i] = strdup(column[i]);
		if (!t->rows[t->nr][i])
			return false;
		if (t->width[i] < (int)strlen(column[i]))
			t->width[i] = (int)strlen(column[i]);
	}
	t->nr++;
	return true;
}

static void print_table(const struct table *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		char *const *row = t->rows[i];

		printf("%*s %*s %-*s %-*s %-*s %*s %*s %*s %*s %s\n", t->width[TID], row[TID],
		       t->width[PID], row[PID], t->width[COMM], row[COMM], t->width[ENGINE],
		       row[ENGINE], t->width[STATE], row[STATE], t->width[LEVEL], row[LEVEL],
		       t->width[CALLBACKS], row[CALLBACKS], t->width[MS], row[MS],
		       t->width[WORST], row[WORST], row[EVENTS]);
	}
}

static void free_table(struct table *t)
{
	for (size_t i = 0; i < t->nr; i++)
		for (int j = 0; j < COLUMNS; j++)
			free(t->rows[i][j]);
	free(t->rows);
}

static int print_tasks(FILE *tasks)
{
	static char *const heading[COLUMNS] = {
		"TID", "PID", "COMM", "ENGINE", "EVENTS", "STATE", "LEVEL", "CALLBACKS",
		"MS", "WORST"
	};
	struct table table = {};
	char *line = NULL;
	size_t room = 0;
	bool ok = add_row(&table, heading);
	int error;

	while (ok && getline(&line, &room, tasks) >= 0) {
		char *column[COLUMNS], *rest = line, *word;
		int n = 0;

		if (line[0] == '#')
			continue;
		while (n < COLUMNS && (word = strsep(&rest, " \t\n")))
			if (*word)
				column[n++] = word;
		if (!n)
			continue;
		while (n < COLUMNS)
			column[n++] = "-";
		ok = add_row(&table, column);
	}
	error = ferror(tasks) ? errno : 0;
	free(line);
	if (!ok)
		complain("out of memory");
	else if (error)
		complain("%s: %s", TASKS, strerror(error));
	else if (table.nr == 1)
		puts("tasks: none");
	else
		print_table(&table);
	free_table(&table);
	return ok && !error ? 0 : UTRACE_EXIT_FAILED;
}

int cmd_list(int argc, char **argv)
{
	static const struct option long_options[] = { { "help", no_argument, NULL, 'h' }, {} };
	FILE *tasks;
	int c, code;

	while ((c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		if (c != 'h')
			return bad_option("list", c, argv);
		fputs(help, stdout);
		return finish_stdout(0);
	}
	if (optind < argc)
		return usage_error("list", "it takes no arguments");

	tasks = fopen(TASKS, "re");
	if (!tasks) {
		if (errno == ENOENT && access(MODULE, F_OK))
			complain("the module is not loaded: 'modprobe utrace_record' does it");
		else
			complain("%s: %s", TASKS, strerror(errno));
		return UTRACE_EXIT_FAILED;
	}
	print_engines();
	code = print_tasks(tasks);
	fclose(tasks);
	return finish_stdout(code);
}
