# SPDX-License-Identifier: GPL-2.0
"""How structures are printed; check.py runs these."""
import struct

import trace_data as t
from case import Case


class Structures(Case):
    def test_structures(self):
        stat = bytearray(144)
        struct.pack_into('<I', stat, 24, 0o100644)
        struct.pack_into('<Q', stat, 48, 77)
        self.assertEqual(
            self.lines(
                t.call(1, 5, (3, 0x10), 0, strings=[t.piece(1, t.STRUCT, bytes(stat), t.OUT)]),
                t.call(1, 293, (0x10, 0), 0, strings=[
                    t.piece(0, t.STRUCT, struct.pack('<ii', 3, 4), t.OUT)]),
                t.call(1, 61, (-1, 0x10, 0, 0), 5, strings=[
                    t.piece(1, t.STRUCT, struct.pack('<i', 0x300), t.OUT)]),
                t.call(1, 14, (0, 0x10, 0, 8), 0, strings=[
                    t.piece(1, t.STRUCT, t.words(1 << 1 | 1 << 33))]),
                t.call(1, 217, (3, 0x10, 99), 24, strings=[
                    t.piece(1, t.ENTRIES, t.words(1), t.OUT)])),
            ['fstat(3, {st_mode=S_IFREG|0644, st_size=77, ...}) = 0',
             'pipe2([3, 4], 0)                        = 0',
             'wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 3}], 0, NULL) = 5',
             'rt_sigprocmask(SIG_BLOCK, [INT RT_2], NULL, 8) = 0',
             'getdents64(3, 0x10 /* 1 entry */, 99)   = 24'])

    def test_clone3(self):
        thread = t.words(0x100 | 0x100000 | 0x200000, 0, 0x10, 0x20, 0, 0x7000, 0x1000, 0x30)
        fork = t.words(0x4000, 0, 1, 1, 17, 0, 0, 1)
        odd = t.words(1 << 36, 0, 0, 0, 0, 0, 0, 0)
        self.assertEqual(
            self.lines(*(t.call(1, 435, (0x10, 64), 5, strings=[t.piece(0, t.STRUCT, args)])
                         for args in (thread, fork, odd))),
            ['clone3({flags=CLONE_VM|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID, child_tid=0x10, '
             'parent_tid=0x20, exit_signal=0, stack=0x7000, stack_size=0x1000} '
             '=> {parent_tid=[5]}, 64) = 5',
             'clone3({flags=CLONE_VFORK, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 64) = 5',
             'clone3({flags=0x1000000000 /* CLONE_??? */, exit_signal=0, stack=NULL, '
             'stack_size=0}, 64) = 5'])

    def test_structures_of_32_bit_tasks(self):
        stat = bytearray(64)
        struct.pack_into('<H', stat, 8, 0o100644)
        struct.pack_into('<I', stat, 20, 77)
        info = struct.pack('<8i', 17, 0, 1, 5, 6, 3, 7, 8).ljust(128, b'\0')
        fs = struct.pack('<II5QIIIII', 0x9fa0, 4096, 1, 2, 3, 1 << 40, 5, 6, 0, 255, 4096, 0x21)
        self.assertEqual(
            self.lines(
                t.call(1, 106, (1, 0x10), 0, flags=t.COMPAT, strings=[
                    t.string(0, b'/x'), t.piece(1, t.STRUCT, bytes(stat), t.OUT)]),
                t.call(1, 178, (9, 17, 0x10), -3, flags=t.COMPAT, strings=[
                    t.piece(2, t.STRUCT, info)]),
                t.call(1, 268, (1, 84, 0x10), 0, flags=t.COMPAT, strings=[
                    t.string(0, b'/x'), t.piece(2, t.STRUCT, fs.ljust(84, b'\0'), t.OUT)])),
            ['stat("/x", {st_mode=S_IFREG|0644, st_size=77, ...}) = 0',
             'rt_sigqueueinfo(9, SIGCHLD, {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5, '
             'si_uid=6, si_status=3, si_utime=7 /* 0.07 s */, si_stime=8 /* 0.08 s */}) '
             '= -1 ESRCH (No such process)',
             'statfs64("/x", 84, {f_type=PROC_SUPER_MAGIC, f_bsize=4096, f_blocks=1, f_bfree=2, '
             'f_bavail=3, f_files=1099511627776, f_ffree=5, f_fsid={val=[0x6, 0]}, f_namelen=255, '
             'f_frsize=4096, f_flags=ST_VALID|ST_RDONLY}) = 0'])

    def test_what_requests_point_to(self):
        termios = struct.pack('<4IB19s', 0x500, 5, 0xbf, 0x8a3b, 0, bytes(19))
        lock = struct.pack('<hhiqqi4x', 0, 2, 0, -5, 6, 77)
        self.assertEqual(
            self.lines(
                t.call(1, 16, (0, 0x5401, 0x10), 0, strings=[t.piece(2, t.STRUCT, termios, t.OUT)]),
                t.call(1, 16, (0, 0x541b, 0x10), 0, strings=[
                    t.piece(2, t.STRUCT, b'\5\0\0\0', t.OUT)]),
                # Whatever it is.
                t.call(1, 16, (0, 0xc0047801, 0x10), 0, strings=[
                    t.piece(2, t.STRUCT, b'\5\0\0\0'), t.piece(2, t.STRUCT, bytes(4), t.OUT)]),
                t.call(1, 16, (0, 0x5421, 8), -14, strings=[t.piece(2, t.STRUCT, b'', t.FAULT)]),
                t.call(1, 72, (3, 6, 0x10), 0, strings=[t.piece(2, t.STRUCT, lock)]),
                t.call(1, 72, (3, 5, 0x10), 0, strings=[t.piece(2, t.STRUCT, lock, t.OUT)]),
                t.call(1, 72, (3, 5, 0x10), -9),
                t.call(1, 221, (3, 13, 0x10), 0, flags=t.COMPAT, strings=[
                    t.piece(2, t.STRUCT, struct.pack('<hhqqi', 1, 0, 1 << 40, -2, 7))])),
            ['ioctl(0, TCGETS, {c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, '
             'c_cflag=B38400|CS8|CREAD, c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE'
             ', ...}) = 0',
             'ioctl(0, FIONREAD, [5])                 = 0',
             'ioctl(0, _IOC(_IOC_READ|_IOC_WRITE, 0x78, 0x1, 0x4), 0x10) = 0',
             'ioctl(0, FIONBIO, 0x8)                  = -1 EFAULT (Bad address)',
             'fcntl(3, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_END, l_start=-5, l_len=6}) = 0',
             'fcntl(3, F_GETLK, {l_type=F_RDLCK, l_whence=SEEK_END, l_start=-5, l_len=6, l_pid=77}) '
             '= 0',
             'fcntl(3, F_GETLK, 0x10)                 = -1 EBADF (Bad file descriptor)',
             'fcntl64(3, F_SETLK64, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=1099511627776, '
             'l_len=-2}) = 0'])

    def test_limits(self):
        line, = self.lines(t.call(1, 302, (0, 3, 0, 0x10), 0, strings=[
            t.piece(3, t.STRUCT, t.words(8 << 20, 2**64 - 1), t.OUT)]))
        self.assertIn(', NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0', line)

    def test_a_structure_that_such_a_task_has_not_is_its_address(self):
        """A file can have any type in the prototype of any call."""
        for name in ('utimbuf', 'tms', 'stat', 'statfs', 'rusage', 'rlimit', 'sysinfo', 'sigaction',
                     'sigaltstack', 'sigevent', 'siginfo'):
            calls = f'1 5 foo long(struct {name} *a)\n'
            self.assertEqual(
                self.lines(t.call(1, 5, (0x10,), 0, flags=t.COMPAT, strings=[
                    t.piece(0, t.STRUCT, b'A' * 512)]), calls=calls),
                ['foo(0x10)                               = 0'], name)

    def test_a_siginfo_that_both_kinds_of_tasks_have(self):
        info = struct.pack('<8i', 17, 0, 1, 5, 6, 3, 0, 0).ljust(128, b'\0')
        line, = self.lines(t.call(1, 424, (3, 17, 0x10, 0), 0, flags=t.COMPAT, strings=[
            t.piece(2, t.STRUCT, info)]), calls='1 424 pidfd_send_signal long(int pidfd, int sig, '
                                                'siginfo_t *info, unsigned int flags)\n')
        self.assertIn('{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5, si_uid=6, si_status=3', line)

    def test_a_structure_that_is_too_short_is_its_address(self):
        self.assertEqual(
            self.lines(t.call(1, 5, (3, 0x10), 0, strings=[t.piece(1, t.STRUCT, b'x', t.OUT)])),
            ['fstat(3, 0x10)                          = 0'])
