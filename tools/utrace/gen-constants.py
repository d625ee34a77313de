#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write names of constants, and which argument takes which, as C tables.

	gen-constants.py 'CC OPTION...' constants.tab arguments.tab DIRECTORY

makes in DIRECTORY constants-sets.h, arguments-gen.h and, at last, what names
the sets: constants-gen.h.

The headers say what names there are, the compiler what their values are: as
the kernel's asm-offsets does it, through markers in its assembly.
"""
import concurrent.futures
import fnmatch
import re
import subprocess
import sys

MACRO = re.compile(r'^#define (\w+)[ \t]+(.*)$', re.M)
ENUM = re.compile(r'\benum\b\s*\w*\s*\{([^{}]*)\}')
# The sets that a value of such a kind is of, where it is not one set.
SELECTED_BY = {'IOCTL': ('tty', 'sockio', 'ioctl'), 'FUTEX': ('futex',)}
REQUEST = re.compile(r'\b_IO(C|R|W|WR)?\(')


def fail(text):
    sys.exit(f'gen-constants.py: {text}')


def compiler(cc, options, source):
    """What it says, and the lines of @source that it does not like."""
    r = subprocess.run([*cc, '-x', 'c', *options, '-'], input=source, text=True,
                       capture_output=True)
    bad = {int(n) for n in re.findall(r'^<stdin>:(\d+):\d+: error', r.stderr, re.M)}
    if r.returncode and not bad:
        fail(f'{" ".join(cc)}: {r.stderr}')
    return r.stdout, bad


def includes(headers):
    # One that this machine does not have may be missing.
    return ('#define _GNU_SOURCE\n#include <stddef.h>\n' +
            ''.join(f'#if __has_include(<{h}>)\n#include <{h}>\n#endif\n' for h in headers))


class Headers:
    """What a group of headers defines, included together."""

    def __init__(self, cc, headers):
        self.cc, self.headers = cc, headers
        text, _ = compiler(cc, ['-E', '-dD'], includes(headers))
        self.names = {}         # in their order: what each stands for
        for found in re.finditer(f'{MACRO.pattern}|{ENUM.pattern}', text, re.M):
            if found[1]:
                self.names.setdefault(found[1], found[2])
                continue
            # Macros between the names of an enum, as glibc has them.
            body = re.sub(r'^#.*$', '', found[3], flags=re.M)
            for item in body.split(','):
                name = item.split('=')[0].strip()
                if re.fullmatch(r'\w+', name):
                    self.names.setdefault(name, name)

    def values(self, names):
        begin = includes(self.headers) + 'void marks(void)\n{\n'
        marks = [f'asm volatile("\\n->{n} %0" : : "i" ((long)({n})));' for n in names]
        text, bad = compiler(self.cc, ['-S', '-o', '-'], begin + '\n'.join(marks) + '\n}\n')
        if bad:
            # Say, one that takes the size of a structure of another header.
            bad = {n - 1 - begin.count('\n') for n in bad}
            return self.values([n for i, n in enumerate(names) if i not in bad])
        return {m[1]: int(m[2]) for m in re.finditer(r'^->(\w+) \$?(-?\d+)$', text, re.M)}


def chosen(names, patterns):
    """Those of @names that the patterns ask for, in that order."""
    wanted = [p for p in patterns if p[0] != '-']
    unwanted = [p[1:] for p in patterns if p[0] == '-']
    out = {}
    for pattern in wanted:
        for name in fnmatch.filter(names, pattern):
            if not any(fnmatch.fnmatch(name, u) for u in unwanted):
                out[name] = True
    return list(out)


def requests(cc, headers):
    """What they define for ioctl(), and nothing else of it."""
    h = Headers(cc, headers.split('+'))
    return h.values([n for n, body in h.names.items() if REQUEST.search(body)])


def values_of(cc, headers, wishes):
    """(constant, value) pairs for each list of patterns in @wishes."""
    if headers.startswith('='):
        pairs = {}
        for group in headers.split(','):
            pairs.update(requests(cc, group[1:]))
        return [sorted(pairs.items())]
    names, values = {}, {}
    for group in headers.split('|'):
        h = Headers(cc, group.split(','))
        new = {n: True for n in h.names if n not in names}
        values.update(h.values(sorted({n for patterns in wishes for n in chosen(new, patterns)})))
        names.update(new)
    return [[(n, values[n]) for n in chosen(names, patterns) if n in values]
            for patterns in wishes]


def rows(path):
    with open(path) as f:
        for line in f:
            words = line.split()
            if words and not words[0].startswith('#'):
                yield words


def read_sets(cc, path):
    lines, groups = list(rows(path)), {}
    for name, _, _, headers, *patterns in lines:
        groups.setdefault(headers, {})[name] = patterns
    found = {}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = pool.map(lambda h: values_of(cc, h, groups[h].values()), groups)
        for headers, answer in zip(groups, answers):
            found.update(zip(groups[headers], answer))
    for name, kind, unknown, headers, *_ in lines:
        if not found[name]:
            fail(f'{path}: {name}: {headers} has none of its names')
        seen, out = set(), []
        for constant, value in found[name]:
            # An argument of 32 bits is compared as one.
            value &= (1 << 64) - 1 if value >> 32 not in (0, -1) else (1 << 32) - 1
            # Of two names, the first; a request can be of two drivers.
            if value not in seen or headers.startswith('='):
                seen.add(value)
                out.append((constant, value))
        yield name, kind, unknown, out


def write_sets(sets, out):
    for name, _, _, constants in sets:
        print(f'static const struct constant constants_{name}[] = {{', file=out)
        for constant, value in constants:
            print(f'\t{{ {value:#x}, "{constant}" }},', file=out)
        print('};', file=out)
    print('\nstatic const struct constant_set sets[] = {', file=out)
    for name, kind, unknown, _ in sets:
        comment = 'NULL' if unknown == '-' else f'"{unknown}"'
        print(f'\t[SET_{name}] = {{ constants_{name}, ARRAY_SIZE(constants_{name}),',
              f'{comment}, {"true" if kind == "flags" else "false"} }},', file=out)
    print('};', file=out)


def write_ids(sets, out):
    print('enum constant_set_id {', file=out)
    for name, *_ in sets:
        print(f'\tSET_{name},', file=out)
    print('};', file=out)


def selector(sets, kinds, constant):
    """Which argument of @kinds can be @constant, and the value."""
    for i, kind in enumerate(kinds):
        for name, _, _, constants in sets:
            if name in SELECTED_BY.get(kind, (kind,)):
                for n, value in constants:
                    if n == constant:
                        return i, value
    return None


def write_arguments(path, sets, out):
    names = {name for name, *_ in sets}
    base = {}
    print('static const struct arg_row arg_rows[] = {', file=out)
    for call, *kinds in rows(path):
        call, _, constant = call.partition(':')
        name, _, bits = call.partition('@')
        if bits not in ('', '32'):
            fail(f'{path}: {call}: calls of {bits} bits?')
        select, value = -1, 0
        if constant:
            found = selector(sets, base[call], constant)
            if not found:
                fail(f'{path}: {call}: no argument can be {constant}')
            select, value = found
        else:
            base[call] = kinds
        nr = 6 if kinds[-1] == '...' or not constant else len(kinds)
        if kinds[-1] == '.':
            nr = len(kinds) - 1
        words = []
        for i, kind in enumerate(kinds):
            if kind in ('-', '.', '...'):
                continue
            if kind not in names and not kind.isupper():
                fail(f'{path}: {call}: no such set: {kind}')
            kind = f'ARG_SET(SET_{kind})' if kind in names else f'ARG_{kind}'
            words.append(f'[{i}] = {kind}')
        print(f'\t{{ "{name}", {"true" if bits else "false"}, {select}, {value:#x}, {nr}, {{ {", ".join(words)} }} }},',
              file=out)
    print('};', file=out)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    cc, constants, arguments, directory = sys.argv[1:]
    sets = list(read_sets(cc.split(), constants))
    with open(f'{directory}/constants-sets.h', 'w') as out:
        write_sets(sets, out)
    with open(f'{directory}/arguments-gen.h', 'w') as out:
        write_arguments(arguments, sets, out)
    with open(f'{directory}/constants-gen.h', 'w') as out:
        write_ids(sets, out)


if __name__ == '__main__':
    main()
