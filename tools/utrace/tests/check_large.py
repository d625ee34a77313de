# SPDX-License-Identifier: GPL-2.0
"""Buffers that are records of their own, and their calls; check.py runs them."""
import trace_data as t
from case import Case


class Large(Case):
    def piece(self, cookie, flags=0):
        return t.piece(1, t.BUFFER, t.words(cookie), t.APART | flags)

    def write(self, cookie, flags=0):
        return t.call(1, 1, (5, 0x100, 400), 400, strings=[self.piece(cookie, flags)])

    def line(self, what):
        return f'write(5, {what}, 400)'.ljust(39) + ' = 400'

    def test_buffer_is_printed_in_its_call(self):
        self.assertEqual(self.lines(t.large(1, 7, b'x' * 300), self.write(7)),
                         [self.line('"' + 'x' * 300 + '"')])
        self.assertEqual(self.lines(t.large(1, 7, b'x' * 300), self.write(7, t.TRUNCATED)),
                         [self.line('"' + 'x' * 300 + '"...')])

    def test_buffer_that_is_lost_is_an_address(self):
        self.assertEqual(self.lines(t.large(1, 7, b'x' * 300), self.write(0)), [self.line('0x100')])
        self.assertEqual(self.lines(self.write(7)), [self.line('0x100')])

    def test_buffer_of_a_call_that_is_lost_is_not_that_of_the_next(self):
        self.assertEqual(self.lines(t.large(1, 7, b'x'), t.large(1, 8, b'y'), self.write(8),
                                    self.write(7)), [self.line('"y"'), self.line('0x100')])

    def test_task_that_writes_on_two_cpus(self):
        r = self.report(t.file(
            t.chunk(t.DATA_CHUNK, t.task(1000, 1) + t.large(0, 7, b'x') + t.task(1000, 2) +
                    t.large(0, 8, b'y'), 0),
            t.chunk(t.DATA_CHUNK, t.task(1001, 2) + self.write(8) + t.task(1003, 1) +
                    self.write(7), 1)))
        self.assertEqual([line[6:] for line in r.stdout.splitlines()],
                         [line.replace(' ' * 6, '', 1) for line in
                          (self.line('"y"'), self.line('"x"'))])

    def test_buffer_that_is_longer_than_its_record_is_damage(self):
        broken = t.record(t.LARGE, 1, t.words(7, 9) + b'x' * 8)
        r = self.report(t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) + broken)))
        self.assertEqual((r.returncode, r.stdout), (1, ''))
        self.assertIn('damaged', r.stderr)
