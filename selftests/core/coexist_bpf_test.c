// SPDX-License-Identifier: GPL-2.0
/*
 * BPF programs at the entry (fentry) and at the end (fexit) of the functions
 * that we hook. Those that we redirect take both. Those that we hook directly
 * are for one of us, and who is second gets EBUSY.
 */
#include "coexist.h"

#include <linux/bpf.h>
#include <linux/btf.h>

static int bpf(int cmd, union bpf_attr *attr)
{
	int ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

/* How long the part of a type is that depends on its kind; -1: unknown */
static long btf_rest(uint32_t info)
{
	long vlen = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:		return 4;
	case BTF_KIND_ARRAY:		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:		return vlen * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:	return vlen * sizeof(struct btf_param);
	case BTF_KIND_VAR:		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:		return vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:		return sizeof(struct btf_decl_tag);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:		return 0;
	default:			return -1;
	}
}

/* What the kernel calls a function: the number of its type; 0: none */
static int btf_id_of(const char *function)
{
	static char *btf;
	struct btf_header *h;
	const char *p, *names;
	int id;

	if (!btf)
		btf = read_file("/sys/kernel/btf/vmlinux");
	h = (struct btf_header *)btf;
	if (h->magic != BTF_MAGIC)
		return 0;
	p = btf + h->hdr_len + h->type_off;
	names = btf + h->hdr_len + h->str_off;
	for (id = 1; p < btf + h->hdr_len + h->type_off + h->type_len; id++) {
		const struct btf_type *t = (const struct btf_type *)p;
		long rest = btf_rest(t->info);

		if (rest < 0)
			return 0;
		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
		    !strcmp(names + t->name_off, function))
			return id;
		p += sizeof(*t) + rest;
	}
	return 0;
}

/* A program that counts its calls in a map. */
struct program {
	int map;
	int prog;
	int link;
};

static int counter_map(void)
{
	union bpf_attr attr = { };

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int counting_program(int map, int btf_id, int when)
{
	const struct bpf_insn insns[] = {
		/* r1 = &map[0]; */
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = map },
		{ },
		/* lock *r1 += 1; */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_2, .imm = BPF_ADD },
		/* return 0; */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { };

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = when;
	attr.attach_btf_id = btf_id;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(*insns);
	attr.license = (uintptr_t)"GPL";
	return bpf(BPF_PROG_LOAD, &attr);
}

static int attach(struct program *p, const char *function, int when)
{
	union bpf_attr attr = { };
	int id = btf_id_of(function);

	p->prog = p->link = -1;
	/* Those that we build ourselves: it would take as long as all the rest. */
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		SKIP(return -ENOENT, "this kernel has no types for BPF programs at functions");
	p->map = counter_map();
	if (p->map < 0)
		return p->map;
	if (!id)
		return -ENOENT;
	p->prog = counting_program(p->map, id, when);
	if (p->prog < 0)
		return p->prog;
	attr.raw_tracepoint.prog_fd = p->prog;
	p->link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attr);
	return p->link < 0 ? p->link : 0;
}

static void detach(struct program *p)
{
	if (p->link >= 0)
		close(p->link);
	if (p->prog >= 0)
		close(p->prog);
	if (p->map >= 0)
		close(p->map);
}

static long count(const struct program *p)
{
	union bpf_attr attr = { };
	uint32_t key = 0;
	uint64_t value = 0;

	attr.map_fd = p->map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&value;
	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? -1 : (long)value;
}

/* Some that we redirect, and how often every life comes by in each round. */
static const struct redirected {
	const char *name;
	int times;
} redirected[] = {
	{ "wake_up_new_task", 4 },
	{ "security_bprm_creds_for_exec", 1 },
	{ "do_exit", 4 },
	{ "release_task", 4 },
	{ "send_signal_locked", 1 },
};
#define NR	((int)(sizeof(redirected) / sizeof(*redirected)))

static struct program programs[NR];

/* It never returns, and newer kernels refuse a program at the end of it. */
static bool fits(int i, int when)
{
	return when == BPF_TRACE_FENTRY || strcmp(redirected[i].name, "do_exit");
}

static int attach_all(int when)
{
	int i, ret;

	for (i = 0; i < NR; i++) {
		ret = fits(i, when) ? attach(&programs[i], redirected[i].name, when) : 0;
		if (ret) {
			printf("# %s: %s\n", redirected[i].name, strerror(-ret));
			return ret;
		}
	}
	return 0;
}

static void detach_all(int when)
{
	int i;

	for (i = 0; i < NR; i++)
		if (fits(i, when))
			detach(&programs[i]);
}

