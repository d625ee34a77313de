#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the prototypes of all system calls as C tables, from kernel headers.

	gen-syscalls.py KHDR >syscalls-gen.h
	gen-syscalls.py --memory KHDR		# what is captured, to read through

Numbers and entry points come from the generated asm/syscalls_{64,32}.h, the
prototype of an entry point from the headers that declare it. Names are not
here: the tool asks libseccomp for them.

Questions that the headers do not answer:

Which arguments are strings. "const char __user *" is one, unless its own name
or that of the argument after it says that it is a buffer with a length, or the
argument after it is a size_t. A "char __user *" without const is mostly a
buffer to fill, but mount(2) and umount(2) read it: it is a string unless it is
named like a buffer or a length follows it. An argument without a name can only
be judged by what follows.

What else arguments point to, and which way it goes. A pointer and a length
after it are a buffer: read by the kernel if const, else written, as many bytes
as the call returns. Of the types in SIZES, const ones are read, others written.
MEMORY says what is different.

What the 32-bit entry points of x86 take that have no declaration
(sys_ia32_...): the same as the call without "ia32_", with each 64-bit argument
in two registers, low half first.

A few entry points of x86 are declared nowhere; those are in UNDECLARED.
"""
import re
import sys
from pathlib import Path

BUFFER_NAME = re.compile(r'buf|^msg|^list$|addr$|^optval$|^cmdline_ptr$')
LENGTH_NAME = re.compile(r'(len|size|siz|count|bytes|nbyte)\d*$')
SIZE_TYPES = {'size_t', 'compat_size_t', '__kernel_size_t'}
TYPES_OF_64_BITS = {'loff_t', 'u64', '__u64', 's64', '__s64'}
# What the kernel is configured to, where it makes a difference to a prototype.
# i386 is the architecture that has its arguments of clone "backwards".
SWITCHES = {
    'native': {'CONFIG_CLONE_BACKWARDS': False, 'CONFIG_CLONE_BACKWARDS3': False,
               'CONFIG_ARCH_SPLIT_ARG64': False},
    'compat': {'CONFIG_CLONE_BACKWARDS': True, 'CONFIG_CLONE_BACKWARDS3': False,
               'CONFIG_ARCH_SPLIT_ARG64': False},
}
# SYSCALL_DEFINEs of arch/x86/kernel that no header declares. A header wins.
UNDECLARED = '''
asmlinkage long sys_arch_prctl(int option, unsigned long arg2);
asmlinkage long sys_modify_ldt(int func, void __user *ptr, unsigned long bytecount);
asmlinkage long sys_iopl(unsigned int level);
asmlinkage long sys_set_thread_area(struct user_desc __user *u_info);
asmlinkage long sys_get_thread_area(struct user_desc __user *u_info);
asmlinkage long sys_sigreturn(void);
'''
DECLARED_IN = ('include/linux/syscalls.h', 'include/linux/compat.h',
               'arch/x86/include/asm/syscalls.h', 'include/asm-generic/syscalls.h')


# What is captured of a type that a pointer points to: its size in bytes.
SIZES = {
    'struct stat': 144, 'struct stat64': 96, 'struct statx': 256,
    'struct statfs': 120, 'struct new_utsname': 390,
    'struct sysinfo': 112, 'struct rusage': 144, 'struct compat_rusage': 72, 'struct tms': 32,
    'struct rlimit': 16, 'struct rlimit64': 16, 'struct compat_rlimit': 8,
    'struct __kernel_timespec': 16, 'struct old_timespec32': 8,
    'struct __kernel_old_timeval': 16, 'struct old_timeval32': 8, 'struct timezone': 8,
    'struct __kernel_itimerspec': 32, 'struct old_itimerspec32': 16,
    'struct __kernel_old_itimerval': 32, 'struct old_itimerval32': 16,
    'struct utimbuf': 16, 'struct old_utimbuf32': 8, 'struct compat_stat': 64,
    'struct compat_statfs': 64, 'struct compat_statfs64': 84, 'struct compat_sysinfo': 64,
    'struct compat_tms': 16, 'struct sigevent': 64, 'struct compat_sigevent': 64,
    'sigset_t': 8, 'compat_sigset_t': 8,
    'struct sigaction': 32, 'struct compat_sigaction': 20,
    'struct sigaltstack': 24, 'compat_stack_t': 12,
    'siginfo_t': 128, 'struct siginfo': 128, 'struct compat_siginfo': 128,
    'struct sched_param': 4, 'loff_t': 8, 'compat_off_t': 4, 'timer_t': 4,
    'uid_t': 4, 'gid_t': 4, 'old_uid_t': 2, 'old_gid_t': 2, 'struct epoll_event': 12, 'struct pollfd': 8,
}
# CALL ARGUMENT DIRECTIONS [KIND LENGTH SIZE]: what the prototype does not tell.
# Directions: i read by the kernel, o written, - nothing. LENGTH: 1 one element,
# =N argument N, rN the result but not more than argument N, r the result, *N
# what argument N points to, bN so many bits. CALL is the name of the entry
# point, without sys_; the 32-bit one's, too.
MEMORY = '''
accept          2 io STRUCT 1 4
accept4         2 io STRUCT 1 4
capget          0 i  STRUCT 1 8
capget          1 o  STRUCT 1 24
capset          0 i  STRUCT 1 8
capset          1 i  STRUCT 1 24
clock_nanosleep 2 i
clock_nanosleep 3 -
clock_nanosleep_time32 2 i
clock_nanosleep_time32 3 -
clone3          0 i  STRUCT =1 1
clock_settime32 1 i
copy_file_range 1 i
copy_file_range 3 i
epoll_ctl       3 i
epoll_wait      1 o  ARRAY r 12
epoll_pwait     1 o  ARRAY r 12
epoll_pwait2    1 o  ARRAY r 12
execve          1 i  STRINGS
execve          2 i  POINTERS
execveat        2 i  STRINGS
execveat        3 i  POINTERS
fcntl           2 io REQUEST =1 1
fcntl64         2 io REQUEST =1 1
futex_waitv     3 i
futimesat       2 i  STRUCT 1 32
futimesat_time32 2 i STRUCT 1 16
getdents        1 o  ENTRIES r {DIRENT}
getdents64      1 o  ENTRIES r 16
getgroups       1 o  ARRAY r 4
getgroups16     1 -
getpeername     2 io STRUCT 1 4
getsockname     2 io STRUCT 1 4
getsockopt      3 o  STRUCT *4 1
getsockopt      4 io STRUCT 1 4
init_module     0 -
ioctl           2 io REQUEST =1 0
io_getevents    4 i
io_getevents_time32 4 i
io_pgetevents   4 i
io_uring_enter  4 -
mincore         2 -
modify_ldt      1 -
mount           4 i  STRING
nanosleep       0 i
nanosleep       1 -
nanosleep_time32 0 i
nanosleep_time32 1 -
old_getrlimit   1 -
openat2         2 i  STRUCT =3 1
pidfd_send_signal 2 i
pipe            0 o  STRUCT 1 8
pipe2           0 o  STRUCT 1 8
poll            0 io ARRAY =1 8
ppoll           0 io ARRAY =1 8
ppoll           2 io
ppoll_time32    0 io ARRAY =1 8
ppoll_time32    2 io
ppoll_time64    0 io ARRAY =1 8
ppoll_time64    2 io
process_madvise 1 -
process_vm_readv 1 -
process_vm_readv 3 -
process_vm_writev 1 -
process_vm_writev 3 -
pselect6        1 io STRUCT b0 1
pselect6        2 io STRUCT b0 1
pselect6        3 io STRUCT b0 1
pselect6        4 io
pselect6        5 i  STRUCT 1 {2WORDS}
pselect6_time32 1 io STRUCT b0 1
pselect6_time32 2 io STRUCT b0 1
pselect6_time32 3 io STRUCT b0 1
pselect6_time32 4 io
pselect6_time64 1 io STRUCT b0 1
pselect6_time64 2 io STRUCT b0 1
pselect6_time64 3 io STRUCT b0 1
pselect6_time64 4 io
recvfrom        5 io STRUCT 1 4
recvmmsg        4 i
recvmmsg_time32 4 i
recvmmsg_time64 4 i
recvmsg         1 io MSGHDR
rt_sigprocmask  1 i
rt_sigqueueinfo 2 i
rt_sigsuspend   0 i
rt_sigtimedwait 2 i
rt_sigtimedwait_time32 0 i
rt_sigtimedwait_time32 2 i
rt_sigtimedwait_time64 0 i
rt_sigtimedwait_time64 2 i
rt_tgsigqueueinfo 3 i
sched_getaffinity 2 o STRUCT r1 1
sched_setaffinity 2 i STRUCT =1 1
sched_setparam  1 i
sched_setscheduler 2 i
select          1 io STRUCT b0 1
select          2 io STRUCT b0 1
select          3 io STRUCT b0 1
select          4 io
sendfile        2 io
sendfile64      2 io
sendmsg         1 i  MSGHDR
sendto          1 i  BUFFER =2 1
setdomainname   0 i  BUFFER =1 1
setgroups       1 i  ARRAY =0 4
setgroups16     1 -
sethostname     0 i  BUFFER =1 1
setitimer       1 i
setrlimit       1 i
setsockopt      3 i  STRUCT =4 1
settimeofday    0 i
settimeofday    1 i
socketpair      3 o  STRUCT 1 8
signalfd        1 i
signalfd4       1 i
splice          1 i
splice          3 i
statfs64        0 i  PATH
timer_create    1 i
timer_settime32 2 i
utime           1 i
utime32         1 i
utimensat       2 i  STRUCT 1 32
utimensat_time32 2 i STRUCT 1 16
utimes          1 i  STRUCT 1 32
utimes_time32   1 i  STRUCT 1 16
vmsplice        1 i
wait4           1 o  STRUCT 1 4
waitpid         1 o  STRUCT 1 4
'''
# Where it depends on the value of another argument whether there is a pointer.
WHEN = {
    'futex': (1, (0, 6, 9, 11, 13)), 'futex_time32': (1, (0, 6, 9, 11, 13)),
    'epoll_ctl': (1, (1, 3)),
}
# Strings that are paths: shown whole, however long other strings may be.
PATH_NAME = re.compile(r'path(name)?$|filename$|^(old|new|from|to)(name)?$|^special(file)?$|'
                       r'^(dev|dir)_name$|^(new_root|put_old)$')
CALLS_WITH_PATH_NAME = {'acct', 'umount', 'oldumount', 'mq_open', 'mq_unlink', 'name_to_handle_at'}


def fail(text):
    sys.exit(f'gen-syscalls.py: {text}')


def common_headers(khdr):
    """Debian keeps what all flavours share in a directory of its own."""
    if (khdr / DECLARED_IN[0]).exists():
        return khdr
    candidates = []
    makefile = khdr / 'Makefile'
    if makefile.exists():
        candidates += [Path(m).parent for m in
                       re.findall(r'^include\s+(\S+)/?$', makefile.read_text(), re.M)]
    flavour = khdr.resolve()
    m = re.match(r'(linux-headers-.*?)(-rt|-cloud)?-(amd64|\w+)$', flavour.name)
    if m:
        candidates += [flavour.parent / f'{m[1]}{rt}-common' for rt in (m[2] or '', '')]
    # Unpacked elsewhere than the package says.
    candidates += [flavour.parent / c.name for c in list(candidates)]
    for c in candidates:
        if (c / DECLARED_IN[0]).exists():
            return c
    fail(f'no {DECLARED_IN[0]} in {khdr}, nor in a linux-headers-*-common beside it')


def preprocess(text, switches):
    """Drop comments, macros, and the branches of #if that do not apply."""
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)
    text = re.sub(r'//[^\n]*', '', text).replace('\\\n', ' ')
    out, branches = [], []      # branches: (name of the switch or None, taken)
    for line in text.split('\n'):
        m = re.match(r'\s*#\s*(\w+)\s*(?:defined)?\s*\(?(\w*)', line)
        if not m:
            if all(taken for _, taken in branches):
                out.append(line)
        elif m[1] in ('if', 'ifdef', 'ifndef'):
            switch = m[2] if m[2] in switches else None
            branches.append((switch, switches.get(m[2], True)))
        elif m[1] in ('else', 'elif'):
            # Only a switch has two sides; of others take both, to lose nothing.
            switch, taken = branches.pop()
            branches.append((switch, not taken if switch else True))
        elif m[1] == 'endif':
            branches.pop()
    return '\n'.join(out)


