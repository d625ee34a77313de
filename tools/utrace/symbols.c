// SPDX-License-Identifier: GPL-2.0
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbols.h"
#include "utrace.h"

/* Chains have most of their addresses in common, and libdw looks through all symbols. */
#define CACHE_SLOTS	4096

/* DWARF's numbers of the stack pointers. */
#define SP_X86_64	7
#define SP_I386		4

struct symbols_file {
	char *path;
	struct symbols_file *next;
	bool tried;
	Dwfl_Module *module;
};

struct cached {
	const struct symbols_file *file;
	uint64_t at;
	struct symbol symbol;
};

struct symbols {
	Dwfl *dwfl;
	struct symbols_file *files;
	struct cached cache[CACHE_SLOTS];
};

struct symbols *symbols_new(void)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	struct symbols *s = calloc(1, sizeof(*s));

	if (s)
		s->dwfl = dwfl_begin(&callbacks);
	if (s && s->dwfl)
		return s;
	free(s);
	return NULL;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	while (s->files) {
		struct symbols_file *file = s->files;

		s->files = file->next;
		free(file->path);
		free(file);
	}
	dwfl_end(s->dwfl);
	free(s);
}

struct symbols_file *symbols_file(struct symbols *s, const char *path, size_t len)
{
	struct symbols_file *file;

	for (file = s->files; file; file = file->next)
		if (!strncmp(file->path, path, len) && !file->path[len])
			return file;
	file = calloc(1, sizeof(*file));
	if (file)
		file->path = strndup(path, len);
	if (!file || !file->path) {
		free(file);
		return NULL;
	}
	file->next = s->files;
	s->files = file;
	return file;
}

const char *symbols_path(const struct symbols_file *file)
{
	return file->path;
}

/* Only what is a file: the name may be of anything, and from anywhere. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
		return fd;
	close(fd);
	return -1;
}

static Dwfl_Module *module_of(struct symbols *s, struct symbols_file *file)
{
	int fd;

	if (file->tried)
		return file->module;
	file->tried = true;
	/* What has no file, like [vdso]. */
	fd = *file->path == '/' ? open_file(file->path) : -1;
	if (fd < 0)
		return NULL;
	dwfl_report_begin_add(s->dwfl);
	/* It takes the descriptor if it can make something of it. */
	file->module = dwfl_report_offline(s->dwfl, file->path, file->path, fd);
	dwfl_report_end(s->dwfl, NULL, NULL);
	if (!file->module)
		close(fd);
	return file->module;
}

/* Where libdw has what is at byte @at of the file. */
static bool find_address(Dwfl_Module *module, uint64_t at, GElf_Addr *address)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module, &bias);
	size_t nr;

	if (!elf || elf_getphdrnum(elf, &nr))
		return false;
	for (size_t i = 0; i < nr; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD ||
		    at - segment.p_offset >= segment.p_filesz)
			continue;
		*address = bias + segment.p_vaddr + (at - segment.p_offset);
		return true;
	}
	return false;
}

static bool is_stack_pointer(const Dwarf_Op *op, Dwarf_Word offset, unsigned int reg)
{
	if (op->atom == DW_OP_bregx)
		return op->number == reg && op->number2 == offset;
	return op->atom == DW_OP_breg0 + reg && op->number == offset;
}

/* The frame of the caller ends behind the return address, and begins there. */
static bool has_no_frame(Dwfl_Module *module, GElf_Addr address)
{
	Dwarf_Addr bias;
	Dwarf_CFI *cfi = dwfl_module_eh_cfi(module, &bias);
	Dwarf_Frame *frame;
	Dwarf_Op *ops;
	size_t nr;
	bool is = false;

	if (!cfi || dwarf_cfi_addrframe(cfi, address - bias, &frame))
		return false;
	if (!dwarf_frame_cfa(frame, &ops, &nr) && nr == 1)
		is = is_stack_pointer(ops, 8, SP_X86_64) || is_stack_pointer(ops, 4, SP_I386);
	free(frame);
	return is;
}

struct symbol symbols_find(struct symbols *s, struct symbols_file *file, uint64_t at)
{
	struct cached *c = &s->cache[(at ^ (uintptr_t)file >> 4) % CACHE_SLOTS];
	Dwfl_Module *module;
	GElf_Addr address;
	GElf_Sym symbol;

	if (c->file == file && c->at == at)
		return c->symbol;
	*c = (struct cached){ .file = file, .at = at };
	module = module_of(s, file);
	if (module && find_address(module, at, &address)) {
		c->symbol.name = dwfl_module_addrinfo(module, address, &c->symbol.offset, &symbol,
						      NULL, NULL, NULL);
		c->symbol.has_no_frame = has_no_frame(module, address);
	}
	return c->symbol;
}
