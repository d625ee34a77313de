#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A supervisor in Python: the same as 06-fail-open.c, step by step.

    fail-open.py COMMAND [ARGUMENT]...

The third openat(2) of the command, or of what it starts, fails with EIO.
"""
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import struct
import sys

DEVICE = '/dev/utrace/block'
SYS_OPENAT = 257
RUN, RESULT = 0, 2
FOLLOW = 1

# As in include/uapi/linux/utrace_block.h.
SETUP = struct.Struct('=7Ii4I')
FILTER = struct.Struct('=2IQ')
TASK = struct.Struct('=iI')
EVENT = struct.Struct('=Q4I2iIi2Q6Qq')
VERDICT = struct.Struct('=Q2IiI6QqQ')
TRANSFER = struct.Struct('=Q2I')
SOCK_FILTER = struct.Struct('=HBBI')


def ioc(direction, number, size):
    """Number of an ioctl: 1 is written to the kernel, 2 is read from it."""
    return direction << 30 | size << 16 | 0xE8 << 8 | number


IOC_SETUP = ioc(3, 0, SETUP.size)
IOC_FILTER = ioc(1, 1, FILTER.size)
IOC_ATTACH = ioc(1, 3, TASK.size)
IOC_RECV = ioc(3, 5, TRANSFER.size)
IOC_SEND = ioc(3, 6, TRANSFER.size)


def open_session():
    """Ask about the entry of openat(2), and of nothing else."""
    fd = os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    setup = SETUP.pack(SETUP.size, 1, 0, 1 << 0, 0, 0, 0, 0, 0, 0, 0, 0)
    fcntl.ioctl(fd, IOC_SETUP, bytearray(setup))
    insns = b''.join(SOCK_FILTER.pack(*insn) for insn in (
        (0x20, 0, 0, 0),                # load the number
        (0x15, 0, 1, SYS_OPENAT),       # is it openat?
        (0x06, 0, 0, 0x7fff0000),       # yes
        (0x06, 0, 0, 0),                # no
    ))
    program = ctypes.create_string_buffer(insns, len(insns))
    fcntl.ioctl(fd, IOC_FILTER, FILTER.pack(4, 0, ctypes.addressof(program)))
    return fd


def start(command):
    """The command, stopped before it begins."""
    # Before: a search, and what Python imports for it, opens files.
    program = shutil.which(command[0])
    if program is None:
        sys.exit(f'{command[0]}: no such command')
    pid = os.fork()
    if pid == 0:
        os.kill(os.getpid(), signal.SIGSTOP)
        os.execv(program, command)
    os.waitpid(pid, os.WUNTRACED)
    return pid


def receive(fd, event):
    """The next event; None when all tasks are gone."""
    request = bytearray(TRANSFER.pack(ctypes.addressof(event), 1, EVENT.size))
    fcntl.ioctl(fd, IOC_RECV, request)
    if not TRANSFER.unpack(request)[1]:
        return None
    return EVENT.unpack(event.raw)


def answer(fd, cookie, action, result=0):
    """Tell what becomes of it."""
    verdict = ctypes.create_string_buffer(
        VERDICT.pack(cookie, action, 0, 0, 0, 0, 0, 0, 0, 0, 0, result, 0), VERDICT.size)
    try:
        fcntl.ioctl(fd, IOC_SEND, bytearray(TRANSFER.pack(ctypes.addressof(verdict), 1, 0)))
    except OSError as e:
        # It was killed meanwhile.
        if e.errno != errno.ENOENT:
            raise


def main():
    """Return: the status of the command."""
    if len(sys.argv) < 2:
        print('Usage: fail-open.py COMMAND [ARGUMENT]...', file=sys.stderr)
        return 2
    fd = open_session()
    pid = start(sys.argv[1:])
    fcntl.ioctl(fd, IOC_ATTACH, TASK.pack(pid, FOLLOW))
    os.kill(pid, signal.SIGCONT)
    room = ctypes.create_string_buffer(EVENT.size)
    calls = 0
    while (event := receive(fd, room)) is not None:
        calls += 1
        if calls == 3:
            answer(fd, event[0], RESULT, -errno.EIO)
        else:
            answer(fd, event[0], RUN)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main())
