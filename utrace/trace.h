/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the core itself: utrace:* for perf, ftrace and BPF.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM utrace

#if !defined(_UTRACE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _UTRACE_TRACE_H

#include <linux/tracepoint.h>
#include <linux/utrace.h>
#include "core.h"

#define UTRACE_NAME_LEN	24

DECLARE_EVENT_CLASS(utrace_engine,
	TP_PROTO(const struct utrace_engine *engine),
	TP_ARGS(engine),
	TP_STRUCT__entry(
		__field(pid_t, tid)
		__array(char, engine, UTRACE_NAME_LEN)
	),
	TP_fast_assign(
		__entry->tid = task_pid_nr(engine->ut->task);
		strscpy(__entry->engine, engine->ops->name, UTRACE_NAME_LEN);
	),
	TP_printk("tid=%d engine=%s", __entry->tid, __entry->engine)
);

DEFINE_EVENT(utrace_engine, utrace_attach,
	TP_PROTO(const struct utrace_engine *engine),
	TP_ARGS(engine)
);

DEFINE_EVENT(utrace_engine, utrace_detach,
	TP_PROTO(const struct utrace_engine *engine),
	TP_ARGS(engine)
);

/* A callback begins; @event as in the list of tasks, 0: ops->inherit(). */
TRACE_EVENT(utrace_report,
	TP_PROTO(const struct utrace_engine *engine, unsigned long event),
	TP_ARGS(engine, event),
	TP_STRUCT__entry(
		__field(pid_t, tid)
		__field(unsigned long, event)
		__array(char, engine, UTRACE_NAME_LEN)
	),
	TP_fast_assign(
		__entry->tid = task_pid_nr(engine->ut->task);
		__entry->event = event;
		strscpy(__entry->engine, engine->ops->name, UTRACE_NAME_LEN);
	),
	TP_printk("tid=%d engine=%s event=%#lx", __entry->tid, __entry->engine, __entry->event)
);

TRACE_EVENT(utrace_stop,
	TP_PROTO(const struct task_struct *task),
	TP_ARGS(task),
	TP_STRUCT__entry(
		__field(pid_t, tid)
	),
	TP_fast_assign(
		__entry->tid = task->pid;
	),
	TP_printk("tid=%d", __entry->tid)
);

TRACE_EVENT(utrace_resume,
	TP_PROTO(const struct task_struct *task, const char *by),
	TP_ARGS(task, by),
	TP_STRUCT__entry(
		__field(pid_t, tid)
		__array(char, by, UTRACE_NAME_LEN)
	),
	TP_fast_assign(
		__entry->tid = task->pid;
		strscpy(__entry->by, by, UTRACE_NAME_LEN);
	),
	TP_printk("tid=%d by=%s", __entry->tid, __entry->by)
);

#endif /* _UTRACE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
