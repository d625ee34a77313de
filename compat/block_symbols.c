// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include "symbols.h"

extern unsigned long utrace_symbol_pidfd_prepare;

/**
 * utrace_symbols_init() - find every function, or refuse
 *
 * Return: 0; -ENOENT: one is missing, the log has its name; -ENOMEM.
 */
int __init utrace_symbols_init(void)
{
	static const struct utrace_symbol symbols[] __initconst = {
		{ "pidfd_prepare", &utrace_symbol_pidfd_prepare },
	};

	return utrace_symbols_find(symbols, ARRAY_SIZE(symbols));
}