def split_parameter(text, position):
    """'const char __user * name' -> ('const char *', 'name')"""
    text = re.sub(r'\b(__user|__force|__restrict)\b', ' ', text)
    text = re.sub(r'\s+', ' ', text).strip()
    m = re.match(r'(.*?)\b(\w+)\s*\[\s*\w*\s*\]$', text)        # int fildes[2]
    if m:
        text = f'{m[1]} *{m[2]}'
    words = re.findall(r'\w+|\*', text)
    plain = {'const', 'unsigned', 'signed', 'struct', 'union', 'enum', 'char', 'short',
             'int', 'long', 'void'}
    named = (len(words) > 1 and words[-1] != '*' and words[-1] not in plain and
             words[-2] not in ('struct', 'union', 'enum') and
             any(w not in ('const', 'struct') for w in words[:-1]))
    name = words.pop() if named else f'arg{position}'
    c_type = ' '.join(words).replace('* *', '**').replace('* *', '**')
    return c_type, name


def parameters(text):
    text = text.strip()
    # The registers are there without being passed: sigreturn and the like.
    if text in ('', 'void') or text.startswith('struct pt_regs'):
        return []
    return [split_parameter(p, i) for i, p in enumerate(text.split(','))]


def prototypes(common, switches):
    found = {}
    paths = [common / name for name in DECLARED_IN]
    for text in [p.read_text() for p in paths if p.exists()] + [UNDECLARED]:
        text = preprocess(text, switches)
        # compat_arg_u64(): two halves, in little endian order.
        text = re.sub(r'compat_arg_u64\((\w+)\)', r'u32 \1_lo, u32 \1_hi', text)
        for m in re.finditer(r'\basmlinkage\s+(?:long|ssize_t)\s+((?:compat_)?sys_\w+)'
                             r'\s*\(([^;{]*)\)(?:\s*__\w+)*\s*;', text):
            found.setdefault(m[1], parameters(m[2]))
    return found


