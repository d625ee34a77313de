#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the prototypes of all system calls as C tables, from kernel headers.

	gen-syscalls.py KHDR >syscalls-gen.h
	gen-syscalls.py --strings KHDR		# the string arguments, to read through

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


def main():
    args = sys.argv[1:]
    list_strings = args[:1] == ['--strings']
    if list_strings:
        args.pop(0)
    if len(args) != 1 or args[0].startswith('-'):
        sys.exit(__doc__)
    khdr = Path(args[0])
    common = common_headers(khdr)
    known = {abi: prototypes(common, SWITCHES[abi]) for abi in SWITCHES}
    if 'sys_openat' not in known['native']:
        fail(f'{common}/{DECLARED_IN[0]}: found no prototypes')

    if not list_strings:
        print('/* Made by gen-syscalls.py from', khdr.resolve().name, '*/')
    without = []
    for abi, file in ('native', 'syscalls_64.h'), ('compat', 'syscalls_32.h'):
        rows = list(table(khdr, abi, file, known[abi], known['native']))
        if not list_strings:
            print(f'static const struct syscall_prototype prototypes_{abi}[] = {{')
        for nr, name, params in rows:
            if params is None:
                without.append(f'{abi} {nr} {name}')
                if not list_strings:
                    print(f'\t{{ {nr}, "{name}", NULL, 6, 0 }},')
                continue
            mask = sum(1 << i for i in range(len(params)) if is_string(params, i))
            text = ', '.join(f'{t}{"" if t.endswith("*") else " "}{n}' for t, n in params)
            if not list_strings:
                print(f'\t{{ {nr}, "{name}", "long({text or "void"})",',
                      f'{len(params)}, {mask:#x} }},')
            elif any('char' in t for t, n in params):
                for i, (t, n) in enumerate(params):
                    if 'char' in t:
                        print('STRING' if mask >> i & 1 else '-     ', abi, name, n, '|', text)
        if not list_strings:
            print('};')
    if without:
        print('/* no prototype:' if not list_strings else 'no prototype:', ', '.join(without),
              '*/' if not list_strings else '')


if __name__ == '__main__':
    main()
