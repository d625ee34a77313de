// SPDX-License-Identifier: GPL-2.0-only
/// A reference from utrace_attach_task() or utrace_attach_pid() is lost, or
/// let go twice.
//
// Confidence: Moderate
// Options: --no-includes --include-headers

virtual report

@dropped@
position p;
@@

(
 utrace_attach_task@p(...);
|
 utrace_attach_pid@p(...);
|
 (void)utrace_attach_task@p(...);
|
 (void)utrace_attach_pid@p(...);
)

@script:python depends on report@
p << dropped.p;
@@

coccilib.report.print_report(p[0], "ERROR: this engine, and its reference, is lost")

// Whoever else is given the engine may have become its owner.

@leak exists@
local idexpression struct utrace_engine *e;
identifier user !~ "^(utrace_(set_events|control|barrier|engine_get)|(IS|PTR)_ERR.*|WARN_ON.*|pr_.*)$";
expression E;
statement S;
position p1, p2;
@@

 e = \(utrace_attach_task@p1\|utrace_attach_pid@p1\)(...)
 ... when != __free(...)(e)
     when != user(..., e, ...)
     when != E = e
     when != e = E
 if (\(IS_ERR(e)\|IS_ERR_OR_NULL(e)\)) S
 ... when != user(..., e, ...)
     when != E = e
     when != e = E
(
 return <+... e ...+>;
|
 return@p2 ...;
)

@script:python depends on report@
p1 << leak.p1;
p2 << leak.p2;
@@

coccilib.report.print_report(p2[0], "ERROR: no utrace_engine_put() for the engine of line %s" % p1[0].line)

@owned exists@
local idexpression struct utrace_engine *e;
position p;
@@

 __free(utrace_engine_put)(e);
 ... when != no_free_ptr(e)
     when != e = NULL
(
 utrace_engine_put@p(e);
|
 return@p e;
)

@script:python depends on report@
p << owned.p;
@@

coccilib.report.print_report(p[0], "ERROR: __free(utrace_engine_put) lets it go again; no_free_ptr()?")
