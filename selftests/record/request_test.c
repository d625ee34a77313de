// SPDX-License-Identifier: GPL-2.0
/* What records carry of the last argument of ioctl(2) and fcntl(2). */
#include "capture.h"
#include "../call32.h"

#include <sys/ioctl.h>

static const struct utrace_record_call_spec ioctl_spec = {
	.nr_args = 3, .in = 4, .out = 4,
	.args[2] = { UTRACE_RECORD_REQUEST, LENGTH(UTRACE_RECORD_LENGTH_ARG, 1),
		     UTRACE_RECORD_REQUEST_IOCTL },
}, fcntl_spec = {
	.nr_args = 3, .in = 4, .out = 4,
	.args[2] = { UTRACE_RECORD_REQUEST, LENGTH(UTRACE_RECORD_LENGTH_ARG, 1),
		     UTRACE_RECORD_REQUEST_FCNTL },
};
static struct { long call, request, ret; } asked;

static void ask(void)
{
	static char memory[128];
	int fds[2];

	if (pipe(fds) || syscall(asked.call, fds[0], asked.request, memory) != asked.ret)
		_exit(1);
}

TEST(argument_of_a_request_is_what_its_number_says)
{
	/* Of some that the kernel knows by name, and of others by what they say. */
	static const struct { long call, request, ret, in, out; } requests[] = {
		{ SYS_ioctl, FIONBIO, 0, 4, 0 }, { SYS_ioctl, FIONREAD, 0, 0, 4 },
		{ SYS_ioctl, TIOCGWINSZ, -1, 0, 0 }, { SYS_ioctl, FIOCLEX, 0, 0, 0 },
		{ SYS_ioctl, _IOWR('x', 1, char[24]), -1, 24, 0 },
		{ SYS_ioctl, _IOR('x', 1, char[24]), -1, 0, 0 },
		{ SYS_fcntl, F_OFD_SETLK, 0, sizeof(struct flock), 0 },
		{ SYS_fcntl, F_OFD_GETLK, 0, 0, sizeof(struct flock) },
		{ SYS_fcntl, F_GETFD, 0, 0, 0 }, { SYS_fcntl, F_GETOWN_EX, 0, 0, 8 },
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		const struct utrace_record_data *d;

		asked.call = requests[i].call;
		asked.request = requests[i].request;
		asked.ret = requests[i].ret;
		d = nth_data(record_of(_metadata, (int)asked.call, asked.call == SYS_ioctl ?
				       ioctl_spec : fcntl_spec, ask), 0);
		if (requests[i].in)
			EXPECT_DATA(d, 2, UTRACE_RECORD_STRUCT, 0, 0, requests[i].in);
		else if (requests[i].out)
			EXPECT_DATA(d, 2, UTRACE_RECORD_STRUCT, OUT, 0, requests[i].out);
		else
			EXPECT_FALSE(d);
	}
}

#define IA32_NR_FCNTL64	221

static void compat_lock(void)
{
	call32(IA32_NR_FCNTL64, -1, asked.request, low_page());
}

TEST(lock_of_a_32_bit_call_has_the_size_of_its_request)
{
	static const struct { long request, bytes; } locks[] = { { F_SETLK, 16 }, { F_OFD_SETLK, 24 } };

	for (size_t i = 0; i < 2; i++) {
		struct recorder *r = start(_metadata);

		asked.request = locks[i].request;
		ASSERT_EQ(0, describe(r, UTRACE_RECORD_ABI_COMPAT, IA32_NR_FCNTL64, fcntl_spec));
		run(_metadata, r, compat_lock, 0);
		EXPECT_DATA(nth_data(find(r, UTRACE_RECORD_CALL, IA32_NR_FCNTL64), 0), 2,
			    UTRACE_RECORD_STRUCT, 0, 0, locks[i].bytes);
	}
}

TEST(request_of_nothing_or_of_no_argument_is_einval)
{
	struct utrace_record_call_spec bad = ioctl_spec;
	struct recorder *r = start(_metadata);

	bad.args[2].size = 2;
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));
	bad = ioctl_spec;
	bad.args[2].length = LENGTH(UTRACE_RECORD_LENGTH_ARG, 3);
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));
	bad.args[2].length = 0;
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));
	EXPECT_EQ(0, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, ioctl_spec));
}

TEST_HARNESS_MAIN