def split_64_bits(params):
    out = []
    for c_type, name in params:
        if c_type in TYPES_OF_64_BITS:
            out += [('u32', f'{name}_lo'), ('u32', f'{name}_hi')]
        else:
            out.append((c_type, name))
    return out


def is_string(params, i):
    c_type, name = params[i]
    if c_type not in ('const char *', 'char *'):
        return False
    if BUFFER_NAME.search(name):
        return False
    if i + 1 == len(params):
        return True
    next_type, next_name = params[i + 1]
    if next_type in SIZE_TYPES:
        return False
    return not LENGTH_NAME.search(next_name)


def memory_table(abi):
    word = 8 if abi == 'native' else 4
    words = {'{2WORDS}': str(2 * word), '{DIRENT}': str(2 * word)}
    out = {}
    for line in MEMORY.strip().split('\n'):
        call, arg, directions, *what = (words.get(w, w) for w in line.split())
        out[call, int(arg)] = directions, what
    return out


def length(text):
    if text == 'r':
        return 'RESULT', 15
    how, arg = text[0], int(text[1:] or 0)
    return {'1': 'ONE', '=': 'ARG', 'r': 'RESULT', '*': 'POINTER', 'b': 'BITS'}[how], arg


def spec_of(params, i):
    """What the prototype tells: (directions, [kind, length, size]), or None."""
    c_type, name = params[i]
    if not c_type.endswith('*') or c_type.endswith('**'):
        return None
    const = c_type.startswith('const ')
    target = c_type.removeprefix('const ').rstrip('*').strip()
    next_type, next_name = params[i + 1] if i + 1 < len(params) else ('', '')
    if target in ('char', 'void', 'unsigned char'):
        if next_type in SIZE_TYPES or (LENGTH_NAME.search(next_name) and '*' not in next_type):
            return ('i', ['BUFFER', f'={i + 1}', '1']) if const else \
                   ('o', ['BUFFER', f'r{i + 1}', '1'])
    elif target in ('struct iovec', 'struct compat_iovec'):
        return 'i', ['IOVEC', f'={i + 1}', '0']
    elif target == 'struct sockaddr':
        return ('o', ['SOCKADDR', f'*{i + 1}', '1']) if '*' in next_type else \
               ('i', ['SOCKADDR', f'={i + 1}', '1'])
    elif target in SIZES:
        return 'i' if const else 'o', ['STRUCT', '1', str(SIZES[target])]
    return None


