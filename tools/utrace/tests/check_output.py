# SPDX-License-Identifier: GPL-2.0
"""What utrace stat and utrace convert write; check.py runs them."""
import json
import os

import trace_data as t
from case import Case
from trace_data import MS


class Stat(Case):
    def stat(self, data, *options):
        with open(self.path, 'wb') as f:
            f.write(data)
        r = self.run_tool('stat', '-i', self.path, *options)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        return r.stdout.splitlines()

    def sample(self):
        return t.file(t.chunk(t.DATA_CHUNK, t.task(1000 * MS, 100) + t.call(1, 39, (), 1, 1100) +
                              t.call(1, 39, (), 1, 3 * MS) + t.call(1, 3, (9,), -9, 700) +
                              t.call(1, 3, (9,), -9, 0) + t.call(1, 3, (9,), -4, 2**40) +
                              t.call(1, 231, (0,), flags=t.UNFINISHED)))

    def test_columns(self):
        self.assertEqual(self.stat(self.sample()), [
            '% time     seconds  usecs/call         min         max     calls    errors syscall',
            '------ ----------- ----------- ----------- ----------- --------- --------- '
            '----------------',
            '100.00 1099.511628 366503876.158       0.000 1099511627.776         3         3 close',
            '  0.00    0.003001    1500.550       1.100    3000.000         2           getpid',
            '------ ----------- ----------- ----------- ----------- --------- --------- '
            '----------------',
            '100.00 1099.514630 219902925.915       0.000 1099511627.776         5         3 total'])

    def test_sorting(self):
        def order(key):
            return [line.split()[-1] for line in self.stat(self.sample(), '-S', key)[2:4]]

        for key in 'time', 'calls', 'errors', 'avg-time', 'max-time', 'name', 'total-time':
            self.assertEqual(order(key), ['close', 'getpid'], key)
        self.assertEqual(order('min-time'), ['getpid', 'close'])
        r = self.run_tool('stat', '-S', 'size', 'true')
        self.assertEqual((r.returncode, r.stdout), (2, ''))

    def test_errors_are_told_apart(self):
        lines = self.stat(self.sample(), '--errors')
        at = [i for i, line in enumerate(lines) if line.endswith(' close')][0]
        self.assertEqual([line.split() for line in lines[at + 1:at + 3]],
                         [['2', 'EBADF'], ['1', 'EINTR']])

    def test_histogram(self):
        lines = self.stat(self.sample(), '--histogram')
        at = lines.index('getpid, nanoseconds:')
        self.assertEqual([line.split('|')[0].split() for line in lines[at + 1:at + 14]],
                         [['[1K,', '2K)', '1']] +
                         [[f'[{a},', f'{b})', '0'] for a, b in
                          zip('2K 4K 8K 16K 32K 64K 128K 256K 512K 1M'.split(),
                              '4K 8K 16K 32K 64K 128K 256K 512K 1M 2M'.split())] +
                         [['[2M,', '4M)', '1']])
        at = lines.index('close, nanoseconds:')
        self.assertEqual(lines[at + 1].split()[:3], ['[0,', '2)', '1'])
        self.assertIn('[1T, 2T)                1 |' + '@' * 40 + '|', lines)

    def test_lost_records_are_told(self):
        data = t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) + t.call(1, 39, (), 1) + t.lost(1, 9)))
        self.assertEqual(self.stat(data)[-1], '9 records were lost, and are in no figure above')


