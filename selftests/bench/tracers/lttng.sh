# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # tracers.sh uses what is set here, and sets the rest
# All system calls, by LTTng: through its daemons into a directory.
small=(--subbuf-size=16k --num-subbuf=4)
missing() { needs_command lttng; needs_modules lttng; }
start() {
	{
		lttng-sessiond -d &&
		lttng create bench --output="$out" &&
		lttng enable-channel -k channel "${options[@]}" &&
		lttng enable-event -k --syscall -a -c channel &&
		lttng track -k --vpid "$1" &&
		lttng start
	} >"$dir/log" 2>"$dir/err"
}
ready() { :; }
stop() {
	{
		lttng stop
		lttng list bench >"$dir/status"
		lttng destroy
		end_daemon
	} >"$dir/log" 2>"$dir/err"
}
end_daemon() {
	pkill lttng-sessiond
	wait_for is_gone
}
is_gone() { ! pgrep lttng-sessiond; }
lost() { awk '/Discarded events:/ { n += $NF } END { print n + 0 }' "$dir/status"; }
show() { babeltrace2 "$out"; }
