// SPDX-License-Identifier: GPL-2.0
/*
 * User call chains. Built with frame pointers, and what they lead to is written
 * down by the program itself; without a red zone, for its assembler pushes.
 */
#include "one_ring.h"
#include "../absent.h"

#include <pthread.h>

#define PAGE		4096
#define noinline	__attribute__((noinline, noclone))
/* A call in the tail of a function would be a jump, and leave no frame. */
#define no_tail()	__asm__ volatile("" ::: "memory")

#define TRUNCATED	UTRACE_RECORD_STACK_TRUNCATED
#define COMPAT		UTRACE_RECORD_STACK_COMPAT
#define BROKEN		UTRACE_RECORD_STACK_BROKEN
#define REQUESTED	UTRACE_RECORD_STACK_REQUESTED

static int set_depth(struct recorder *r, unsigned int depth)
{
	struct utrace_record_stacks stacks = { .depth = depth };

	return rec_ioctl(r, UTRACE_RECORD_IOC_STACK, &stacks);
}

static struct recorder *start_with(struct __test_metadata *_metadata, unsigned int depth)
{
	struct recorder *r = start(_metadata);

	ASSERT_EQ(0, set_depth(r, depth));
	return r;
}

/* The @n-th record of @type, of any kind. */
static const void *nth(struct recorder *r, enum utrace_record_type type, unsigned int n)
{
	const struct ring *ring = &r->rings[0];
	unsigned long long at = 0;

	while (at < __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE)) {
		const struct utrace_record *rec = (const void *)(ring->data + at);

		if (UTRACE_RECORD_TYPE(rec->info) == type && !n--)
			return rec;
		at += UTRACE_RECORD_BYTES(rec->info);
	}
	return NULL;
}

static const struct utrace_record_stack *find_stack(struct recorder *r, unsigned long long cookie)
{
	const struct utrace_record_stack *stack;
	unsigned int n = 0;

	while ((stack = nth(r, UTRACE_RECORD_STACK, n++)))
		if (stack->cookie == cookie)
			return stack;
	return NULL;
}

/* 0: none */
static unsigned long long cookie_of(const struct utrace_record *rec)
{
	const struct utrace_record_data *d;
	unsigned int n = 0;

	while ((d = nth_data(rec, n++)))
		if (d->kind == UTRACE_RECORD_COOKIE)
			return *(const uint64_t *)(d + 1);
	return 0;
}

static const struct utrace_record_stack *stack_of(struct __test_metadata *_metadata,
						  struct recorder *r, unsigned int nr)
{
	const struct utrace_record *rec = find(r, UTRACE_RECORD_CALL, nr);

	ASSERT_TRUE(rec);
	ASSERT_NE(0, cookie_of(rec));
	return find_stack(r, cookie_of(rec));
}

static unsigned int nr_addresses(const struct utrace_record_stack *stack)
{
	return (UTRACE_RECORD_BYTES(stack->head.info) - sizeof(*stack)) / 8;
}

static uint64_t address(const struct utrace_record_stack *stack, unsigned int n)
{
	return ((const uint64_t *)(stack + 1))[n];
}

static unsigned int flags_of(const struct utrace_record_stack *stack)
{
	return UTRACE_RECORD_FLAGS(stack->head.info);
}

static const struct utrace_record_stack *chain(struct __test_metadata *_metadata, void (*fn)(void),
					       unsigned int depth)
{
	struct recorder *r = start_with(_metadata, depth);

	run(_metadata, r, fn, 0);
	return stack_of(_metadata, r, SYS_getppid);
}

/* ---- A known chain ---- */

/* Where it goes on into *@ip; @fp: its frame pointer meanwhile, 0: as it is. */
static inline __attribute__((always_inline)) void getppid_with(volatile long *ip, long fp)
{
	long nr = SYS_getppid, here;

	__asm__ volatile("push %%rbp\n\t"
			 "test %[fp], %[fp]\n\t"
			 "cmovne %[fp], %%rbp\n\t"
			 "syscall\n"
			 "1:\tpop %%rbp\n\t"
			 "lea 1b(%%rip), %[here]"
			 : "+a" (nr), [here] "=&r" (here) : [fp] "r" (fp)
			 : "rcx", "r11", "memory");
	*ip = here;
}

static noinline void inner(void)
{
	shared[1] = (long)__builtin_return_address(0);
	getppid_with(&shared[0], 0);
	no_tail();
}

