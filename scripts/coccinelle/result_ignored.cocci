// SPDX-License-Identifier: GPL-2.0-only
/// Nobody looks at what utrace_control(), utrace_set_events() or
/// utrace_barrier() answered: -EINPROGRESS and -ESRCH decide what may be freed.
//
// Confidence: High
// Options: --no-includes --include-headers

virtual report

@ignored@
identifier f =~ "^utrace_(control|set_events|barrier)$";
position p;
@@

(
 f@p(...);
|
 (void)f@p(...);
)

@script:python depends on report@
p << ignored.p;
f << ignored.f;
@@

coccilib.report.print_report(p[0], "ERROR: the result of %s() is ignored" % f)

@unread@
identifier f =~ "^utrace_(control|set_events|barrier)$";
local idexpression err;
position p;
@@

 err = f@p(...)
 ... when != err

@script:python depends on report@
p << unread.p;
f << unread.f;
@@

coccilib.report.print_report(p[0], "ERROR: the result of %s() is never read" % f)
