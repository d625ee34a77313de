// SPDX-License-Identifier: GPL-2.0-only
/// A callback is made with a lock held or inside an RCU reader. Callbacks may
/// sleep: they allocate, take mutexes and touch user memory.
//
// Confidence: Moderate
// Options: --no-includes --include-headers

virtual report

// report_*() as a member is the engine's own, as a function our way there.

@locked exists@
identifier lock =~ "^(raw_)?(spin|read|write|mutex|rcu_read|preempt|local_irq)_(lock|disable|save)";
identifier unlock =~ "_(unlock|enable|restore)";
identifier cb =~ "^(report_|utrace_report_(each|one))";
expression E;
position p1, p2;
@@

 lock@p1(...)
 ... when != unlock(...)
(
 E->cb@p2(...)
|
 cb@p2(...)
)

@script:python depends on report@
p1 << locked.p1;
p2 << locked.p2;
cb << locked.cb;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() under the lock of line %s" % (cb, p1[0].line))

@guarded exists@
identifier cb =~ "^(report_|utrace_report_(each|one))";
identifier g;
expression E;
position p1, p2;
@@

{
 guard(g)@p1(...);
 <+...
(
 E->cb@p2(...)
|
 cb@p2(...)
)
 ...+>
}

@script:python depends on report@
p1 << guarded.p1;
p2 << guarded.p2;
cb << guarded.cb;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() under the guard of line %s" % (cb, p1[0].line))

@scoped exists@
identifier cb =~ "^(report_|utrace_report_(each|one))";
expression E;
position p1, p2;
@@

if (scoped_guard@p1(...)) {
 <+...
(
 E->cb@p2(...)
|
 cb@p2(...)
)
 ...+>
}

@script:python depends on report@
p1 << scoped.p1;
p2 << scoped.p2;
cb << scoped.cb;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() under the guard of line %s" % (cb, p1[0].line))
