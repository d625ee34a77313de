// SPDX-License-Identifier: GPL-2.0-only
/// Something is freed after UTRACE_DETACH, whose answer nobody looked at, and
/// without utrace_barrier(): -EINPROGRESS means that a callback still runs.
//
// Confidence: Moderate
// Options: --no-includes --include-headers

virtual report

@unseen exists@
identifier f =~ "^(k|v|kv)free(_rcu|_sensitive)?$";
position p1, p2;
@@

(
 utrace_control@p1(..., UTRACE_DETACH);
|
 (void)utrace_control@p1(..., UTRACE_DETACH);
)
 ... when != utrace_barrier(...)
(
 f@p2(...);
|
 kmem_cache_free@p2(...);
)

@script:python depends on report@
p1 << unseen.p1;
p2 << unseen.p2;
@@

coccilib.report.print_report(p2[0], "ERROR: freed after the UTRACE_DETACH of line %s, no utrace_barrier()" % p1[0].line)

@unread exists@
identifier f =~ "^(k|v|kv)free(_rcu|_sensitive)?$";
idexpression err;
position p1, p2;
@@

 err = utrace_control@p1(..., UTRACE_DETACH)
 ... when != utrace_barrier(...)
     when != err
(
 f@p2(...);
|
 kmem_cache_free@p2(...);
)

@script:python depends on report@
p1 << unread.p1;
p2 << unread.p2;
@@

coccilib.report.print_report(p2[0], "ERROR: freed after the UTRACE_DETACH of line %s, no utrace_barrier()" % p1[0].line)
