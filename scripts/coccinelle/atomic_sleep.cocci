// SPDX-License-Identifier: GPL-2.0-only
/// A call that may sleep under a spinlock, in an RCU reader, or with
/// preemption or interrupts off. Knows one level of functions of the same file.
//
// Confidence: Moderate
// Options: --no-includes --include-headers

virtual report

@calls@
identifier f =~ "^(mutex_lock(_.*)?|down(_.*)?|msleep.*|usleep_range.*|schedule(_timeout.*)?|cond_resched|might_sleep|wait_event.*|wait_for_completion.*|synchronize_rcu.*|rcu_barrier|flush_work|flush_workqueue|(clear|copy_(from|to)|get|put|strncpy_from|strnlen)_user|vmalloc|vzalloc|kvfree|vfree|utrace_barrier.*|utrace_stop|utrace_task_get_or_create)$";
position p;
@@

 f@p(...)

@allocs@
identifier f;
position p;
@@

 f@p(..., <+... GFP_KERNEL ...+>, ...)

@objs@
identifier f =~ "^kv?[mz]alloc_(obj|objs|flex)$";
position p;
@@

(
 f(..., \(GFP_ATOMIC\|GFP_NOWAIT\))
|
 f@p(...)
)

// Looking an engine up does not sleep, attaching does.
@attaches@
identifier f =~ "^utrace_attach_(task|pid)$";
expression task;
position p;
@@

(
 f(task, \(UTRACE_ATTACH_MATCH_OPS\|UTRACE_ATTACH_MATCH_DATA\|UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA\), ...)
|
 f@p(...)
)

@sleeps@
identifier fn, f;
position p = {calls.p, allocs.p, objs.p, attaches.p};
@@

fn(...) { <+... f@p(...) ...+> }

@by_name@
identifier sleeps.fn;
position p;
@@

 fn@p(...)

@locked exists@
identifier lock =~ "^((raw_)?(spin|read|write)_lock(_irq|_irqsave|_bh)?|rcu_read_lock|preempt_disable(_notrace)?|local_irq_(disable|save))$";
identifier unlock =~ "_(unlock|enable|restore)";
identifier f;
position p1, p2 = {calls.p, allocs.p, objs.p, attaches.p, by_name.p};
@@

 lock@p1(...)
 ... when != unlock(...)
 f@p2(...)

@script:python depends on report@
p1 << locked.p1;
p2 << locked.p2;
f << locked.f;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() may sleep under the lock of line %s" % (f, p1[0].line))

@guarded exists@
identifier g =~ "^((raw_)?spinlock|read_lock|write_lock|rcu$|preempt|irq)";
identifier f;
position p1, p2 = {calls.p, allocs.p, objs.p, attaches.p, by_name.p};
@@

{
 guard(g)@p1(...);
 <+... f@p2(...) ...+>
}

@script:python depends on report@
p1 << guarded.p1;
p2 << guarded.p2;
f << guarded.f;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() may sleep under the guard of line %s" % (f, p1[0].line))

@scoped exists@
identifier g =~ "^((raw_)?spinlock|read_lock|write_lock|rcu$|preempt|irq)";
identifier f;
position p1, p2 = {calls.p, allocs.p, objs.p, attaches.p, by_name.p};
@@

if (scoped_guard@p1(g, ...)) {
 <+... f@p2(...) ...+>
}

@script:python depends on report@
p1 << scoped.p1;
p2 << scoped.p2;
f << scoped.f;
@@

coccilib.report.print_report(p2[0], "ERROR: %s() may sleep under the guard of line %s" % (f, p1[0].line))