def memory(call, params, table):
    """Yield (argument, directions, kind, (from, argument), size)."""
    for i, (_, name) in enumerate(params):
        if is_string(params, i):
            is_path = PATH_NAME.search(name) or (name in ('name', 'u_name') and
                                                 call in CALLS_WITH_PATH_NAME)
            told = 'i', ['PATH' if is_path else 'STRING']
        else:
            told = spec_of(params, i)
            if told and told[1][0] == 'IOVEC' and 'readv' in call:
                told = 'io', told[1]
        if (call, i) in table:
            directions, what = table.pop((call, i))
            told = directions, what or (told and told[1])
        if not told or told[0] == '-':
            continue
        if not told[1]:
            fail(f'{call}: what does argument {i} point to?')
        kind, how, size = (told[1] + ['1', '0'])[:3] if len(told[1]) == 1 else told[1]
        yield i, told[0], kind, length(how), int(size)


def table(khdr, abi, file, known, known_native):
    path = khdr / 'arch/x86/include/generated/asm' / file
    if not path.exists():
        fail(f'{path}: no such file')
    for m in re.finditer(r'^__SYSCALL\w*\((\d+),\s*(\w+)(?:,\s*(\w+))?\)', path.read_text(), re.M):
        nr, entry = int(m[1]), m[2]
        if entry == 'sys_ni_syscall':
            continue
        if abi == 'compat' and m[3]:
            entry = m[3]
        params = known.get(entry)
        if params is None and entry.startswith(('sys_ia32_', 'compat_sys_ia32_')):
            plain = known.get(m[2] if m[3] else entry.replace('sys_ia32_', 'sys_'))
            params = plain and split_64_bits(plain)
        if params is None:
            params = known_native.get(m[2])
        if params is not None and len(params) > 6:
            fail(f'{entry}: {len(params)} arguments')
        yield nr, re.sub(r'^(compat_)?sys_(ia32_)?', '', entry), params


