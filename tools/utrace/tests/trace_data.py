#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Trace files made by hand, independent of the tool's own writer.

	trace_data.py FILE IMPOSSIBLE	# a sample with everything in it, and one
					# of what no kernel writes
"""
import struct
import sys

PAD, CALL, TASK, LOST, EVENT, LARGE, STACK = range(7)
WIDE, COMPAT, DATA, UNFINISHED = 1, 2, 4, 8
FAULT, TRUNCATED, OUT, APART = 1, 2, 4, 8
CLONE, EXEC, EXIT, SIGNAL, STOP, MAP = 1, 2, 3, 4, 5, 6
STACK_TRUNCATED, STACK_REQUESTED = 1, 8
(PATH, STRING, BUFFER, STRUCT, ARRAY, SOCKADDR, STRINGS, POINTERS, ENTRIES, IOVEC, MSGHDR,
 CONTROL, REGS, SIGINFO, CREDS, CLONE_FLAGS, COOKIE, RANGE) = range(1, 19)
FORMAT_CHUNK, CALLS_CHUNK, DATA_CHUNK, END_CHUNK, ZSTD_CHUNK, FDS_CHUNK = range(1, 7)
MS = 1_000_000

MMAP = 'unsigned long prot, unsigned long flags, unsigned long fd'
CALLS = '''0 0 read long(unsigned int fd, char *buf, size_t count)
0 1 write long(unsigned int fd, const char *buf, size_t count)
0 3 close long(unsigned int fd)
0 5 fstat long(unsigned int fd, struct stat *statbuf)
0 7 poll long(struct pollfd *ufds, unsigned int nfds, int timeout)
0 14 rt_sigprocmask long(int how, sigset_t *set, sigset_t *oset, size_t sigsetsize)
0 16 ioctl long(unsigned int fd, unsigned int cmd, unsigned long arg)
0 20 writev long(unsigned long fd, const struct iovec *vec, unsigned long vlen)
0 23 select long(int n, fd_set *inp, fd_set *outp, fd_set *exp, struct __kernel_old_timeval *tvp)
0 42 connect long(int arg0, struct sockaddr *arg1, int arg2)
0 43 accept long(int arg0, struct sockaddr *arg1, int *arg2)
0 47 recvmsg long(int fd, struct user_msghdr *msg, unsigned flags)
0 59 execve long(const char *filename, const char * const *argv, const char * const *envp)
0 61 wait4 long(pid_t pid, int *stat_addr, int options, struct rusage *ru)
0 72 fcntl long(unsigned int fd, unsigned int cmd, unsigned long arg)
0 79 getcwd long(char *buf, unsigned long size)
0 217 getdents64 long(unsigned int fd, struct linux_dirent64 *dirent, unsigned int count)
0 293 pipe2 long(int *fildes, int flags)
0 302 prlimit64 long(pid_t pid, unsigned int resource, const struct rlimit64 *new_rlim, struct rlimit64 *old_rlim)
0 318 getrandom long(char *buf, size_t count, unsigned int flags)
0 9 mmap long(unsigned long addr, unsigned long len, {mmap_rest}, off_t pgoff)
0 12 brk long(unsigned long brk)
0 35 nanosleep long(struct __kernel_timespec *rqtp, struct __kernel_timespec *rmtp)
0 39 getpid long(void)
0 62 kill long(pid_t pid, int sig)
0 82 rename long(const char *oldname, const char *newname)
0 83 mkdir long(const char *pathname, umode_t mode)
0 93 fchown long(unsigned int fd, uid_t user, gid_t group)
0 158 arch_prctl
0 231 exit_group long(int error_code)
0 257 openat long(int dfd, const char *filename, int flags, umode_t mode)
0 435 clone3 long(struct clone_args *uargs, size_t size)
1 5 open long(const char *filename, int flags, umode_t mode)
1 106 stat long(const char *filename, struct compat_stat *statbuf)
1 146 writev long(compat_ulong_t fd, const struct iovec *vec, compat_ulong_t vlen)
1 178 rt_sigqueueinfo long(compat_pid_t pid, int sig, struct compat_siginfo *uinfo)
1 192 mmap2 long(unsigned long addr, unsigned long len, {mmap_rest}, unsigned long pgoff)
1 221 fcntl64 long(unsigned int fd, unsigned int cmd, compat_ulong_t arg)
1 268 statfs64 long(const char *pathname, compat_size_t sz, struct compat_statfs64 *buf)
'''.format(mmap_rest=MMAP)


def padded(b):
    return b + bytes(-len(b) % 8)


def info(kind, nargs, flags, size, nr):
    assert size % 8 == 0 and size < 0x8000
    return kind | nargs << 3 | flags << 6 | size // 8 << 10 | nr << 22


def record(kind, delta, body=b'', nargs=0, flags=0, nr=0):
    assert len(body) % 8 == 0
    return struct.pack('<II', info(kind, nargs, flags, 8 + len(body), nr), delta) + body


def task(time, tid, pid=None, comm=b'test'):
    return record(TASK, 0, struct.pack('<QII16s', time, tid, pid or tid, comm))


def piece(arg, kind, data=b'', flags=0, index=0):
    return padded(struct.pack('<BBBBHH', arg, kind, flags, index, len(data), 0) + data)


def string(arg, text=b'', flags=0):
    return piece(arg, PATH, text, flags)


def call(delta, nr, args=(), result=0, duration=0, strings=(), flags=0):
    wide = (not 0 <= nr <= 0x3ff or not -2**31 <= result < 2**31 or duration >= 2**32)
    body = struct.pack('<Ii', duration & 0xffffffff, ((result + 2**31) % 2**32) - 2**31)
    if wide:
        flags |= WIDE
        body += struct.pack('<qQq', result, duration, nr)
    body += b''.join(struct.pack('<Q', a % 2**64) for a in args)
    if strings:
        flags |= DATA
        body += b''.join(strings)
    return record(CALL, delta, body, len(args), flags, nr & 0x3ff)


def lost(delta, count):
    return record(LOST, delta, struct.pack('<Q', count))


def event(delta, kind, value, data=()):
    return record(EVENT, delta, struct.pack('<Q', value) + b''.join(data), nr=kind)


def siginfo(sig, code, *rest):
    return piece(0, SIGINFO, struct.pack('<iiii', sig, 0, code, 0) +
                 struct.pack(f'<{len(rest)}i', *rest).ljust(32, b'\0'))


def words(*values):
    return struct.pack(f'<{len(values)}Q', *values)


def cookie(value):
    return piece(0, COOKIE, words(value))


def stack(delta, number, addresses, top=0, flags=0):
    return record(STACK, delta, words(number, top, *addresses), flags=flags)


def large(delta, number, data):
    return record(LARGE, delta, padded(struct.pack('<QII', number, len(data), 0) + data))


def mapping(delta, start, size, offset, path):
    return event(delta, MAP, start, [piece(0, RANGE, words(size, offset)), piece(0, PATH, path)])


def message(flags=0, name_len=0, control_len=0, iov_len=1):
    return piece(1, MSGHDR, words(0x100, name_len, 0x200, iov_len, 0x300, control_len, 0), flags)


def chunk(kind, body, cpu=0):
    body = padded(body)
    return struct.pack('<IIQ', kind, cpu, len(body)) + body


def header(nr_cpus=2, version=2, magic=b'utrace\r\n', header_bytes=56, realtime=0):
    return struct.pack('<8sIIqIIQQ', magic, version, header_bytes, realtime,
                       nr_cpus, 4096, 0, 0) + bytes(header_bytes - 48)


def zstd(data, content_size=None):
    """A frame of blocks that are not compressed, by RFC 8878."""
    blocks = [data[i:i + 0x20000] for i in range(0, len(data), 0x20000)] or [b'']
    frame = struct.pack('<IBI', 0xfd2fb528, 2 << 6 | 1 << 5,
                        len(data) if content_size is None else content_size)
    for i, block in enumerate(blocks):
        frame += (len(block) << 3 | (i == len(blocks) - 1)).to_bytes(3, 'little') + block
    return frame


def zstd_chunk(data, cpu=0):
    return chunk(ZSTD_CHUNK, padded(zstd(data)), cpu)


def end(records=0, lost_records=0):
    return chunk(END_CHUNK, struct.pack('<IIIIQQQQQ', 0, 2, 0, 0, records, lost_records,
                                        0, 0, 0))


def file(*chunks, calls=CALLS, **head):
    head.setdefault('header_bytes', 56)
    return (header(**head) + chunk(FORMAT_CHUNK, b'format') + chunk(CALLS_CHUNK, calls.encode()) +
            b''.join(chunks) + end())


INET = struct.pack('<H', 2) + struct.pack('>H', 80) + bytes([127, 0, 0, 1]) + bytes(8)


def vector():
    return [piece(1, IOVEC, words(0x10, 5, 8, 3, 0x20, 40)), piece(1, BUFFER, b'hello'),
            piece(1, BUFFER, words(8), FAULT, 1), piece(1, BUFFER, b'x' * 32, TRUNCATED, 2)]


def received():
    rights = struct.pack('<QiiI', 20, 1, 1, 7)
    return [message(name_len=110, control_len=24),
            message(OUT, name_len=2, control_len=24),
            piece(1, SOCKADDR, struct.pack('<H', 1), OUT), piece(1, IOVEC, words(0x10, 8), OUT),
            piece(1, BUFFER, b'data', OUT), piece(1, CONTROL, rights, OUT)]


def program():
    return [string(0, b'/bin/ls'), piece(1, STRINGS, words(3)), piece(1, STRING, b'ls'),
            piece(1, STRING, words(8), FAULT, 1), piece(1, STRING, b'-l', 0, 2),
            piece(2, POINTERS, words(24))]


def polled():
    def fds(*revents):
        return b''.join(struct.pack('<ihh', fd, 1, r) for fd, r in enumerate(revents, 3))

    return [piece(0, ARRAY, fds(0, 0)), piece(0, ARRAY, fds(0, 17), OUT)]


def sample():
    cpu0 = (task(1000 * MS, 100) +
            call(MS, 257, (-100, 0x1000, 0o2000000, 0), 3, 5000, [string(1, b'/etc/passwd')]) +
            record(7, 5, bytes(16)) + record(PAD, 0, bytes(8)) +
            call(2 * MS, 82, (0x1000, 0x2000), -2, 10, [string(0, b'a"\n\1x', TRUNCATED),
                                                        string(1, b'', FAULT)]) +
            lost(1, 123) + call(1, 39, (), 100) +
            call(1, 231, (0,), flags=UNFINISHED) + event(1, EXIT, 0))
    cpu1 = (task(1002 * MS, 101, 100) + mapping(0, 0x1000, 0x2000, 0x3000, b'/proc/self/exe') +
            mapping(0, 0x2000, 0x1000, 0, b'[vdso]') + stack(0, 7, (0x1001, 0x2002, 0x3003), 5) +
            call(1, 9, (0, 4096, 3, 0x22, -1, 0), 0x7f0000001000, 7000, [cookie(7)]) +
            call(5, 0x40000005, (1,), -512, 5 * 10**9) +
            large(0, 9, b'y' * 301) + call(1, 20, (1, 0x100, 3), 9, strings=vector()) +
            call(1, 47, (3, 0x100, 0), 4, strings=received()) +
            call(1, 59, (0x10, 0x20, 0x30), 0, strings=program()) +
            call(1, 7, (0x10, 2, 0), 1, strings=polled()) +
            call(1, 42, (3, 0x10, 16), 0, strings=[piece(1, SOCKADDR, INET)]) +
            event(1, SIGNAL, 17, [siginfo(17, 1, 5, 0, 3)]) + event(1, STOP, 19) +
            call(5, 5, (0x8048000, 0, 0), 4, strings=[string(0, b'/x')], flags=COMPAT) +
            event(1, CLONE, 102) + event(1, EXIT, 9))
    more = (task(1004 * MS, 102, 100, b'name\xff') +
            call(MS, 257, (5, 0x1000, 0, 0), -2, 50, [string(1, b'\xffnot text')]) +
            lost(1, 7) + event(1, EXEC, 0) + event(1, 77, 2**63))
    fds = b'100 cwd - /home\n100 0 - /dev/tty\n100 3 x /tmp/x\n101 4 - /y\n'
    return file(chunk(FDS_CHUNK, fds), chunk(DATA_CHUNK, cpu0, 0), chunk(99, b'what is this'), chunk(DATA_CHUNK, cpu1, 1),
                zstd_chunk(more, 1))


def impossible():
    """What has broken the reader: types that such calls have not, a task that creates itself."""
    calls = ('1 5 foo long(struct rlimit *a)\n1 6 bar long(struct utimbuf *a)\n'
             '0 3 close long(unsigned int fd)\n')
    large_struct = [piece(0, STRUCT, b'A' * 512)]
    body = (task(1000 * MS, 100) + call(1, 5, (0x10,), 0, strings=large_struct, flags=COMPAT) +
            call(1, 6, (0x10,), 0, strings=large_struct, flags=COMPAT) + event(1, CLONE, 100) + event(1, CLONE, 100) + call(1, 3, (0,)))
    return file(chunk(FDS_CHUNK, padded(b'100 0 - /x\n')), chunk(DATA_CHUNK, body), calls=calls)


if __name__ == '__main__':
    for path, data in zip(sys.argv[1:], (sample(), impossible())):
        with open(path, 'wb') as out:
            out.write(data)
