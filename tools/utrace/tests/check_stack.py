# SPDX-License-Identifier: GPL-2.0
"""What is made of user call chains; check.py runs them."""
import json

import trace_data as t
from case import Case


class Stack(Case):
    CHAIN = t.stack(1, 7, (0x1010, 0x2020, 0x9000))
    GETPID = t.call(1, 39, (), 100, strings=[t.cookie(7)])
    LINE = 'getpid()                                = 100'

    def test_chain_follows_its_call(self):
        self.assertEqual(
            self.lines(t.mapping(1, 0x1000, 0x1000, 0x5000, b'/nowhere/x'),
                       t.mapping(1, 0x2000, 0x1000, 0, b'[vdso]'), self.CHAIN, self.GETPID),
            [self.LINE, ' > /nowhere/x() [0x5010]', ' > [vdso]() [0x20]', ' > [0x9000]'])

    def test_chain_of_another_cookie_is_not_its(self):
        self.assertEqual(
            self.lines(t.stack(1, 8, (0x1010,)), self.GETPID), [self.LINE])

    def test_chain_of_another_task_is_not_its(self):
        body = (t.task(1000, 1) + self.CHAIN + t.task(1001, 2) + self.GETPID + t.task(1002, 1) +
                self.GETPID)
        r = self.report(t.file(t.chunk(t.DATA_CHUNK, body)))
        self.assertEqual(r.stdout.splitlines(), ['2     getpid()                          = 100',
                                                 '1     getpid()                          = 100',
                                                 ' > [0x1010]', ' > [0x2020]', ' > [0x9000]'])

    def test_more_than_was_taken_are_dots(self):
        self.assertEqual(
            self.lines(t.stack(1, 7, (0x1010,), flags=t.STACK_TRUNCATED), self.GETPID),
            [self.LINE, ' > [0x1010]', ' > ...'])

    def test_mapping_that_is_told_again_takes_the_place_of_what_was_there(self):
        self.assertEqual(
            self.lines(t.mapping(1, 0x1000, 0x3000, 0, b'/nowhere/x'),
                       t.mapping(1, 0x2000, 0x1000, 0, b'/nowhere/y'), self.CHAIN, self.GETPID),
            [self.LINE, ' > [0x1010]', ' > /nowhere/y() [0x20]', ' > [0x9000]'])

    def test_exec_is_of_the_program_before(self):
        new = t.mapping(1, 0x2000, 0x1000, 0, b'/nowhere/y')
        self.assertEqual(
            self.lines(t.mapping(1, 0x1000, 0x1000, 0, b'/nowhere/x'), self.CHAIN,
                       t.event(1, t.EXEC, 0), self.GETPID, new, self.CHAIN, self.GETPID),
            [self.LINE, ' > /nowhere/x() [0x10]', ' > [0x2020]', ' > [0x9000]',
             self.LINE, ' > [0x1010]', ' > /nowhere/y() [0x20]', ' > [0x9000]'])

    def test_chain_of_no_call_has_a_line_of_its_own(self):
        self.assertEqual(
            self.lines(t.stack(1, 9, (0x1010,), flags=t.STACK_REQUESTED)),
            ['--- stack 9 ---', ' > [0x1010]'])

    def test_what_is_no_file_is_not_opened(self):
        self.assertEqual(
            self.lines(t.mapping(1, 0x1000, 0x1000, 0, b'/dev/zero'),
                       t.mapping(1, 0x2000, 0x1000, 0, b'/dev/stdin'), self.CHAIN, self.GETPID)[1:3],
            [' > /dev/zero() [0x10]', ' > /dev/stdin() [0x20]'])

    def sample(self):
        """A call with a chain, a chain of no call, and what is only for them."""
        return t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) +
                              t.mapping(1, 0x1000, 0x1000, 0x5000, b'/nowhere/x') + self.CHAIN +
                              self.GETPID + t.stack(1, 9, (1,), flags=t.STACK_REQUESTED | 1)))

    def test_json(self):
        body = (t.task(1, 1) + t.mapping(1, 0x1000, 0x1000, 0x5000, b'/nowhere/\xff') +
                self.CHAIN + self.GETPID + t.stack(1, 9, (1,), flags=t.STACK_REQUESTED | 1))
        with open(self.path, 'wb') as f:
            f.write(t.file(t.chunk(t.DATA_CHUNK, body)))
        r = self.run_tool('convert', '--to', 'json', self.path)
        lines = [json.loads(line) for line in r.stdout.splitlines()]
        self.assertEqual([line.get('type') for line in lines],
                         ['trace', 'task', 'call', 'stack', 'end'])
        self.assertEqual(lines[2]['stack'], [
            {'address': '4112', 'file_hex': b'/nowhere/\xff'.hex(), 'at': '20496'},
            {'address': '8224'}, {'address': '36864'}])
        self.assertNotIn('stack_truncated', lines[2])
        self.assertEqual((lines[3]['cookie'], lines[3]['stack'], lines[3]['stack_truncated']),
                         ('9', [{'address': '1'}], True))

    def test_perfetto(self):
        trace = json.loads(self.convert('perfetto', self.sample()))
        found = {e['name']: e['args'] for e in trace['traceEvents'] if e['ph'] != 'M'}
        self.assertEqual(sorted(found), ['getpid', 'stack'])
        self.assertEqual(found['getpid']['stack'],
                         ['/nowhere/x() [0x5010]', '[0x2020]', '[0x9000]'])
        self.assertEqual(found['stack']['stack'], ['[0x1]', '...'])

    def test_ctf(self):
        with open(self.path, 'wb') as f:
            f.write(self.sample())
        r = self.run_tool('convert', '--to', 'ctf', self.path)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        with open(self.path + '.ctf/metadata', encoding='utf-8', errors='replace') as f:
            metadata = f.read()
        self.assertEqual(metadata.count('callstack_user_frames['), 2)
        self.assertNotIn('event_', metadata)
        # Strings are as they are in a stream.
        with open(self.path + '.ctf/cpu0', 'rb') as f:
            self.assertIn(b'/nowhere/x() [0x5010]\0[0x2020]\0[0x9000]\0', f.read())

    def test_depth_that_makes_no_sense_is_refused(self):
        for depth in '0', '1025', 'x', '':
            r = self.run_tool('record', f'--stack={depth}', 'true')
            self.assertEqual((r.returncode, r.stdout), (2, ''), depth)
        r = self.run_tool('stat', '--stack', 'true')
        self.assertEqual((r.returncode, r.stdout), (2, ''))

    def test_module_that_cannot_is_told(self):
        r = self.run_tool('record', '--stack', 'true', fake=True)
        self.assertEqual((r.returncode, r.stderr), (1, 'utrace: --stack: the module cannot: it is '
                                                       'older than this tool\n'))
