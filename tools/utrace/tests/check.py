#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of utrace(1) that need no module: files made by hand, a device made up.

	check.py UTRACE FAKE_DEVICE_SO FILTER_TEST
"""
import os
import re
import signal
import struct
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True

import check_arguments
import check_attach
import check_large
import check_output
import check_stack
import check_structures
import trace_data as t
from case import Case, OnDevice
from trace_data import MS

FILTER = None


class Lines(Case):
    def test_open_is_printed_as_by_strace(self):
        self.assertEqual(
            self.lines(t.call(1, 257, (-100, 0x1000, 0o2000000, 0o644), 3,
                              strings=[t.string(1, b'/etc/passwd')])),
            ['openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3'])

    def test_a_mode_is_printed_if_the_flags_create(self):
        self.assertEqual(
            self.lines(t.call(1, 257, (5, 0x1000, 0o1101, 0o644), 3,
                              strings=[t.string(1, b'x')])),
            ['openat(5, "x", O_WRONLY|O_CREAT|O_TRUNC, 0644) = 3'])

    def test_results_begin_at_column_40(self):
        self.assertEqual(self.lines(t.call(1, 3, (3,), 0)),
                         ['close(3)                                = 0'])

    def test_an_error_has_its_name(self):
        self.assertEqual(
            self.lines(t.call(1, 3, (3,), -9)),
            ['close(3)                                = -1 EBADF (Bad file descriptor)'])

    def test_restart_codes(self):
        for code, text in ((-512, 'ERESTARTSYS (To be restarted if SA_RESTART is set)'),
                           (-513, 'ERESTARTNOINTR (To be restarted)'),
                           (-514, 'ERESTARTNOHAND (To be restarted if no handler)'),
                           (-516, 'ERESTART_RESTARTBLOCK (Interrupted by signal)')):
            self.assertEqual(self.lines(t.call(1, 35, (0x10, 0), code)),
                             ['nanosleep(0x10, NULL)                   = ? ' + text])

    def test_a_call_that_does_not_return_and_the_end(self):
        self.assertEqual(self.lines(t.call(1, 231, (0,), flags=t.UNFINISHED),
                                    t.event(1, t.EXIT, 3 << 8)),
                         ['exit_group(0)                           = ?', '+++ exited with 3 +++'])

    def test_a_call_that_goes_on_when_the_trace_ends(self):
        self.assertEqual(self.lines(t.call(1, 35, (0x10, 0), 1, flags=t.UNFINISHED)),
                         ['nanosleep(0x10, NULL <unfinished ...>'])

    def test_death_by_signal(self):
        self.assertEqual(self.lines(t.event(1, t.EXIT, 9), t.event(1, t.EXIT, 0x8b)),
                         ['+++ killed by SIGKILL +++', '+++ killed by SIGSEGV (core dumped) +++'])

    def test_strings_are_quoted(self):
        self.assertEqual(
            self.lines(t.call(1, 82, (1, 2), 0, strings=[
                t.string(0, b'a"b\\\n\t\x01\x012\xff'), t.string(1, b'', 0)])),
            [r'rename("a\"b\\\n\t\1\0012\377", "")     = 0'])
        # 8 and 9 are no octal digits.
        self.assertEqual(
            self.lines(t.call(1, 83, (1, 0), 0, strings=[t.string(0, b'\x008\x019\x027')])),
            [r'mkdir("\08\19\0027", 000)               = 0'])

    def test_truncated_and_faulting_strings(self):
        self.assertEqual(
            self.lines(t.call(1, 82, (0x1000, 0x2000), -14, strings=[
                t.string(0, b'abc', t.TRUNCATED), t.string(1, b'', t.FAULT)])),
            ['rename("abc"..., 0x2000)                = -1 EFAULT (Bad address)'])

    def test_a_null_string_is_null(self):
        self.assertEqual(self.lines(t.call(1, 83, (0, 0o755), -14,
                                           strings=[t.string(0, b'', t.FAULT)])),
                         ['mkdir(NULL, 0755)                       = -1 EFAULT (Bad address)'])

    def test_buffers_and_what_was_written_into_them(self):
        self.assertEqual(
            self.lines(t.call(1, 1, (1, 0x10, 40), 40, strings=[
                           t.piece(1, t.BUFFER, b'x' * 32, t.TRUNCATED)]),
                       t.call(1, 0, (0, 0x10, 9), 0, strings=[t.piece(1, t.BUFFER, b'', t.OUT)]),
                       t.call(1, 79, (0x10, 9), 5, strings=[
                           t.piece(0, t.BUFFER, b'/tmp\0', t.OUT)]),
                       t.call(1, 318, (0x10, 2, 0), 2, strings=[
                           t.piece(0, t.BUFFER, b'a\xff', t.OUT)])),
            ['write(1, "' + 'x' * 32 + '"..., 40) = 40',
             'read(0, "", 9)                          = 0',
             'getcwd("/tmp", 9)                       = 5',
             r'getrandom("\x61\xff", 2, 0)             = 2'])

    def test_vectors_with_a_bad_element(self):
        text = ('writev(1, [{iov_base="hello", iov_len=5}, {iov_base=0x8, iov_len=3}, '
                '{iov_base="' + 'x' * 32 + '"..., iov_len=40}], 3) = 9')
        self.assertEqual(self.lines(t.call(1, 20, (1, 0x100, 3), 9, strings=t.vector())), [text])
        compat = [t.piece(1, t.IOVEC, struct.pack('<II', 0x10, 2)), t.piece(1, t.BUFFER, b'ab')]
        self.assertEqual(
            self.lines(t.call(1, 146, (1, 0x100, 1), 2, strings=compat, flags=t.COMPAT)),
            ['writev(1, [{iov_base="ab", iov_len=2}], 1) = 2'])

    def test_argument_vectors_and_environment(self):
        self.assertEqual(
            self.lines(t.call(1, 59, (0x10, 0x20, 0x30), 0, strings=t.program())),
            ['execve("/bin/ls", ["ls", 0x8, "-l"], 0x30 /* 24 vars */) = 0'])

    def test_messages(self):
        self.assertEqual(
            self.lines(t.call(1, 47, (3, 0x100, 0), 4, strings=t.received()),
                       t.call(1, 47, (3, 0x100, 0), -11, strings=[t.message(name_len=16)])),
            ['recvmsg(3, {msg_name={sa_family=AF_UNIX}, msg_namelen=110 => 2, '
             'msg_iov=[{iov_base="data", iov_len=8}], msg_iovlen=1, '
             'msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, '
             'cmsg_data=[7]}], msg_controllen=24, msg_flags=0}, 0) = 4',
             'recvmsg(3, {msg_namelen=16}, 0)         '
             '= -1 EAGAIN (Resource temporarily unavailable)'])

    def test_addresses(self):
        unix = struct.pack('<H', 1) + b'/run/x\0\0'
        netlink = struct.pack('<HHII', 16, 0, 5, 3)
        inet6 = struct.pack('<H', 10) + struct.pack('>HI', 53, 0) + bytes(15) + b'\1' + bytes(4)
        for address, text in (
                (t.INET, 'AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")'),
                (unix, 'AF_UNIX, sun_path="/run/x"'),
                (b'\1\0\0abc', 'AF_UNIX, sun_path=@"abc"'),
                (netlink, 'AF_NETLINK, nl_pid=5, nl_groups=0x000003'),
                (inet6, 'AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), '
                 'inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=0')):
            line, = self.lines(t.call(1, 42, (3, 0x10, len(address)), 0,
                                      strings=[t.piece(1, t.SOCKADDR, address)]))
            self.assertEqual(line.split(' = ')[0].rstrip(),
                             f'connect(3, {{sa_family={text}}}, {len(address)})')

    def test_a_length_that_changes(self):
        lengths = [t.piece(2, t.STRUCT, struct.pack('<I', n), f) for n, f in ((128, 0), (16, t.OUT))]
        self.assertEqual(
            self.lines(t.call(1, 43, (3, 0x10, 0x20), 4, strings=[
                t.piece(1, t.SOCKADDR, t.INET, t.OUT)] + lengths)),
            ['accept(3, {sa_family=AF_INET, sin_port=htons(80), '
             'sin_addr=inet_addr("127.0.0.1")}, [128 => 16]) = 4'])

    def test_what_poll_and_select_were_asked_and_answered(self):
        sets = [t.piece(1, t.STRUCT, t.words(0x208), 0), t.piece(1, t.STRUCT, t.words(8), t.OUT)]
        self.assertEqual(
            self.lines(t.call(1, 7, (0x10, 2, 0), 1, strings=t.polled()),
                       t.call(1, 7, (0x10, 2, 0), 0, strings=t.polled()),
                       t.call(1, 23, (10, 0x10, 0, 0, 0), 1, strings=sets)),
            ['poll([{fd=3, events=POLLIN}, {fd=4, events=POLLIN}], 2, 0) '
             '= 1 ([{fd=4, revents=POLLIN|POLLHUP}])',
             'poll([{fd=3, events=POLLIN}, {fd=4, events=POLLIN}], 2, 0) = 0 (Timeout)',
             'select(10, [3 9], NULL, NULL, NULL)     = 1 (in [3])'])

    def test_signals_and_stops(self):
        self.assertEqual(
            self.lines(t.event(1, t.SIGNAL, 2, [t.siginfo(2, 0, 5, 1000)]),
                       t.event(1, t.SIGNAL, 17, [t.siginfo(17, 1, 5, 0, 3)]),
                       t.event(1, t.SIGNAL, 11, [t.siginfo(11, 1, 0x10)]),
                       t.event(1, t.SIGNAL, 7, [t.siginfo(7, 4, 0x10, 0, 12)]),
                       t.event(1, t.SIGNAL, 31, [t.siginfo(31, 1, 0x10, 0, 39, 0x40000003)]),
                       t.event(1, t.SIGNAL, 10, [t.siginfo(10, -99, 5, 0)]),
                       t.event(1, t.STOP, 19)),
            ['--- SIGINT {si_signo=SIGINT, si_code=SI_USER, si_pid=5, si_uid=1000} ---',
             '--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5, si_uid=0, '
             'si_status=3, si_utime=0, si_stime=0} ---',
             '--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---',
             '--- SIGBUS {si_signo=SIGBUS, si_code=BUS_MCEERR_AR, si_addr=0x10, '
             'si_addr_lsb=0xc} ---',
             '--- SIGSYS {si_signo=SIGSYS, si_code=SYS_SECCOMP, si_call_addr=0x10, '
             'si_syscall=39, si_arch=AUDIT_ARCH_I386} ---',
             '--- SIGUSR1 {si_signo=SIGUSR1, si_code=0xffffff9d, si_pid=5, si_uid=0} ---',
             '--- stopped by SIGSTOP ---'])

    def test_clone_and_exec_are_told_if_asked_for(self):
        records = [t.event(1, t.CLONE, 102, [t.piece(0, t.CLONE_FLAGS, t.words(0x4100))]),
                   t.event(1, t.EXEC, 0, [t.piece(0, t.PATH, b'/bin/su'), t.piece(
                       0, t.CREDS, struct.pack('<4I', 1000, 0, 1000, 7))]),
                   t.event(1, t.CLONE, 103), t.event(1, t.EXEC, 0)]
        self.assertEqual(self.lines(*records), [])
        self.assertEqual(self.lines(*records, options=['--events']), [
            '--- clone {tid=102, flags=CLONE_VM|CLONE_VFORK} ---',
            '--- exec {file="/bin/su", uid=1000, euid=0, gid=1000, egid=7} ---',
            '--- clone {tid=103} ---', '--- exec {} ---'])

    def test_addresses_returned_are_hex(self):
        self.assertEqual(
            self.lines(t.call(1, 9, (0, 4096, 3, 0x22, 0xffffffff, 0), 0x7f0000001000),
                       t.call(1, 12, (0,), 0x5000)),
            ['mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)'
             ' = 0x7f0000001000',
             'brk(NULL)                               = 0x5000'])

    def test_a_large_result_is_wide(self):
        self.assertEqual(self.lines(t.call(1, 0, (0, 0x10, 1 << 33), 1 << 33)),
                         ['read(0, 0x10, 8589934592)               = 8589934592'])

    def test_ids(self):
        self.assertEqual(self.lines(t.call(1, 93, (3, 1000, 0xffffffff), 0)),
                         ['fchown(3, 1000, -1)                     = 0'])

    def test_signals_have_names(self):
        self.assertEqual(self.lines(t.call(1, 62, (-1, 15), 0), t.call(1, 62, (5, 34), 0)),
                         ['kill(-1, SIGTERM)                       = 0',
                          'kill(5, SIGRT_2)                        = 0'])

    def test_what_has_no_prototype_or_no_name(self):
        self.assertEqual(self.lines(t.call(1, 158, (0x1002, 0), 0), t.call(1, 1000, (1,), 0),
                                    t.call(1, -1, (), -38)),
                         ['arch_prctl(ARCH_SET_FS, 0)              = 0',
                          'syscall_0x3e8(0x1)                      = 0',
                          'syscall_0xffffffffffffffff()            '
                          '= -1 ENOSYS (Function not implemented)'])

    def test_compat_calls_have_their_own_numbers(self):
        self.assertEqual(
            self.lines(t.call(1, 5, (0x1000, 0, 0), 3, strings=[t.string(0, b'f')], flags=t.COMPAT),
                       t.call(1, 192, (0, 1, 1, 2, 0xffffffff, 0), 0xf7f00000, flags=t.COMPAT)),
            ['open("f", O_RDONLY)                     = 3',
             'mmap2(NULL, 1, PROT_READ, MAP_PRIVATE, -1, 0) = 0xf7f00000'])

    def test_lost_records_show_where_they_were(self):
        self.assertEqual(self.lines(t.call(1, 39, (), 1), t.lost(1, 123), t.call(1, 39, (), 2)),
                         ['getpid()                                = 1',
                          '<... 123 records lost ...>',
                          'getpid()                                = 2'])

    def test_padding_and_unknown_types_are_skipped_with_their_time(self):
        got = self.lines(t.record(t.PAD, 0, bytes(64)), t.record(7, MS, bytes(8)),
                         t.event(MS, 77, 0), t.call(MS, 39, (), 1), options=['-ttt'])
        self.assertEqual(got, ['1.003000 getpid()                       = 1'])

    def test_stamps_are_of_the_entry(self):
        records = (t.call(500 * MS, 39, (), 1, 250 * MS), t.call(1000 * MS, 39, (), 2, 10 * MS))
        self.assertEqual(self.lines(*records, options=['-t'], realtime=86400 * 10**9),
                         ['00:00:01 getpid()                       = 1',
                          '00:00:02 getpid()                       = 2'])
        self.assertEqual(self.lines(*records, options=['-tt', '-T']),
                         ['00:00:01.250000 getpid()                = 1 <0.250000>',
                          '00:00:02.490000 getpid()                = 2 <0.010000>'])
        self.assertEqual(self.lines(*records, options=['-r']),
                         ['     0.000000 getpid()                  = 1',
                          '     1.240000 getpid()                  = 2'])

    def test_a_line_that_is_long(self):
        got = self.lines(t.call(1, 82, (1, 2), 0, strings=[
            t.string(0, b'\xff' * 4095), t.string(1, b'\xff' * 4095)]))
        self.assertEqual(len(got[0]), len('rename("", "") = 0') + 2 * 4 * 4095)


class Merging(Case):
    def test_two_cpus_are_merged_by_time(self):
        cpu0 = [t.task(1000 * MS, 100)] + [t.call(2 * MS, 3, (i,)) for i in range(0, 20, 2)]
        cpu1 = [t.task(1001 * MS, 101)] + [t.call(2 * MS, 3, (i,)) for i in range(1, 21, 2)]
        chunks = []
        for i in range(11):
            chunks += [t.chunk(t.DATA_CHUNK, cpu1[i], 1), t.chunk(t.DATA_CHUNK, cpu0[i], 0)]
        r = self.report(t.file(*chunks))
        self.assertEqual(re.findall(r'^(\d+) +close\((\d+)\)', r.stdout, re.M),
                         [(str(100 + i % 2), str(i)) for i in range(20)])

    def test_a_task_record_changes_the_task_and_the_time(self):
        body = (t.task(1000 * MS, 100) + t.call(1, 39, (), 1) + t.task(9000 * MS, 77, 70) +
                t.call(MS, 39, (), 2))
        r = self.report(t.file(t.chunk(t.DATA_CHUNK, body)), '-ttt')
        self.assertEqual([line.split()[:2] for line in r.stdout.splitlines()],
                         [['100', '1.000000'], ['77', '9.001000']])

    def test_summary(self):
        got = self.lines(t.call(1, 39, (), 1, 3 * MS), t.call(1, 3, (9,), -9, 1 * MS),
                         t.call(1, 231, (0,), flags=t.UNFINISHED), options=['-c'])
        self.assertEqual(got, [
            '% time     seconds  usecs/call     calls    errors syscall',
            '------ ----------- ----------- --------- --------- ----------------',
            ' 75.00    0.003000        3000         1           getpid',
            ' 25.00    0.001000        1000         1         1 close',
            '------ ----------- ----------- --------- --------- ----------------',
            '100.00    0.004000        2000         2         1 total'])


class Broken(Case):
    def test_a_compressed_chunk_that_is_damaged(self):
        good = t.task(MS, 1) + t.call(1, 39, (), 1)
        after = t.call(1, 39, (), 2) + t.task(2 * MS, 1) + t.call(1, 39, (), 3)
        for bad in (b'', b'zstd?', t.zstd(good)[:-9], t.zstd(good, 2**31), t.zstd(good, 8),
                    t.zstd(bytes(5 << 20)), b'\x28\xb5\x2f\xfd'):
            out = self.fails(t.file(t.zstd_chunk(good), t.chunk(t.ZSTD_CHUNK, t.padded(bad or b'0')),
                                    t.zstd_chunk(after)), 'damaged')
            self.assertEqual(re.findall(r'= (\d)', out), ['1', '3'])


    def fails(self, data, text):
        r = self.report(data)
        self.assertEqual(r.returncode, 1)
        self.assertEqual(len(r.stderr.splitlines()), 1, r.stderr)
        self.assertTrue(r.stderr.startswith('utrace: '))
        self.assertIn(text, r.stderr)
        return r.stdout

    def test_what_is_no_trace_file(self):
        self.fails(b'', 'empty')
        self.fails(b'ELF' * 100, 'not a trace file')
        self.fails(t.header(version=1), 'version')
        self.fails(t.header()[:20], 'truncated')
        self.fails(t.header(header_bytes=8000)[:100], 'truncated')
        self.fails(t.header(nr_cpus=2**31), 'not a trace file')
        self.assertEqual(self.run_tool('report', '/nonexistent').returncode, 1)

    def test_a_cut_file_is_printed_up_to_there(self):
        whole = t.sample()
        lines = self.report(whole).stdout.splitlines()
        end = len(t.end())
        self.assertEqual(self.fails(whole[:-end], 'truncated').splitlines(), lines)
        got = self.fails(whole[:-end - 8], 'truncated').splitlines()
        # A line of each of two records, compressed together.
        self.assertEqual(len(got), len(lines) - 2)
        self.assertTrue(set(got) < set(lines))

    def test_damage_is_told_and_the_next_task_is_printed(self):
        bad = t.task(MS, 1) + t.call(1, 39, (), 1) + bytes(8) + t.call(1, 39, (), 2)
        good = t.call(1, 39, (), 3) + t.task(2 * MS, 1) + t.call(1, 39, (), 4)
        out = self.fails(t.file(t.chunk(t.DATA_CHUNK, bad), t.chunk(t.DATA_CHUNK, good)), 'damaged')
        self.assertEqual(re.findall(r'= (\d)', out), ['1', '4'])

    def test_a_ring_that_does_not_exist(self):
        self.fails(t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1), 2)), 'damaged')

    def test_standard_input(self):
        r = subprocess.run([Case.UTRACE, 'report', '-'], input=t.sample(), capture_output=True)
        self.assertEqual(r.returncode, 0)
        self.assertIn(b'openat', r.stdout)


class Paths(Case):
    """-y"""

    def paths(self, *records, fds='100 cwd - /home\n100 0 - /dev/tty\n100 9 x /tmp/x\n'):
        body = t.task(1000 * MS, 100) + b''.join(records)
        r = self.report(t.file(t.chunk(t.FDS_CHUNK, t.padded(fds.encode())),
                               t.chunk(t.DATA_CHUNK, body)), '-y')
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        return [re.sub(' +', ' ', line.split(None, 1)[1] if line[0].isdigit() else line)
                for line in r.stdout.splitlines()]

    def open(self, fd, path, dirfd=-100, flags=0):
        return t.call(1, 257, (dirfd, 0, flags), fd, strings=[t.string(1, path)])

    def read(self, fd):
        return t.call(1, 0, (fd, 16, 1), 1)

    def test_a_file_is_known_from_open_to_close(self):
        self.assertEqual(
            self.paths(self.read(0), self.open(3, b'a'), self.open(4, b'/b'), self.read(3),
                       t.call(1, 3, (3,), 0), self.read(3), self.open(3, b'c', dirfd=4)),
            ['read(0</dev/tty>, 0x10, 1) = 1', 'openat(AT_FDCWD</home>, "a", O_RDONLY) = 3</home/a>',
             'openat(AT_FDCWD</home>, "/b", O_RDONLY) = 4</b>', 'read(3</home/a>, 0x10, 1) = 1',
             'close(3</home/a>) = 0', 'read(3, 0x10, 1) = 1',
             'openat(4</b>, "c", O_RDONLY) = 3</b/c>'])

    def test_one_that_failed_changes_nothing(self):
        self.assertEqual(self.paths(t.call(1, 3, (0,), -9), self.open(-2, b'a'), self.read(0))[2],
                         'read(0</dev/tty>, 0x10, 1) = 1')

    def test_exec_closes_what_it_is_to_close(self):
        got = self.paths(self.open(3, b'a'), self.open(4, b'b', flags=0o2000000),
                         t.event(1, t.EXEC, 0), self.read(3), self.read(4), self.read(9))
        self.assertEqual(got[2:], ['read(3</home/a>, 0x10, 1) = 1', 'read(4, 0x10, 1) = 1',
                                   'read(9, 0x10, 1) = 1'])

    def test_a_child_has_a_table_of_its_own_and_a_thread_has_not(self):
        fork, thread = t.event(1, t.CLONE, 200), t.event(1, t.CLONE, 101)
        records = [self.open(3, b'a'), fork, thread,
                   t.task(1001 * MS, 200, 200), t.call(1, 3, (3,), 0), self.open(3, b'b'),
                   t.task(1002 * MS, 101, 100), self.read(3), t.call(1, 3, (3,), 0),
                   t.task(1003 * MS, 100, 100), self.read(3),
                   t.task(1004 * MS, 200, 200), self.read(3)]
        self.assertEqual(self.paths(*records)[1:],
                         ['close(3</home/a>) = 0',
                          'openat(AT_FDCWD</home>, "b", O_RDONLY) = 3</home/b>',
                          'read(3</home/a>, 0x10, 1) = 1', 'close(3</home/a>) = 0',
                          'read(3, 0x10, 1) = 1', 'read(3</home/b>, 0x10, 1) = 1'])

    def test_nobody_is_his_own_child(self):
        self.assertEqual(self.paths(t.event(1, t.CLONE, 100), t.event(1, t.CLONE, 100), self.read(0),
                                    t.task(1001 * MS, 101, 100), self.read(0)),
                         ['read(0</dev/tty>, 0x10, 1) = 1'] * 2)

    def test_a_call_that_is_not_printed_counts(self):
        body = t.task(1000 * MS, 100) + self.open(3, b'/a') + self.read(3)
        r = self.report(t.file(t.chunk(t.DATA_CHUNK, body)), '-y', '-e', 'read')
        self.assertIn('read(3</a>', r.stdout)

    def test_where_records_are_lost_nothing_is_known_any_more(self):
        self.assertEqual(self.paths(self.read(0), t.lost(1, 1), self.read(0))[::2],
                         ['read(0</dev/tty>, 0x10, 1) = 1', 'read(0, 0x10, 1) = 1'])

    def test_what_is_no_table_is_left_out(self):
        self.assertEqual(self.paths(self.read(0), fds='x\n100\n100 0\n100 0 -\n100 x - /a\n'
                                                      '100 99999999 - /a\n100 0 - /b\x01\n'),
                         ['read(0</b\\1>, 0x10, 1) = 1'])

    def test_a_recorded_file_has_what_was_open(self):
        r = self.run_tool('record', '-q', '-o', self.path, 'true', fake=True)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        with open(self.path, 'rb') as f:
            self.assertIn(b' cwd - ' + os.path.realpath(self.dir.name).encode() + b'\n', f.read())


class Filter(Case):
    RECORDS = (t.call(1, 257, (-100, 0, 0), 3, strings=[t.string(1, b'f')]),
               t.call(1, 0, (3, 0x10, 10), 10), t.call(1, 3, (3,), 0), t.call(1, 3, (3,), -9),
               t.call(1, 5, (4,), 0, flags=t.COMPAT), t.call(1, 39, (), 7),
               t.call(1, 1000, (), 1), t.event(1, t.EXIT, 0))

    def names(self, *expressions):
        options = [word for e in expressions for word in ('-e', e)]
        return [re.split(r'[( ]', line)[0] for line in self.lines(*self.RECORDS, options=options)]

    def test_calls_are_chosen_as_by_strace(self):
        everything = ['openat', 'read', 'close', 'close', 'open', 'getpid', 'syscall_0x3e8', '+++']
        self.assertEqual(self.names(), everything)
        self.assertEqual(self.names('trace=all'), everything)
        self.assertEqual(self.names('!none'), everything)
        for none in 'none', '!all':
            self.assertEqual(self.names(none), ['+++'])
        self.assertEqual(self.names('trace=openat,read'), ['openat', 'read', '+++'])
        self.assertEqual(self.names('t=getpid'), ['getpid', '+++'])
        self.assertEqual(self.names('!close,open'),
                         ['openat', 'read', 'getpid', 'syscall_0x3e8', '+++'])
        self.assertEqual(self.names('%file'), ['openat', 'open', '+++'])
        self.assertEqual(self.names('file'), ['openat', 'open', '+++'])
        self.assertEqual(self.names('!%desc'), ['getpid', 'syscall_0x3e8', '+++'])
        self.assertEqual(self.names('/^(get|re)'), ['read', 'getpid', '+++'])
        self.assertEqual(self.names('?nonsense,read'), ['read', '+++'])
        self.assertEqual(self.names('1000'), ['syscall_0x3e8', '+++'])
        self.assertEqual(self.names('/.*@32'), ['open', '+++'])

    def test_the_last_of_two_counts(self):
        self.assertEqual(self.names('read', 'getpid'), ['getpid', '+++'])

    def test_calls_are_chosen_by_how_they_end(self):
        self.assertEqual(self.names('close', 'status=failed'), ['close', '+++'])
        self.assertEqual(self.names('status=!successful'), ['close', '+++'])
        self.assertEqual(self.names('read', 'status=failed,successful'), ['read', '+++'])

    def test_signals_are_chosen_as_by_strace(self):
        """Those that are taken, that stop, and that kill."""
        records = [t.event(1, t.SIGNAL, 10), t.event(1, t.SIGNAL, 17), t.event(1, t.STOP, 19),
                   t.call(1, 39, (), 1), t.event(1, t.EXIT, 9)]

        def signals(expression):
            got = self.lines(*records, options=['-e', expression])
            self.assertEqual([line for line in got if line.startswith('getpid')],
                             ['getpid()                                = 1'], expression)
            return [line.rstrip(' +-').split()[-1] for line in got if line[0] in '+-']

        everything = ['SIGUSR1', 'SIGCHLD', 'SIGSTOP', 'SIGKILL']
        self.assertEqual(signals('trace=all'), everything)
        self.assertEqual(signals('signal=USR1,9'), ['SIGUSR1', 'SIGKILL'])
        self.assertEqual(signals('signal=!SIGCHLD,stop'), ['SIGUSR1', 'SIGKILL'])
        self.assertEqual(signals('s=none'), [])
        self.assertEqual(signals('signals=!none'), everything)
        exits = self.lines(t.event(1, t.EXIT, 3 << 8), options=['-e', 'signal=none'])
        self.assertEqual(exits, ['+++ exited with 3 +++'])

    def test_a_table_counts_only_these(self):
        got = self.lines(*self.RECORDS, options=['-c', '-e', 'read'])
        self.assertEqual([line.split()[-1] for line in got[2:-2]], ['read'])

    def test_what_is_no_expression(self):
        for expression, why in (('nonsense', "no such system call: 'nonsense'"),
                                ('%nonsense', "no such system calls: '%nonsense'"),
                                ('/(', 'Unmatched'), ('', 'no such system call'),
                                ('read,', 'no such system call'), ('1024', 'no such system call'),
                                ('status=nonsense', "no such status of a call: 'nonsense'"),
                                ('signal=nonsense', "no such signal: 'nonsense'"),
                                ('nonsense=1', "what is 'nonsense'"),
                                ('fault=read', 'does not change'),
                                ('inject=read:error=EIO', 'does not change')):
            for command in ['report'], ['record', 'true'], ['trace', 'true']:
                r = self.run_tool(command[0], '-e', expression, *command[1:])
                self.assertEqual((r.returncode, r.stdout), (2, ''), expression)
                self.assertEqual(len(r.stderr.splitlines()), 1, r.stderr)
                self.assertIn(why, r.stderr)
        r = self.run_tool('record', '-e', 'status=failed', 'true')
        self.assertEqual((r.returncode, len(r.stderr.splitlines())), (2, 1))

    def test_the_program_for_the_kernel_wants_the_same(self):
        r = subprocess.run([FILTER, 'read', '!read', '%file', '!%desc', '/^get', 'none', '!none',
                            'openat@64,read@32', '1000', 'status=failed'],
                           capture_output=True, text=True)
        self.assertEqual((r.returncode, r.stderr), (0, ''), r.stdout)
        counts = [tuple(map(int, line.split())) for line in r.stdout.splitlines()]
        self.assertEqual(counts[0], (1, 1))
        self.assertEqual(counts[7], (1, 1))
        self.assertEqual(counts[8:], [(0, 0), (0, 0)])
        self.assertEqual(counts[5], (0, 0))
        all_of_them = counts[6]
        self.assertEqual(counts[1], tuple(n - 1 for n in all_of_them))

    def test_the_module_gets_it_before_any_task(self):
        r = self.run_tool('record', '-q', '-e', 'read', 'true', fake=True)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        with open(os.path.join(self.dir.name, 'log')) as f:
            words = [line.split()[0] for line in f]
        self.assertLess(words.index('filter'), words.index('attach'))

    def test_a_module_that_cannot_filter(self):
        r = self.run_tool('record', '-q', '-e', 'read', 'true', fake=True, FAKE_OLD='1')
        self.assertEqual((r.returncode, r.stderr),
                         (1, 'utrace: -e: the module cannot filter: it is older than this tool\n'))


class Usage(Case):
    def test_errors_of_usage_are_2(self):
        for args in ([], ['nonsense'], ['--nonsense'], ['report', '-x'], ['report', '--x'],
                     ['report', 'a', 'b'], ['record'], ['record', '-p', 'x'], ['record', '-p', '0'],
                     ['record', '-p', '1', 'true'], ['record', '-b', '5000', 'true'],
                     ['record', '-b', '2k', 'true'], ['record', '-s', '-1', 'true'],
                     ['record', '-s', '17k', 'true'], ['record', '-o'], ['list', 'x'],
                     ['record', '-z20', 'true'], ['record', '-z0', 'true'],
                     ['record', '-zx', 'true'], ['trace', '-z', 'true'],
                     ['stat'], ['stat', '-i', 'x', 'true'], ['stat', '-i', 'x', '-p', '1'],
                     ['stat', '--overwrite', 'true'],
                     ['convert'], ['convert', '--to', 'xml'], ['convert', '--to'],
                     ['convert', '--to', 'json', 'a', 'b'], ['convert', '--to', 'ctf', '-'],
                     ['convert', '--to', 'ctf', '-o', '-'],
                     ['check', '-f'], ['record', '-y', 'true'], ['stat', '-y', 'true']):
            r = self.run_tool(*args)
            self.assertEqual((r.returncode, r.stdout), (2, ''), args)
            self.assertEqual(len(r.stderr.splitlines()), 1, args)

    def test_help_is_on_stdout(self):
        for args in (['--help'], ['-h'], ['--version'], ['record', '--help'], ['trace', '-h'],
                     ['report', '--help'], ['list', '--help'], ['check', '--help'],
                     ['stat', '--help'], ['convert', '--help']):
            r = self.run_tool(*args)
            self.assertEqual((r.returncode, r.stderr), (0, ''), args)
            self.assertTrue(r.stdout)

    def test_a_command_that_is_not_there(self):
        r = self.run_tool('record', 'nonexistent')
        self.assertEqual((r.returncode, r.stderr),
                         (1, "utrace: Can't stat 'nonexistent': No such file or directory\n"))


class List(Case):
    def test_tasks_are_printed_in_columns(self):
        tasks = os.path.join(self.dir.name, 'tasks')
        with open(tasks, 'w') as f:
            f.write('# TID PID COMM ENGINE EVENTS STATE LEVEL CALLBACKS MS WORST\n'
                    '7 7 a\\040b record CLONE,EXEC running 0 12345 8 4\n'
                    '1000 999 x count - stopped -5 1 0 0\n')
        r = self.run_tool('list', fake=True, FAKE_TASKS=tasks)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        self.assertEqual(r.stdout.splitlines()[1:], [
            ' TID PID COMM   ENGINE STATE   LEVEL CALLBACKS MS WORST EVENTS',
            '   7   7 a\\040b record running     0     12345  8     4 CLONE,EXEC',
            '1000 999 x      count  stopped    -5         1  0     0 -'])
        with open(tasks, 'w') as f:
            f.write('# TID PID COMM ENGINE EVENTS STATE LEVEL CALLBACKS MS WORST\n')
        r = self.run_tool('list', fake=True, FAKE_TASKS=tasks)
        self.assertEqual(r.stdout.splitlines()[1:], ['tasks: none'])


class Session(OnDevice):
    def test_compressed_or_not_it_is_the_same(self):
        size = []
        for level in [], ['-z'], ['-z19']:
            self.record('-q', *level, '-o', self.path, 'true', FAKE_RECORDS='3000')
            r = self.run_tool('report', self.path)
            self.assertEqual((r.returncode, r.stderr), (0, ''))
            self.assertEqual(self.results(r.stdout), list(range(3000)))
            size.append(os.stat(self.path).st_size)
        self.assertLess(size[1], size[0] / 2)

    def chunk_types(self):
        with open(self.path, 'rb') as f:
            data = f.read()
        at, types = struct.unpack_from('<I', data, 12)[0], set()
        while at < len(data):
            kind, _, size = struct.unpack_from('<IIQ', data, at)
            types.add(kind)
            at += 16 + size
        return types & {t.DATA_CHUNK, t.ZSTD_CHUNK}

    def test_what_comes_too_fast_is_not_compressed(self):
        self.record('-q', '-z', '-o', self.path, 'true', FAKE_RECORDS='500')
        self.assertEqual(self.chunk_types(), {t.ZSTD_CHUNK})
        # A command that lasts: at its end there is time to compress what is left.
        fast = '-q', '-z', '-b', '4k', '-o', self.path, 'sleep', '0.5'
        self.record(*fast, FAKE_RECORDS='20000', FAKE_BURST='1')
        self.assertIn(t.DATA_CHUNK, self.chunk_types())
        self.assertEqual(self.run_tool('report', self.path).returncode, 0)
        # Nothing comes too fast that waits.
        self.record('--block', *fast, FAKE_RECORDS='20000', FAKE_BURST='1')
        self.assertEqual(self.chunk_types(), {t.ZSTD_CHUNK})

    def test_a_file_that_is_cut_has_all_chunks_before(self):
        self.record('-q', '-z', '-b', '512k', '-o', self.path, 'true', FAKE_RECORDS='40000')
        with open(self.path, 'rb') as f:
            whole = f.read()
        got = set()
        for cut in range(len(whole) - 1, len(whole) // 3, -len(whole) // 30):
            r = self.report(whole[:cut])
            self.assertEqual(r.returncode, 1)
            self.assertRegex(r.stderr, r'^utrace: .*: truncated \(.*\)\n$')
            # Of two rings: each by itself ends somewhere, with nothing missing before.
            for odd in 0, 1:
                results = [n for n in self.results(r.stdout) if n % 2 == odd]
                self.assertEqual(results, list(range(odd, 2 * len(results), 2)))
            got.add(len(self.results(r.stdout)))
        self.assertGreater(len(got), 3)

    def test_stat_of_a_command(self):
        r = self.run_tool('stat', 'sh', '-c', 'exit 3', fake=True, FAKE_RECORDS='20000')
        self.assertEqual((r.returncode, r.stdout), (3, ''))
        self.assertRegex(r.stderr, r'(?m)^100\.00 +0\.020000 +1\.000 +1\.000 +1\.000 +20000 +close$')
        r = self.run_tool('stat', '-o', self.path, '-b', '4k', 'true', fake=True,
                          FAKE_RECORDS='20000', FAKE_BURST='1')
        self.assertEqual((r.returncode, r.stderr, r.stdout), (0, '', ''))
        with open(self.path) as f:
            table = f.read()
        calls = int(re.search(r'(\d+) +close', table)[1])
        lost = int(re.search(r'(?m)^(\d+) records were lost, and are in no figure above$', table)[1])
        self.assertIn(calls + lost, (20000, 20001))

    def test_progress_is_for_a_terminal_that_is_ours(self):
        for args, wanted in (('-p',), True), (('-q', '-p'), False), ((), False):
            victim = subprocess.Popen(['sleep', '1000'])
            what = [str(victim.pid)] if args else ['sleep', '1.5']
            master, slave = os.openpty()
            tool = self.start('record', '-o', self.path, *args, *what, stderr=slave)
            os.close(slave)
            self.wait_until_it_waits()
            if wanted:
                seen = os.read(master, 4096)
                self.assertRegex(seen, rb'^\r\d+ records, \d+ lost, \d+ bytes')
            if args:
                tool.send_signal(signal.SIGINT)
            self.assertEqual(tool.wait(20), 0)
            victim.kill()
            victim.wait()
            seen = b''
            try:
                while True:
                    seen += os.read(master, 4096)
            except OSError:
                pass
            os.close(master)
            tool.stdout.close()
            if '-q' in args:
                self.assertEqual(seen, b'')
            else:
                self.assertRegex(seen, rb'(^|\n)utrace: .*: \d+ records, 0 lost, \d+ bytes\r\n$')
            if not wanted:
                self.assertNotIn(b'\r', seen.replace(b'\r\n', b''))
            os.unlink(os.path.join(self.dir.name, 'log'))

    def test_nothing_is_lost_and_the_file_is_complete(self):
        r = self.record('-o', self.path, 'true', FAKE_RECORDS='20000')
        self.assertEqual((r.returncode, r.stdout), (0, ''))
        self.assertRegex(r.stderr, r'^utrace: .*: 20001 records, 0 lost, \d+ bytes\n$')
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o600)
        r = self.run_tool('report', self.path)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        self.assertEqual(self.results(r.stdout), list(range(20000)))
        self.assertTrue(r.stdout.endswith('+++ exited with 0 +++\n'))

    def test_lost_records_are_counted(self):
        self.record('-q', '-b', '4k', '-o', self.path, 'true', FAKE_RECORDS='5000', FAKE_BURST='1')
        r = self.run_tool('report', self.path)
        lost = sum(int(n) for n in re.findall(r'<\.\.\. (\d+) records? lost', r.stdout))
        self.assertEqual(r.returncode, 0)
        self.assertGreater(lost, 0)
        self.assertEqual(lost + len(self.results(r.stdout)) + r.stdout.count('+++ exited'), 5001)

    def test_the_default_file_and_options(self):
        self.assertEqual(self.record('-f', '-s', '1k', '-b', '64k', '-q', '--', 'true').stderr, '')
        self.assertTrue(os.path.exists(os.path.join(self.dir.name, 'utrace.data')))
        self.assertIn('setup ring 65536 watermark 0 string 4096 data 1024 policy 0 timeout 0\n',
                      self.log())
        self.assertIn('attach flags 1\n', self.log())

    def test_what_happens_when_a_ring_is_full(self):
        for options, policy in ((['--discard'], 'policy 0 timeout 0'),
                                (['--overwrite'], 'policy 1 timeout 0'),
                                (['--block'], 'policy 2 timeout 0'),
                                (['--block-timeout', '500'], 'policy 2 timeout 500'),
                                (['--block', '--discard'], 'policy 0 timeout 0')):
            self.record('-q', *options, '--', 'true')
            self.assertIn(f'{policy}\n', self.log())
            os.unlink(os.path.join(self.dir.name, 'log'))

    def test_standard_output(self):
        tool = Case.UTRACE
        r = subprocess.run(f'LD_PRELOAD={Case.FAKE} {tool} record -q -o - true | {tool} report -',
                           shell=True, capture_output=True, text=True)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        self.assertEqual(self.results(r.stdout), list(range(10)))

    def test_the_exit_status_is_that_of_the_command(self):
        for command in 'record', 'trace':
            self.assertEqual(self.run_tool(command, '-o', self.path, 'sh', '-c', 'exit 42',
                                           fake=True).returncode, 42)
            self.assertEqual(self.run_tool(command, '-o', self.path, 'sh', '-c', 'kill -TERM $$',
                                           fake=True).returncode, -signal.SIGTERM)

    def test_the_command_gets_the_signals_we_were_started_with(self):
        script = 'grep -E "^Sig(Blk|Ign)|^ShdPnd" /proc/self/status'
        plain = subprocess.run(['sh', '-c', script], capture_output=True, text=True).stdout
        self.assertEqual(self.record('-q', 'sh', '-c', script).stdout, plain)

    def test_the_command_gets_no_files_of_ours(self):
        script = 'ls /proc/self/fd | wc -l'
        plain = subprocess.run(['sh', '-c', script], capture_output=True, text=True).stdout
        self.assertEqual(self.record('-q', 'sh', '-c', script).stdout, plain)

    def test_exec_that_fails(self):
        with open(self.path, 'w') as f:
            f.write('x')
        r = self.record('-q', self.path)
        self.assertEqual((r.returncode, r.stderr), (1, 'utrace: exec: Permission denied\n'))

    def test_attach_errors(self):
        r = self.record('-p', '99999999')
        self.assertEqual((r.returncode, r.stderr),
                         (1, 'utrace: attach: pid 99999999: No such process\n'))
        self.assertFalse(os.path.exists(os.path.join(self.dir.name, 'utrace.data')))
        r = self.record('-p', '2', FAKE_ATTACH_ERROR='1')
        self.assertIn('pid 2: Operation not permitted: it is a kernel thread\n', r.stderr)

    def test_a_command_that_cannot_be_attached_does_not_run(self):
        mark = os.path.join(self.dir.name, 'mark')
        r = self.record('touch', mark, FAKE_ATTACH_ERROR='12')
        self.assertEqual(r.returncode, 1)
        self.assertRegex(r.stderr, r'^utrace: attach: pid \d+: Cannot allocate memory\n$')
        self.assertFalse(os.path.exists(mark))

    def test_an_output_that_cannot_be_opened(self):
        r = self.record('-o', '/nonexistent/x', 'true')
        self.assertEqual((r.returncode, r.stderr),
                         (1, 'utrace: /nonexistent/x: No such file or directory\n'))
        r = self.record('-o', '/dev/full', 'true')
        self.assertEqual((r.returncode, r.stderr),
                         (1, 'utrace: /dev/full: No space left on device\n'))

    def test_an_interrupt_ends_the_tracing_of_a_task(self):
        for sig in signal.SIGINT, signal.SIGTERM:
            victim = subprocess.Popen(['sleep', '1000'])
            tool = self.start('record', '-o', self.path, '-p', str(victim.pid))
            self.wait_until_it_waits()
            tool.send_signal(sig)
            tool.communicate(timeout=20)
            self.assertEqual(tool.returncode, 0)
            self.assertIsNone(victim.poll())
            self.assertEqual(self.run_tool('report', self.path).returncode, 0)
            victim.kill()
            victim.wait()
            os.unlink(os.path.join(self.dir.name, 'log'))

    def test_an_interrupt_is_for_the_command_when_recording(self):
        fifo = os.path.join(self.dir.name, 'fifo')
        os.mkfifo(fifo)
        tool = self.start('record', '-q', '-o', self.path, 'sh', '-c', f'read x <{fifo}; exit 5')
        self.wait_until_it_waits()
        for sig in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            tool.send_signal(sig)
        with open(fifo, 'w') as f:
            f.write('\n')
        tool.communicate(timeout=20)
        self.assertEqual(tool.returncode, 5)
        self.assertEqual(self.run_tool('report', self.path).returncode, 0)

    def test_an_interrupt_of_a_live_trace_is_for_both(self):
        tool = self.start('trace', 'sleep', '1000')
        self.wait_until_it_waits()
        tool.send_signal(signal.SIGINT)
        tool.communicate(timeout=20)
        self.assertEqual(tool.returncode, -signal.SIGINT)

    def test_live_lines_are_in_order_and_complete(self):
        r = self.run_tool('trace', 'true', fake=True, FAKE_RECORDS='3000')
        self.assertEqual(r.returncode, 0)
        self.assertEqual(self.results(r.stderr), list(range(3000)))
        self.assertTrue(r.stderr.startswith('close(0) '))
        self.assertTrue(r.stderr.endswith('+++ exited with 0 +++\n'))
        self.assertIn('watermark 1 ', self.log())

    def test_live_lines_tell_the_task_from_the_second_on(self):
        victims = [subprocess.Popen(['sleep', '0.3']) for _ in range(2)]
        r = self.run_tool('trace', '-p', f'{victims[0].pid},{victims[1].pid}', fake=True)
        for v in victims:
            v.wait()
        self.assertEqual(r.returncode, 0)
        self.assertIn(f'[pid {victims[1].pid:5}] close(', r.stderr)

    def test_waiting_is_not_spinning(self):
        for command in 'record', 'trace':
            r = self.run_tool(command, '-o', self.path, 'sleep', '0.5', fake=True)
            self.assertEqual(r.returncode, 0)
            self.assertLess(self.log().count('poll'), 30)
            os.unlink(os.path.join(self.dir.name, 'log'))


def load_tests(loader, tests, _pattern):
    tests.addTests(loader.loadTestsFromModule(check_arguments))
    tests.addTests(loader.loadTestsFromModule(check_attach))
    tests.addTests(loader.loadTestsFromModule(check_large))
    tests.addTests(loader.loadTestsFromModule(check_output))
    tests.addTests(loader.loadTestsFromModule(check_stack))
    tests.addTests(loader.loadTestsFromModule(check_structures))
    return tests


if __name__ == '__main__':
    Case.UTRACE, Case.FAKE, FILTER = (os.path.abspath(a) for a in sys.argv[1:4])
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