static noinline void middle(void)
{
	shared[2] = (long)__builtin_return_address(0);
	inner();
	no_tail();
}

static noinline void outer(void)
{
	shared[3] = (long)__builtin_return_address(0);
	middle();
	no_tail();
}

TEST(chain_of_a_call_is_where_the_program_was)
{
	const struct utrace_record_stack *stack = chain(_metadata, outer, 127);
	unsigned int i;

	ASSERT_TRUE(stack);
	ASSERT_GE(nr_addresses(stack), 4);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(shared[i], address(stack, i));
	EXPECT_EQ(0, flags_of(stack) & ~BROKEN);
}

static void two_calls(void)
{
	outer();
	syscall(SYS_getpgrp);
	outer();
}

TEST(each_call_has_a_chain_of_its_own)
{
	struct recorder *r = start_with(_metadata, 127);
	const struct utrace_record *rec;
	unsigned long long last = 0;
	unsigned int n, calls = 0;

	run(_metadata, r, two_calls, 0);
	for (n = 0; (rec = nth(r, UTRACE_RECORD_CALL, n)); n++) {
		/* What it was in when it was attached was not seen from its entry. */
		if (!cookie_of(rec))
			continue;
		EXPECT_NE(last, cookie_of(rec));
		last = cookie_of(rec);
		EXPECT_TRUE(find_stack(r, last));
		calls++;
	}
	/* exit_group(), from which no return is made, too. */
	EXPECT_EQ(4, calls);
	rec_drain(_metadata, r);
	EXPECT_EQ(4, r->stacks);
	EXPECT_EQ(0, r->bad);
	EXPECT_EQ(rec_status(r).records, r->calls + r->events + r->stacks);
}

TEST(call_without_chains_is_as_short_as_ever)
{
	static const struct utrace_record_call_spec none;
	struct recorder *r = start(_metadata);
	struct utrace_record_call_spec specs[SYS_getppid + 1] = {};
	struct utrace_record_calls calls = {
		.nr = SYS_getppid + 1, .specs = (uintptr_t)specs,
	};
	const struct utrace_record *rec;

	specs[SYS_getppid] = none;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	run(_metadata, r, outer, 0);
	rec = find(r, UTRACE_RECORD_CALL, SYS_getppid);
	ASSERT_TRUE(rec);
	EXPECT_EQ(16, UTRACE_RECORD_BYTES(rec->info));
	EXPECT_FALSE(nth(r, UTRACE_RECORD_STACK, 0));
}

/* ---- What it belongs to ---- */

static bool covers(const struct utrace_record_event *map, uint64_t address)
{
	const struct utrace_record_data *range = nth_data(&map->head, 0);
	uint64_t bytes = range ? *(const uint64_t *)(range + 1) : 0;

	return UTRACE_RECORD_NR(map->head.info) == UTRACE_RECORD_EVENT_MAP &&
	       address - map->value < bytes;
}

static const struct utrace_record_event *find_map(struct recorder *r, uint64_t address)
{
	const struct utrace_record_event *map;
	unsigned int n = 0;

	while ((map = nth(r, UTRACE_RECORD_EVENT, n++)))
		if (covers(map, address))
			return map;
	return NULL;
}