static void expect_counted(struct __test_metadata *_metadata, int when, long rounds)
{
	int i;

	for (i = 0; i < NR; i++) {
		long n = fits(i, when) ? count(&programs[i]) : 0;

		if (!fits(i, when))
			continue;
		if (n < rounds * redirected[i].times)
			TH_LOG("%s: %ld calls in %ld rounds", redirected[i].name, n, rounds);
		EXPECT_GE(n, rounds * redirected[i].times);
	}
}

static void second(struct __test_metadata *_metadata, int when)
{
	struct session *s;
	struct tracee t;
	char *before;
	long done;

	ASSERT_EQ(0, load_utrace());
	before = hooked_functions();
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	ASSERT_EQ(0, attach_all(when));
	done = shared[DONE] + 1;
	EXPECT_TRUE(life_goes_on(s, 3));
	expect_counted(_metadata, when, shared[DONE] - done);
	detach_all(when);
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
	EXPECT_STREQ(before, hooked_functions());
}

/* Loading and unloading take their time: this one leaves us unloaded. */
static void first(struct __test_metadata *_metadata, int when)
{
	struct session *s;
	struct tracee t;
	char *before;

	ASSERT_EQ(0, unload_utrace());
	ASSERT_EQ(0, attach_all(when));
	before = hooked_functions();
	EXPECT_EQ(0, load_utrace());
	s = life_begin(_metadata, &t, 3);
	tracee_go(&t);
	expect_life(_metadata, s, &t);
	expect_counted(_metadata, when, 3);
	session_close(s);
	/* We go first, too, and leave to them what is theirs. */
	EXPECT_EQ(0, unload_utrace());
	EXPECT_STREQ(before, hooked_functions());
	EXPECT_EQ(LIFE_STATUS << 8, life_untraced(2));
	EXPECT_EQ(0, shared[WRONG]);
	expect_counted(_metadata, when, 5);
	detach_all(when);
	EXPECT_STREQ("", hooked_functions());
}

TEST(programs_attached_second_at_the_entry_see_every_call)
{
	second(_metadata, BPF_TRACE_FENTRY);
}

TEST(programs_attached_second_at_the_end_see_every_call)
{
	second(_metadata, BPF_TRACE_FEXIT);
}

static void second_is_refused(struct __test_metadata *_metadata, const char *function)
{
	struct program p;
	struct session *s;
	struct tracee t;
	char *before;
	int ret;

	ASSERT_EQ(0, load_utrace());
	before = hooked_functions();
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	/* EINVAL since 7.0; that nothing else is wrong is what first_has_it() shows. */
	ret = attach(&p, function, BPF_TRACE_FENTRY);
	EXPECT_TRUE(ret == -EBUSY || ret == -EINVAL);
	EXPECT_GE(p.prog, 0);
	detach(&p);
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
	EXPECT_STREQ(before, hooked_functions());
}

static void first_has_it(struct __test_metadata *_metadata, const char *function)
{
	struct session *s;
	struct program p;
	struct tracee t;
	char *before;
	int log;

	ASSERT_EQ(0, unload_utrace());
	ASSERT_EQ(0, attach(&p, function, BPF_TRACE_FENTRY));
	before = hooked_functions();
	log = kernel_log();
	EXPECT_EQ(-EBUSY, load_with("utrace", ""));
	EXPECT_TRUE(is_logged(log, "utrace", function));
	EXPECT_EQ(-1, module_refs("utrace"));
	EXPECT_STREQ(before, hooked_functions());
	detach(&p);
	EXPECT_STREQ("", hooked_functions());
	/* And it was only that. */
	EXPECT_EQ(0, load_utrace());
	s = life_begin(_metadata, &t, 1);
	tracee_go(&t);
	expect_life(_metadata, s, &t);
	close(log);
}

TEST(program_at_syscall_user_dispatch_is_refused_while_we_are_loaded)
{
	second_is_refused(_metadata, "syscall_user_dispatch");
}

TEST(program_at_user_single_step_report_is_refused_while_we_are_loaded)
{
	second_is_refused(_metadata, "user_single_step_report");
}

TEST(programs_attached_first_at_the_entry_see_every_call)
{
	first(_metadata, BPF_TRACE_FENTRY);
}

TEST(programs_attached_first_at_the_end_see_every_call)
{
	first(_metadata, BPF_TRACE_FEXIT);
}

TEST(load_is_refused_while_a_program_has_syscall_user_dispatch)
{
	first_has_it(_metadata, "syscall_user_dispatch");
}

TEST(load_is_refused_while_a_program_has_user_single_step_report)
{
	first_has_it(_metadata, "user_single_step_report");
}

TEST_HARNESS_MAIN
