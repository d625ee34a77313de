# SPDX-License-Identifier: GPL-2.0
"""ATTACH that has to wait for who waits for the reader; check.py runs these."""
import os
import signal
import subprocess

from case import OnDevice


class Attach(OnDevice):
    def attach(self, command, *options):
        victim = subprocess.Popen(['sleep', '0.5'])
        r = self.run_tool(command, '-q', '--block', '-b', '4k', '-p', str(victim.pid), *options,
                          fake=True, FAKE_EXEC='3')
        victim.wait()
        self.assertEqual(r.returncode, 0, r.stderr)
        log = self.log()
        self.assertGreaterEqual(log.count('attach waits'), 3)
        self.assertEqual(log.count('attach flags'), 1)
        return r

    def all_are_there(self, text):
        got = self.results(text)
        full = len(got) - 10
        self.assertGreater(full, 3 * 20)
        self.assertEqual(got, [*range(full), *range(10)])

    def test_an_exec_that_waits_for_the_reader_does_not_keep_it_from_recording(self):
        self.assertEqual(self.attach('record', '-o', self.path).stderr, '')
        self.all_are_there(self.run_tool('report', self.path).stdout)

    def test_nor_from_printing(self):
        self.all_are_there(self.attach('trace').stderr)

    def test_nor_from_counting(self):
        self.assertRegex(self.attach('stat').stderr, r'(?m) \d{2,} +close$')

    def test_nor_if_alarms_are_blocked_for_us(self):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        self.addCleanup(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        self.attach('record', '-o', self.path)

    def test_an_interrupt_ends_the_wait(self):
        victim = subprocess.Popen(['sleep', '1000'])
        self.addCleanup(victim.wait)
        self.addCleanup(victim.kill)
        tool = self.start('record', '--block', '-o', self.path, '-p', str(victim.pid),
                          FAKE_EXEC='-1')
        self.wait_until_it_waits('attach waits')
        tool.send_signal(signal.SIGINT)
        tool.communicate(timeout=20)
        self.assertEqual(tool.returncode, 0)
        self.assertNotIn('attach flags', self.log())
        self.assertEqual(self.run_tool('report', self.path).returncode, 0)
        self.assertIsNone(victim.poll())

    def test_what_cannot_be_attached_leaves_the_file_that_was_there(self):
        with open(self.path, 'w') as f:
            f.write('x')
        r = self.record('-q', '-o', self.path, 'true', FAKE_ATTACH_ERROR='12')
        self.assertEqual(r.returncode, 1)
        self.assertEqual(os.stat(self.path).st_size, 1)
