// SPDX-License-Identifier: GPL-2.0
/*
 * A livepatch that comes second, as test_ipmodify.ko: refused. That we are
 * refused where one was first is in unload_test.
 */
#include "coexist.h"

static void refused(struct __test_metadata *_metadata, const char *function)
{
	char option[128], *before;
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, load_utrace());
	before = hooked_functions();
	snprintf(option, sizeof(option), "function=%s", function);
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	EXPECT_EQ(-EBUSY, load_with("test_ipmodify", option));
	EXPECT_EQ(-1, module_refs("test_ipmodify"));
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
	EXPECT_STREQ(before, hooked_functions());
	free(before);
}

TEST(livepatch_of_do_exit_is_refused_while_we_are_loaded)
{
	refused(_metadata, "do_exit");
}

TEST(livepatch_of_wake_up_new_task_is_refused_while_we_are_loaded)
{
	refused(_metadata, "wake_up_new_task");
}

TEST(livepatch_of_syscall_user_dispatch_is_refused_while_we_are_loaded)
{
	refused(_metadata, "syscall_user_dispatch");
}

TEST(livepatch_of_a_function_that_we_do_not_hook_lives_beside_us)
{
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, load_utrace());
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	EXPECT_EQ(0, load_with("test_ipmodify", "function=do_group_exit"));
	EXPECT_TRUE(life_goes_on(s, 2));
	EXPECT_EQ(0, unload("test_ipmodify"));
	expect_life(_metadata, s, &t);
}

TEST_HARNESS_MAIN
