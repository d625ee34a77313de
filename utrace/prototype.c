// SPDX-License-Identifier: GPL-2.0
/*
 * Is a function of the kernel what we take it for?
 *
 * Many that we hook are in no header, and of those that are only the headers are
 * known that we were built against. A release that changes the arguments of one would
 * have us read and change what they are not. The kernel's BTF tells the prototype of
 * each function, so who is another one is not hooked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "hooks.h"
#include "symbols.h"

extern unsigned long utrace_symbol_bpf_get_btf_vmlinux;
extern unsigned long utrace_symbol_btf_name_by_offset;

/* The longest that we know has a quarter of that. */
#define MAX_PROTOTYPE	256

/**
 * struct text - a prototype as it is written
 * @buf: It.
 * @length: Of that.
 */
struct text {
	char buf[MAX_PROTOTYPE];
	size_t length;
};

static void add(struct text *text, const char *what)
{
	text->length += scnprintf(text->buf + text->length, sizeof(text->buf) - text->length,
				  "%s", what);
}

/*
 * Without qualifiers, as they change nothing; and typedefs only where there is no other
 * name.
 */
static const struct btf_type *skip(const struct btf *btf, u32 id, const char **name)
{
	const struct btf_type *type;

	*name = "void";
	while (id) {
		type = btf_type_by_id(btf, id);
		if (type->name_off)
			*name = btf_name_by_offset(btf, type->name_off);
		switch (BTF_INFO_KIND(type->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPE_TAG:
			id = type->type;
			continue;
		default:
			return type;
		}
	}
	return NULL;
}

static void add_type(struct text *text, const struct btf *btf, u32 id)
{
	const struct btf_type *type;
	unsigned int stars = 0;
	const char *name;

	for (;;) {
		type = skip(btf, id, &name);
		if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_PTR)
			break;
		stars++;
		id = type->type;
	}
	add(text, type && BTF_INFO_KIND(type->info) == BTF_KIND_FUNC_PROTO ? "function" : name);
	while (stars--)
		add(text, "*");
}

static void describe(struct text *text, const struct btf *btf, const struct btf_type *function)
{
	const struct btf_type *proto = btf_type_by_id(btf, function->type);
	const struct btf_param *params = (const struct btf_param *)(proto + 1);
	u32 i;

	text->length = 0;
	add_type(text, btf, proto->type);
	add(text, "(");
	for (i = 0; i < BTF_INFO_VLEN(proto->info); i++) {
		add(text, i ? ", " : "");
		add_type(text, btf, params[i].type);
	}
	add(text, ")");
}

static int check(const struct utrace_hook *hook, const struct btf *btf,
		 const struct btf_type *function)
{
	struct text text;

	describe(&text, btf, function);
	if (!strcmp(text.buf, hook->prototype))
		return 0;
	pr_err("cannot hook %s: here its prototype is %s, not %s\n", hook->name, text.buf,
	       hook->prototype);
	return -EOPNOTSUPP;
}

static int check_function(const struct utrace_hook *hooks, unsigned int nr, const struct btf *btf,
			  const struct btf_type *function)
{
	const char *name = btf_name_by_offset(btf, function->name_off);
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (hooks[i].prototype && !strcmp(hooks[i].name, name))
			return check(&hooks[i], btf, function);
	return 0;
}

static bool any_prototype(const struct utrace_hook *hooks, unsigned int nr)
{
	while (nr--)
		if (hooks[nr].prototype)
			return true;
	return false;
}

/**
 * utrace_prototypes_check() - are the functions of hooks what we take them for?
 * @hooks: The hooks. Who has no @prototype is not looked at.
 * @nr: How many.
 *
 * Those that BTF does not know are taken as they are: it has most, not all.
 *
 * Context: Process context; sleeps.
 * Return: 0, also without any BTF; -EOPNOTSUPP: one is another, the log has its name; or
 * as utrace_symbols_find().
 */
int utrace_prototypes_check(const struct utrace_hook *hooks, unsigned int nr)
{
	static const struct utrace_symbol symbols[] = {
		{ "bpf_get_btf_vmlinux", &utrace_symbol_bpf_get_btf_vmlinux },
		{ "btf_name_by_offset", &utrace_symbol_btf_name_by_offset },
	};
	const struct btf_type *type;
	const struct btf *btf;
	int err;
	u32 id;

	/* It is a hundred thousand types that are looked through. */
	if (!any_prototype(hooks, nr))
		return 0;
	err = utrace_symbols_find(symbols, ARRAY_SIZE(symbols));
	if (err)
		return err;
	btf = bpf_get_btf_vmlinux();
	if (IS_ERR_OR_NULL(btf))
		return 0;
	for (id = 1; !err && (type = btf_type_by_id(btf, id)); id++) {
		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC)
			err = check_function(hooks, nr, btf, type);
		cond_resched();
	}
	return err;
}