TEST(mappings_tell_what_file_an_address_is_of)
{
	struct recorder *r = start_with(_metadata, 127);
	const struct utrace_record_event *map;
	const struct utrace_record_data *path;
	char self[4096] = "";

	run(_metadata, r, outer, 0);
	map = find_map(r, shared[0]);
	ASSERT_TRUE(map);
	path = nth_data(&map->head, 1);
	ASSERT_TRUE(path);
	EXPECT_EQ(UTRACE_RECORD_PATH, path->kind);
	ASSERT_GT(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	EXPECT_EQ(strlen(self), path->len);
	EXPECT_EQ(0, memcmp(self, path + 1, path->len));
	/* Once, however many chains. */
	EXPECT_TRUE(find_map(r, (uintptr_t)syscall));
}

static void map_code(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	syscall(SYS_getpgrp);
	shared[5] = (long)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	syscall(SYS_getpgrp);
}

TEST(mapping_that_is_new_is_told)
{
	struct recorder *r = start_with(_metadata, 127);
	const struct utrace_record_data *range;
	const struct utrace_record_event *map;

	run(_metadata, r, map_code, 0);
	map = find_map(r, shared[5]);
	ASSERT_TRUE(map);
	EXPECT_EQ(shared[5], map->value);
	range = nth_data(&map->head, 0);
	EXPECT_EQ(PAGE, *(const uint64_t *)(range + 1));
	EXPECT_EQ(0, *((const uint64_t *)(range + 1) + 1));
}

/* ---- Its end ---- */

static noinline void recurse(long n)
{
	if (n)
		recurse(n - 1);
	else
		getppid_with(&shared[0], 0);
	no_tail();
}

static void recurse_deep(void)
{
	recurse(1000);
}

TEST(chain_that_is_too_deep_is_truncated)
{
	const struct utrace_record_stack *stack = chain(_metadata, recurse_deep, 127);

	ASSERT_TRUE(stack);
	EXPECT_EQ(127, nr_addresses(stack));
	EXPECT_EQ(TRUNCATED, flags_of(stack));
	EXPECT_EQ(address(stack, 1), address(stack, 126));
}

TEST(depth_is_as_asked_for)
{
	const struct utrace_record_stack *stack = chain(_metadata, recurse_deep, 1);

	ASSERT_TRUE(stack);
	EXPECT_EQ(1, nr_addresses(stack));
	EXPECT_EQ(TRUNCATED, flags_of(stack));
	EXPECT_EQ(shared[0], address(stack, 0));
}

TEST(deepest_chain_fits_into_a_record)
{
	const struct utrace_record_stack *stack = chain(_metadata, recurse_deep, 1024);

	ASSERT_TRUE(stack);
	/* recurse() a thousand and one times, and what called it. */
	EXPECT_GT(nr_addresses(stack), 1001);
	EXPECT_EQ(0, flags_of(stack) & TRUNCATED);
}

static void with_garbage(void)
{
	getppid_with(&shared[0], shared[10]);
}

/* shared[0] was set by the tracee, so each value has one of its own. */
TEST(garbage_for_a_frame_pointer_ends_the_chain)
{
	static const long garbage[] = {
		1, 8, -1, -8, 0x7fffffffe000, 0x7ffffffff000, 0x7ffffffffff8, 0x1000000000000,
		(long)0x8000000000000000, (long)0xffff888000000000, (long)0xffffffff81000000,
	};
	unsigned int i;

	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		const struct utrace_record_stack *stack;

		shared[10] = garbage[i];
		stack = chain(_metadata, with_garbage, 127);
		ASSERT_TRUE(stack);
		EXPECT_EQ(1, nr_addresses(stack));
		EXPECT_EQ(shared[0], address(stack, 0));
		EXPECT_EQ(BROKEN, flags_of(stack));
	}
}

static void with_loop(void)
{
	/* Leads to itself. */
	long frame[2] = { (long)frame, 42 };

	getppid_with(&shared[0], (long)frame);
}

TEST(frame_that_leads_to_itself_ends_the_chain)
{
	const struct utrace_record_stack *stack = chain(_metadata, with_loop, 127);

	ASSERT_TRUE(stack);
	EXPECT_EQ(2, nr_addresses(stack));
	EXPECT_EQ(42, address(stack, 1));
	EXPECT_EQ(BROKEN, flags_of(stack));
}

static void with_end(void)
{
	long frames[4] = { (long)&frames[2], 42, 0, 43 };

	getppid_with(&shared[0], (long)frames);
}

TEST(frame_pointer_of_zero_is_the_end)
{
	const struct utrace_record_stack *stack = chain(_metadata, with_end, 127);

	ASSERT_TRUE(stack);
	EXPECT_EQ(3, nr_addresses(stack));
	EXPECT_EQ(43, address(stack, 2));
	EXPECT_EQ(0, flags_of(stack));
}

/* ---- A page that is not there ---- */

static struct absent absent;

/* With the stack pointer at @sp, a stack below that page. */
static noinline void getppid_on(char *sp, long fp)
{
	long nr = SYS_getppid;

	__asm__ volatile("push %%rbp\n\t"
			 "mov %%rsp, %%r12\n\t"
			 "mov %[fp], %%rbp\n\t"
			 "mov %[sp], %%rsp\n\t"
			 "syscall\n\t"
			 "mov %%r12, %%rsp\n\t"
			 "pop %%rbp"
			 : "+a" (nr) : [fp] "r" (fp), [sp] "r" (sp)
			 : "rcx", "r11", "r12", "memory");
}

static void *supply_page(void *arg)
{
	long frames[PAGE / sizeof(long)] = { (long)absent.page + 16, 42, 0, 43 };

	(void)arg;
	if (absent_wanted(&absent)) {
		shared[2]++;
		absent_supply(&absent, frames);
	}
	return NULL;
}

