// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/utrace_record.h>

#include "utrace.h"

static const char help[] =
	"Usage: utrace check\n"
	"\n"
	"Tells line by line whether this machine has what tracing needs, and where it has\n"
	"not, what to do. Exits with 0 if one can trace now.\n";

static bool all_ok = true;

/* What is not known is no reason to say no. */
enum verdict { NO, OK, UNKNOWN };

__attribute__((format(printf, 2, 3)))
static void tell(enum verdict verdict, const char *format, ...)
{
	va_list args;

	fputs(verdict == OK ? "ok  " : verdict == NO ? "no  " : "?   ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (verdict == NO)
		all_ok = false;
}

/* Return: false if it cannot be read. The last newline goes. */
static bool read_line(const char *path, char *line, int room)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, room, file);

	if (file)
		fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/* Somewhere below the modules of this kernel; depmod knows. */
static bool is_installed(const char *release, const char *module)
{
	char path[512], line[1024];
	bool found = false;
	FILE *dep;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	dep = fopen(path, "re");
	while (dep && !found && fgets(line, sizeof(line), dep)) {
		char *end = strchr(line, ':'), *name;
		size_t n = strlen(module);

		if (!end)
			continue;
		*end = '\0';
		name = strrchr(line, '/');
		name = name ? name + 1 : line;
		for (char *c = name; *c; c++)
			if (*c == '-')
				*c = '_';
		found = !strncmp(name, module, n) && !strncmp(name + n, ".ko", 3);
	}
	if (dep)
		fclose(dep);
	return found;
}

static void check_module(const char *release, const char *module)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	if (exists(path))
		tell(OK, "module %s is loaded", module);
	else if (is_installed(release, module))
		tell(NO, "module %s is not loaded: run 'modprobe utrace_record'", module);
	else
		tell(NO, "module %s is not there for %s: build and install it for this kernel"
		     " (make KDIR=/lib/modules/%s/build modules_install), then 'modprobe utrace_record'",
		     module, release, release);
}

static void check_device(void)
{
	int fd = open(UTRACE_RECORD_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		tell(OK, "%s can be opened", UTRACE_RECORD_DEVICE);
	else if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		tell(NO, "%s is not there: run 'modprobe utrace_record'", UTRACE_RECORD_DEVICE);
	else if (errno == EACCES || errno == EPERM)
		tell(NO, "%s: %s: run as root", UTRACE_RECORD_DEVICE, strerror(errno));
	else
		tell(NO, "%s: %s", UTRACE_RECORD_DEVICE, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void check_capability(void)
{
	unsigned long long caps;
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	bool has = false;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			has = caps >> CAP_SYS_PTRACE & 1;
	if (status)
		fclose(status);
	if (has)
		tell(OK, "CAP_SYS_PTRACE is there");
	else
		tell(NO, "CAP_SYS_PTRACE is missing: run as root");
}

static bool is_recorder_loaded(void)
{
	return exists("/sys/module/utrace_record");
}

static void check_lockdown(void)
{
	char line[128], *mode, *end;

	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		tell(exists("/sys/kernel/security/lockdown") ? UNKNOWN : OK,
		     "kernel lockdown: not %s", exists("/sys/kernel/security/lockdown") ?
		     "readable" : "in use");
		return;
	}
	mode = strchr(line, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		tell(UNKNOWN, "kernel lockdown: '%s'", line);
		return;
	}
	*end = '\0';
	mode++;
	if (!strcmp(mode, "none"))
		tell(OK, "kernel lockdown is off");
	else if (is_recorder_loaded())
		tell(OK, "kernel lockdown is '%s', and the modules are loaded", mode);
	else
		tell(NO, "kernel lockdown is '%s': sign the modules with a key that the kernel trusts"
		     " (mokutil --import), or turn Secure Boot off", mode);
}

static void check_signatures(void)
{
	char line[16];

	if (!read_line("/sys/module/module/parameters/sig_enforce", line, sizeof(line)))
		tell(OK, "modules need no signature");
	else if (line[0] == 'N' || line[0] == '0')
		tell(OK, "modules need no signature");
	else if (is_recorder_loaded())
		tell(OK, "modules need a signature, and ours are loaded");
	else
		tell(NO, "modules need a signature (sig_enforce): sign them with a key that the"
		     " kernel trusts, or boot without module.sig_enforce");
}

static void check_ftrace(void)
{
	char line[16];

	if (!read_line("/proc/sys/kernel/ftrace_enabled", line, sizeof(line)))
		tell(UNKNOWN, "sysctl kernel.ftrace_enabled cannot be read");
	else if (line[0] == '0')
		tell(NO, "sysctl kernel.ftrace_enabled is 0: run 'sysctl kernel.ftrace_enabled=1'");
	else
		tell(OK, "sysctl kernel.ftrace_enabled is %s", line);
}

static FILE *open_config(const char *release, char *path, size_t room, bool *piped)
{
	FILE *config;

	*piped = false;
	snprintf(path, room, "/boot/config-%s", release);
	config = fopen(path, "re");
	if (config || !exists("/proc/config.gz"))
		return config;
	snprintf(path, room, "/proc/config.gz");
	*piped = true;
	return popen("zcat /proc/config.gz 2>/dev/null", "re");
}

static void check_config(const char *release)
{
	static const char *const needs[] = {
		"CONFIG_MODULES", "CONFIG_KPROBES", "CONFIG_FUNCTION_TRACER",
		"CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "CONFIG_PROC_EVENTS",
	};
	bool has[ARRAY_SIZE(needs)] = {}, piped, any = false, complete = true;
	char path[300], line[512];
	FILE *config = open_config(release, path, sizeof(path), &piped);

	while (config && fgets(line, sizeof(line), config)) {
		any = true;
		for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
			size_t n = strlen(needs[i]);

			if (!strncmp(line, needs[i], n) && line[n] == '=' &&
			    (line[n + 1] == 'y' || line[n + 1] == 'm'))
				has[i] = true;
		}
	}
	if (config)
		piped ? pclose(config) : fclose(config);
	if (!any) {
		tell(UNKNOWN, "configuration of the kernel: neither /boot/config-%s nor /proc/config.gz",
		     release);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (!has[i])
			tell(NO, "%s is not set in %s: boot a kernel that has it, as Debian's do",
			     needs[i], path);
		complete = complete && has[i];
	}
	if (complete)
		tell(OK, "the kernel is configured as needed (%s)", path);
}

int cmd_check(int argc, char **argv)
{
	static const struct option long_options[] = { { "help", no_argument, NULL, 'h' }, {} };
	struct utsname name;
	int c;

	while ((c = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
		if (c != 'h')
			return bad_option("check", c, argv);
		fputs(help, stdout);
		return finish_stdout(0);
	}
	if (optind < argc)
		return usage_error("check", "it takes no arguments");

	uname(&name);
	if (!strcmp(name.machine, "x86_64"))
		tell(OK, "kernel %s on %s", name.release, name.machine);
	else
		tell(NO, "kernel %s on %s: utrace is for x86_64", name.release, name.machine);
	check_config(name.release);
	check_ftrace();
	check_lockdown();
	check_signatures();
	check_module(name.release, "utrace");
	check_module(name.release, "utrace_record");
	check_device();
	check_capability();
	return finish_stdout(all_ok ? 0 : UTRACE_EXIT_FAILED);
}
