// SPDX-License-Identifier: GPL-2.0-only
/// Every function that spatch can read. scripts/lint compares them with those
/// that are there: in any other no rule would find anything.
//
// Options: --no-includes --include-headers

virtual report

@f@
identifier fn;
position p;
@@

fn@p(...) { ... }

@script:python depends on report@
p << f.p;
fn << f.fn;
@@

print("%s %s" % (p[0].file, fn))