static void walk_into_absent_page(void)
{
	char *low = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	absent = absent_from(low + PAGE);
	pthread_create(&thread, NULL, supply_page, NULL);
	low[PAGE - 64] = 1;
	getppid_on(low + PAGE - 64, (long)low + PAGE);
	pthread_join(thread, NULL);
}

TEST(page_of_the_stack_that_is_not_there_is_waited_for)
{
	const struct utrace_record_stack *stack;
	struct recorder *r = start_with(_metadata, 127);

	run(_metadata, r, walk_into_absent_page, 0);
	/* The recorder was the first who wanted it. */
	EXPECT_EQ(1, shared[2]);
	stack = stack_of(_metadata, r, SYS_getppid);
	ASSERT_TRUE(stack);
	EXPECT_EQ(3, nr_addresses(stack));
	EXPECT_EQ(42, address(stack, 1));
	EXPECT_EQ(43, address(stack, 2));
	EXPECT_EQ(0, flags_of(stack));
}

/* ---- 32 bits ---- */

/*
 * In 32-bit code: mov $64, %eax (getppid); int $0x80; ljmp $0x33, behind it. There:
 * movabs the saved stack pointer, %rax; mov %rax, %rsp; ret.
 */
static const unsigned char code32[] = {
	0xb8, 64, 0, 0, 0, 0xcd, 0x80, 0xea, 14, 0, 0, 0, 0x33, 0,
	0x48, 0xa1, 0, 0, 0, 0, 0, 0, 0, 0, 0x48, 0x89, 0xc4, 0xc3,
};

static void call_from_32_bits(void)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	unsigned int *frames = (unsigned int *)(page + PAGE + 256);
	long base = (long)page, save = base + 1024;

	memcpy(page, code32, sizeof(code32));
	*(unsigned int *)(page + 8) += base;
	*(long *)(page + 16) = save;
	frames[0] = (unsigned int)(base + PAGE + 256 + 8);
	frames[1] = 0xfffffff0;
	frames[2] = 0;
	frames[3] = 43;
	shared[0] = base + 7;
	__asm__ volatile("push %%rbp\n\t"
			 "push %%rbx\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "push %%rax\n\t"
			 "mov %%rsp, (%[save])\n\t"
			 "mov %[fp], %%rbp\n\t"
			 "lea -128(%[fp]), %%rsp\n\t"
			 "push $0x23\n\t"
			 "push %[code]\n\t"
			 "lretq\n"
			 "1:\tpop %%rbx\n\t"
			 "pop %%rbp"
			 : : [save] "r" (save), [fp] "r" ((long)frames), [code] "r" (base)
			 : "rax", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
			   "memory");
}

TEST(code_of_32_bits_has_frames_of_32_bits)
{
	const struct utrace_record_stack *stack;
	struct recorder *r = start_with(_metadata, 127);

	run(_metadata, r, call_from_32_bits, 0);
	/* getppid of i386. */
	stack = stack_of(_metadata, r, 64);
	ASSERT_TRUE(stack);
	EXPECT_EQ(COMPAT, flags_of(stack));
	ASSERT_EQ(3, nr_addresses(stack));
	EXPECT_EQ(shared[0], address(stack, 0));
	EXPECT_EQ(0xfffffff0, address(stack, 1));
	EXPECT_EQ(43, address(stack, 2));
}

/* ---- Signals ---- */

static noinline void fault(void)
{
	shared[1] = (long)__builtin_return_address(0);
	*(volatile int *)shared[10] = 0;
	no_tail();
}

static void fault_in_a_function(void)
{
	fault();
	no_tail();
}

TEST(signal_has_the_chain_of_where_it_is_taken)
{
	struct recorder *r = start_with(_metadata, 127);
	const struct utrace_record_event *event;
	const struct utrace_record_stack *stack;

	run(_metadata, r, fault_in_a_function, 0);
	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_SIGNAL);
	ASSERT_TRUE(event);
	EXPECT_EQ(SIGSEGV, event->value);
	stack = find_stack(r, cookie_of(&event->head));
	ASSERT_TRUE(stack);
	EXPECT_EQ(shared[1], address(stack, 1));
	EXPECT_LT(address(stack, 0) - (uintptr_t)fault, 64);
}

/* ---- Asked for in an interrupt ---- */

static noinline void spin_here(void)
{
	shared[1] = (long)__builtin_return_address(0);
	for (;;)
		shared[0]++;
}