def show(abi, name, params, pieces):
    for i, directions, kind, (how, arg), size in pieces:
        print(abi, name, i, *params[i], '|', directions, kind, how, arg, size)


def spec_in_c(call, params, pieces):
    masks = {'i': 0, 'o': 0}
    args = ''
    for i, directions, kind, (how, arg), size in pieces:
        for d in directions:
            masks[d] |= 1 << i
        where = f'UTRACE_RECORD_LENGTH(UTRACE_RECORD_LENGTH_{how}, {arg})'
        args += f', .args[{i}] = {{ UTRACE_RECORD_{kind}, {where}, {size} }}'
    if call in WHEN:
        arg, values = WHEN[call]
        args += f', .when = {arg + 1}, .values = {sum(1 << v for v in values):#x}'
    return f'{{ .nr_args = {len(params)}, .in = {masks["i"]:#x}, .out = {masks["o"]:#x}{args} }}'


def main():
    args = sys.argv[1:]
    list_memory = args[:1] == ['--memory']
    if list_memory:
        args.pop(0)
    if len(args) != 1 or args[0].startswith('-'):
        sys.exit(__doc__)
    khdr = Path(args[0])
    common = common_headers(khdr)
    known = {abi: prototypes(common, SWITCHES[abi]) for abi in SWITCHES}
    if 'sys_openat' not in known['native']:
        fail(f'{common}/{DECLARED_IN[0]}: found no prototypes')

    if not list_memory:
        print('/* Made by gen-syscalls.py from', khdr.resolve().name, '*/')
    without = []
    for abi, file in ('native', 'syscalls_64.h'), ('compat', 'syscalls_32.h'):
        rules = memory_table(abi)
        if not list_memory:
            print(f'static const struct syscall_prototype prototypes_{abi}[] = {{')
        for nr, name, params in table(khdr, abi, file, known[abi], known['native']):
            if params is None:
                without.append(f'{abi} {nr} {name}')
                if not list_memory:
                    print(f'\t{{ {nr}, "{name}", NULL, {{ .nr_args = 6 }} }},')
                continue
            pieces = list(memory(name, params, dict(rules)))
            if list_memory:
                show(abi, name, params, pieces)
                continue
            text = ', '.join(f'{t}{"" if t.endswith("*") else " "}{n}' for t, n in params)
            print(f'\t{{ {nr}, "{name}", "long({text or "void"})",',
                  spec_in_c(name, params, pieces), '},')
        if not list_memory:
            print('};')
    if without:
        print('/* no prototype:' if not list_memory else 'no prototype:', ', '.join(without),
              '*/' if not list_memory else '')


if __name__ == '__main__':
    main()
