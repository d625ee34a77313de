# SPDX-License-Identifier: GPL-2.0
"""A test of utrace(1): a directory, a trace file in it, and the tool."""
import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

import trace_data as t
from trace_data import MS


class Case(unittest.TestCase):
    UTRACE, FAKE = None, None

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.dir.name, 'trace')

    def tearDown(self):
        self.dir.cleanup()

    def run_tool(self, *args, fake=False, **env):
        env = {**os.environ, 'TZ': 'UTC', 'FAKE_LOG': os.path.join(self.dir.name, 'log'), **env}
        if fake:
            env['LD_PRELOAD'] = Case.FAKE
        return subprocess.run([Case.UTRACE, *args], env=env, capture_output=True, text=True,
                              cwd=self.dir.name, timeout=60)

    def report(self, data, *options):
        with open(self.path, 'wb') as f:
            f.write(data)
        return self.run_tool('report', *options, self.path)

    def lines(self, *records, options=(), **head):
        """What one task's records look like; the result must be fine."""
        body = t.task(1000 * MS, 100) + b''.join(records)
        r = self.report(t.file(t.chunk(t.DATA_CHUNK, body), **head), *options)
        self.assertEqual((r.returncode, r.stderr), (0, ''))
        return r.stdout.splitlines()

    def convert(self, to, data, code=0):
        with open(self.path, 'wb') as f:
            f.write(data)
        r = self.run_tool('convert', '--to', to, self.path)
        self.assertEqual(r.returncode, code, r.stderr)
        return r.stdout


class OnDevice(Case):
    """Against the made-up device."""

    def record(self, *args, **env):
        return self.run_tool('record', *args, fake=True, **env)

    def log(self):
        with open(os.path.join(self.dir.name, 'log')) as f:
            return f.read()

    def results(self, text):
        return [int(n) for n in re.findall(r'close\(\d+\) += (\d+)', text)]

    def start(self, *args, stderr=subprocess.PIPE, **env):
        def heed_interrupts():
            # A shell has what it runs in the background ignore SIGINT.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        tool = subprocess.Popen([Case.UTRACE, *args], cwd=self.dir.name, text=True,
                                preexec_fn=heed_interrupts,
                                stdout=subprocess.PIPE, stderr=stderr,
                                env={**os.environ, 'LD_PRELOAD': Case.FAKE,
                                     'FAKE_LOG': os.path.join(self.dir.name, 'log'), **env})
        # One that hangs is not left behind.
        self.addCleanup(tool.kill)
        return tool

    def wait_until_it_waits(self, mark='poll'):
        """The tool has attached, and has polled often enough to have all there is."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if mark in self.log():
                    return
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        self.fail('the tool does not come to wait')