class Convert(Case):
    def json(self, data):
        return [json.loads(line) for line in self.convert('json', data).splitlines()]

    def test_json_has_every_record_once(self):
        lines = self.json(t.sample())
        self.assertEqual(lines[0]['version'], 1)
        self.assertEqual([line['type'] for line in lines[1:]],
                         ['task', 'call', 'task', *['call'] * 7, 'event', 'event', 'call',
                          'event', 'event', 'call', 'lost', 'call', 'call', 'event', 'task',
                          'call', 'lost', 'event', 'event', 'end'])

    def test_json_of_a_call(self):
        data = t.file(t.chunk(t.DATA_CHUNK, t.task(1000 * MS, 101, 100, b'ls') + t.call(
            MS, 257, (2**64 - 100, 0x1000, 0o2000000, 0), -2, 5000, [t.string(1, b'/etc')])),
            realtime=86400 * 10**9)
        self.assertEqual(self.json(data)[2], {
            'type': 'call', 'time': '1000995000', 'realtime': '86401000995000',
            'duration': '5000', 'tid': 101, 'pid': 100, 'comm': 'ls', 'cpu': 0, 'abi': 'native',
            'nr': '257', 'name': 'openat', 'args': [
                {'name': 'dfd', 'value': str(2**64 - 100), 'text': 'AT_FDCWD'},
                {'name': 'filename', 'value': '4096', 'text': '"/etc"', 'string': '/etc'},
                {'name': 'flags', 'value': '524288', 'text': 'O_RDONLY|O_CLOEXEC'},
                {'name': 'mode', 'value': '0', 'text': '000'}],
            'result': '-2', 'text': '-1 ENOENT (No such file or directory)', 'error': 2,
            'errno': 'ENOENT'})

    def test_json_of_bytes_that_are_not_text(self):
        """What is UTF-8 is a string, by Python's opinion; anything else is in hex."""
        samples = [b'', b'/x', b'a"\\\n\x01\x7f', 'grün €\U0001f600'.encode(), b'\xff', b'\xc0\x80',
                   b'\xc3', b'\xe0\x80\x80', b'\xed\xa0\x80', b'\xf0\x80\x80\x80', b'\xf4\x90\x80\x80',
                   b'\xf5\x80\x80\x80', b'\x80', b'ok\xe2\x82', b'\xf4\x8f\xbf\xbf', b'\xee\x80\x80',
                   b'\xc3\x28', b'\xf1\x80\x80\x28']
        records = [t.call(1, 83, (1, 0), 0, strings=[t.string(0, s)]) for s in samples]
        got = [line['args'][0] for line in self.json(t.file(t.chunk(
            t.DATA_CHUNK, t.task(1, 1) + b''.join(records)))) if line.get('type') == 'call']
        for sample, arg in zip(samples, got, strict=True):
            self.assertNotEqual('string' in arg, 'string_hex' in arg)
            try:
                self.assertEqual(arg.get('string'), sample.decode())
            except UnicodeDecodeError:
                self.assertEqual(bytes.fromhex(arg['string_hex']), sample)

    def test_json_of_a_string_that_is_not_there(self):
        line = self.json(t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) + t.call(
            1, 82, (0x1000, 0x2000), -14, strings=[t.string(0, b'abc', t.TRUNCATED),
                                                   t.string(1, b'', t.FAULT)]))))[2]
        self.assertEqual(line['args'], [
            {'name': 'oldname', 'value': '4096', 'text': '"abc"...', 'string': 'abc',
             'truncated': True},
            {'name': 'newname', 'value': '8192', 'text': '0x2000', 'fault': True}])

    def test_json_of_what_did_not_return_and_of_the_end(self):
        lines = self.json(t.file(t.chunk(t.DATA_CHUNK, t.lost(1, 4) + t.task(1, 1) + t.call(
            1, 231, (0,), flags=t.UNFINISHED) + t.event(1, t.EXIT, 0x8b) +
            t.event(1, t.EXIT, 3 << 8))))
        self.assertEqual(lines[1], {'type': 'lost', 'cpu': 0, 'count': '4'})
        self.assertIsNone(lines[3]['result'])
        self.assertNotIn('in_progress', lines[3])
        self.assertEqual((lines[4]['signal'], lines[4]['core_dumped']), ('SIGSEGV', True))
        self.assertEqual(lines[5]['exit_code'], 3)
        self.assertEqual(lines[6], {'type': 'end', 'records': '0', 'lost': '0'})

    def test_json_of_a_signal(self):
        lines = self.json(t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) + t.event(1, t.SIGNAL, 10) +
                                         t.event(1, t.STOP, 20))))[2:4]
        self.assertEqual([(line['event'], line['value'], line['signal']) for line in lines],
                         [('signal', '10', 'SIGUSR1'), ('stop', '20', 'SIGTSTP')])

    def test_json_of_a_call_in_progress(self):
        line = self.json(t.file(t.chunk(t.DATA_CHUNK, t.task(1, 1) + t.call(
            1, 35, (1, 0), 1, flags=t.UNFINISHED))))[2]
        self.assertEqual((line['result'], line['in_progress']), (None, True))

    def test_a_cut_file_has_no_end_line(self):
        lines = self.convert('json', t.sample()[:-8], 1).splitlines()
        self.assertEqual(json.loads(lines[-1])['type'], 'event')

    def test_perfetto_has_a_slice_for_each_call(self):
        trace = json.loads(self.convert('perfetto', t.sample()))
        events = trace['traceEvents']
        calls = [e for e in events if e['ph'] == 'X']
        self.assertEqual([e['name'] for e in calls],
                         ['openat', 'mmap', 'syscall_0x40000005', 'writev', 'recvmsg', 'execve',
                          'poll', 'connect', 'open', 'rename', 'getpid', 'exit_group',
                          'openat'])
        self.assertEqual((calls[0]['ts'], calls[0]['dur']), (1000995.0, 5.0))
        self.assertEqual(calls[0]['args']['arguments']['filename'], '"/etc/passwd"')
        self.assertEqual({(e['tid'], e['args']['name']) for e in events
                          if e['ph'] == 'M' and e['name'] == 'thread_name'},
                         {(100, 'test'), (101, 'test'), (102, '"name\\377"')})
        self.assertEqual([e['args']['value'] for e in events if e['name'] == 'records lost'],
                         ['123', '7'])

    def test_perfetto_times_lose_nothing(self):
        time = 2**53 + 1
        text = self.convert('perfetto', t.file(t.chunk(
            t.DATA_CHUNK, t.task(time, 1) + t.call(0, 39, (), 1))))
        self.assertIn(f'"ts":{time // 1000}.{time % 1000:03}', text)

    def test_ctf_is_a_new_directory(self):
        with open(self.path, 'wb') as f:
            f.write(t.sample())
        r = self.run_tool('convert', '--to', 'ctf', self.path)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        self.assertEqual(sorted(os.listdir(self.path + '.ctf')), ['cpu0', 'cpu1', 'metadata'])
        self.assertEqual(os.stat(self.path + '.ctf').st_mode & 0o777, 0o700)
        r = self.run_tool('convert', '--to', 'ctf', self.path)
        self.assertEqual((r.returncode, r.stderr),
                         (1, f'utrace: {self.path}.ctf: File exists\n'))
        r = self.run_tool('convert', '--to', 'ctf', '-o', '/proc/x', self.path)
        self.assertEqual((r.returncode, len(r.stderr.splitlines())), (1, 1))