static void spin(void)
{
	spin_here();
	no_tail();
}

static void request_from(struct __test_metadata *_metadata, unsigned int context)
{
	struct test_utrace_request req = { .context = context, .times = 2 };
	struct recorder *r = start_with(_metadata, 127);
	const struct utrace_record_stack *stack;
	struct session *s = session_open();
	struct tracee t = tracee_start(spin);
	int ret;

	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	/* It stays on CPU 0. */
	stay_on(1);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 0));
	req.tid = t.pid;
	ASSERT_TRUE(WAIT_FOR((ret = __session_ioctl(s, TEST_UTRACE_IOC_REQUEST, &req)) != -EAGAIN));
	ASSERT_EQ(0, ret);
	ASSERT_NE(0, req.first);
	EXPECT_EQ(req.first, req.last);
	ASSERT_TRUE(WAIT_FOR(find_stack(r, req.first)));
	stack = find_stack(r, req.first);
	EXPECT_EQ(REQUESTED, flags_of(stack) & REQUESTED);
	EXPECT_LT(address(stack, 0) - (uintptr_t)spin_here, 128);
	EXPECT_EQ(shared[1], address(stack, 1));
	tracee_kill(&t);
}

TEST(chain_asked_for_in_an_interrupt_is_taken_at_the_safe_point)
{
	request_from(_metadata, TEST_CONTEXT_IRQ);
}

TEST(chain_asked_for_in_what_is_like_an_nmi_is_taken_at_the_safe_point)
{
	request_from(_metadata, TEST_CONTEXT_NMI);
}

static void exit_at_once(void)
{
	syscall(SYS_exit_group, 0);
}

TEST(chain_that_was_asked_for_by_a_task_that_exits_first_is_dropped)
{
	struct recorder *r = start_with(_metadata, 127);
	struct tracee t = tracee_start(exit_at_once);
	const struct test_utrace_event *entry;
	struct session *s = session_open();
	unsigned int n = 0;
	const struct utrace_record_stack *stack;

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_exit_group,
	     .what = TEST_UTRACE_REQUEST | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
	entry = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_exit_group));
	ASSERT_TRUE(entry);
	EXPECT_NE(0, entry->values[7]);
	while ((stack = nth(r, UTRACE_RECORD_STACK, n++)))
		EXPECT_EQ(0, flags_of(stack) & REQUESTED);
	/* That of the call itself is there. */
	EXPECT_TRUE(stack_of(_metadata, r, SYS_exit_group));
}

/* ---- Policies ---- */

static void many(void)
{
	long n;

	stay_on(0);
	for (n = 0; n < 2000; n++)
		recurse(20);
}

TEST(chains_are_lost_and_counted_like_everything)
{
	struct recorder *r = rec_start(_metadata, 8192);
	struct utrace_record_status status;

	ASSERT_EQ(0, set_depth(r, 127));
	stay_on(0);
	run(_metadata, r, many, 0);
	rec_drain(_metadata, r);
	status = rec_status(r);
	EXPECT_GT(status.lost, 2000);
	EXPECT_EQ(status.records, r->calls + r->events + r->stacks);
	EXPECT_EQ(0, r->bad);
}

TEST(nothing_is_lost_when_tasks_wait)
{
	struct recorder *r = rec_start_as(_metadata, SETUP(.ring_bytes = 8192,
							   .policy = UTRACE_RECORD_POLICY_BLOCK));
	struct tracee t;

	ASSERT_EQ(0, set_depth(r, 127));
	t = tracee_start(many);
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(2000, r->getppids);
	/* exit_group() and sched_setaffinity(), too. */
	EXPECT_EQ(2002, r->stacks);
}

/* ---- Mistakes ---- */

TEST(depth_that_makes_no_sense_is_refused)
{
	struct utrace_record_stacks stacks = { .depth = 1, .reserved = 1 };
	struct recorder *r = start(_metadata);
	struct tracee t = tracee_start(exit_at_once);

	EXPECT_EQ(-EINVAL, set_depth(r, 0));
	EXPECT_EQ(-EINVAL, set_depth(r, 1025));
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_STACK, &stacks));
	EXPECT_EQ(-EFAULT, rec_ioctl(r, UTRACE_RECORD_IOC_STACK, NULL));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	EXPECT_EQ(-EBUSY, set_depth(r, 127));
	tracee_kill(&t);
	EXPECT_FALSE(nth(r, UTRACE_RECORD_STACK, 0));
}

TEST_HARNESS_MAIN
