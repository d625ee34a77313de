# SPDX-License-Identifier: GPL-2.0
"""How values of arguments and results are printed; check.py runs these."""
import json

import trace_data as t
from case import Case

# As gen-syscalls.py writes them for kernel 6.1.
VECTOR = 'compat_ulong_t fd, const struct iovec *vec, compat_ulong_t vlen, u32 pos_low, u32 pos_high'
CALLS = f'''0 295 preadv long(unsigned long fd, const struct iovec *vec, unsigned long vlen, \
unsigned long pos_l, unsigned long pos_h)
0 17 pread64 long(unsigned int fd, char *buf, size_t count, loff_t pos)
0 285 fallocate long(int fd, int mode, loff_t offset, loff_t len)
0 221 fadvise64 long(int fd, loff_t offset, size_t len, int advice)
1 140 _llseek long(unsigned int fd, unsigned long offset_high, unsigned long offset_low, \
loff_t *result, unsigned int whence)
1 180 pread64 long(unsigned int fd, char *buf, size_t count, u32 pos_lo, u32 pos_hi)
1 181 pwrite64 long(unsigned int fd, const char *buf, size_t count, u32 pos_lo, u32 pos_hi)
1 192 mmap2 long(unsigned long addr, unsigned long len, {t.MMAP}, unsigned long pgoff)
1 193 truncate64 long(const char *path, u32 length_lo, u32 length_hi)
1 194 ftruncate64 long(unsigned int fd, u32 length_lo, u32 length_hi)
1 225 readahead long(int fd, u32 offset_lo, u32 offset_hi, size_t count)
1 250 fadvise64 long(int fd, u32 offset_lo, u32 offset_hi, size_t len, int advice)
1 253 lookup_dcookie long(u32 arg0, u32 arg1, char *arg2, compat_size_t arg3)
1 272 fadvise64_64 long(int fd, u32 offset_lo, u32 offset_hi, u32 len_lo, u32 len_hi, int advice)
1 314 sync_file_range long(int fd, u32 offset_lo, u32 offset_hi, u32 nbytes_lo, u32 nbytes_hi, \
unsigned int flags)
1 324 fallocate long(int fd, int mode, u32 offset_lo, u32 offset_hi, u32 len_lo, u32 len_hi)
1 333 preadv long({VECTOR})
1 334 pwritev long({VECTOR})
1 339 fanotify_mark long(int arg0, unsigned int arg1, __u32 arg2, __u32 arg3, int arg4, \
const char *arg5)
1 378 preadv2 long({VECTOR}, rwf_t flags)
1 379 pwritev2 long({VECTOR}, rwf_t flags)
'''
MINUS_5 = 2**32 - 5
MINUS_1 = 2**32 - 1


class Errors(Case):
    """Those of the kernel alone, as strace 6.1 prints them."""

    NAMES = {515: 'ENOIOCTLCMD', 517: 'EPROBE_DEFER', 518: 'EOPENSTALE', 521: 'EBADHANDLE',
             522: 'ENOTSYNC', 523: 'EBADCOOKIE', 524: 'ENOTSUPP', 525: 'ETOOSMALL',
             526: 'ESERVERFAULT', 527: 'EBADTYPE', 528: 'EJUKEBOX', 529: 'EIOCBQUEUED',
             530: 'ERECALLCONFLICT'}
    # It has no names for these; <linux/errno.h> has.
    NEWER = {519: 'ENOPARAM', 531: 'ENOGRACE'}

    def test_errors_that_get_out_of_the_kernel_have_names(self):
        for error, name in {**self.NAMES, **self.NEWER}.items():
            self.assertEqual(
                self.lines(t.call(1, 3, (3,), -error)),
                [f'close(3)                                = -1 {name} (Unknown error {error})'])

    def test_what_is_no_error_of_any_kernel_is_a_number(self):
        for error in 511, 520, 532, 4095:
            self.assertEqual(self.lines(t.call(1, 3, (3,), -error)),
                             [f'close(3)                                = -1 (errno {error})'])

    def test_json_has_the_names(self):
        errors = [512, *self.NAMES, *self.NEWER, 520]
        body = t.task(1, 1) + b''.join(t.call(1, 3, (3,), -e) for e in errors)
        lines = map(json.loads, self.convert('json', t.file(t.chunk(t.DATA_CHUNK, body))).splitlines())
        self.assertEqual([(line['error'], line['errno']) for line in lines if 'errno' in line],
                         [(512, 'ERESTARTSYS'), *self.NAMES.items(), *self.NEWER.items(),
                          (520, 'errno_520')])


class Wide(Case):
    """64 bits in one argument, and in two of a 32-bit task. The texts are strace's."""

    def text(self, nr, *args, flags=t.COMPAT):
        line, = self.lines(t.call(1, nr, args, 0, flags=flags), calls=CALLS)
        return line.split(' = ')[0].rstrip()

    def test_a_position_is_one_number(self):
        for nr, text in ((180, 'pread64(3, 0x10, 1, '), (181, 'pwrite64(3, 0x10, 1, '),
                         (333, 'preadv(3, 0x10, 1, '), (334, 'pwritev(3, 0x10, 1, ')):
            for low, high, number in ((64, 0, '64'), (64, 1, '4294967360'), (MINUS_5, 0, '4294967291'),
                                      (MINUS_5, MINUS_1, '-5')):
                self.assertEqual(self.text(nr, 3, 16, 1, low, high), f'{text}{number})')
        for nr, name in (378, 'preadv2'), (379, 'pwritev2'):
            self.assertEqual(self.text(nr, 3, 16, 1, MINUS_1, MINUS_1, 8),
                             f'{name}(3, 0x10, 1, -1, RWF_NOWAIT)')

    def test_a_length_has_no_sign(self):
        self.assertEqual(self.text(193, 16, 7, 1), 'truncate64(0x10, 4294967303)')
        self.assertEqual(self.text(194, 3, MINUS_5, MINUS_1), 'ftruncate64(3, 18446744073709551611)')

    def test_a_range(self):
        self.assertEqual(self.text(324, 3, 1, 1, 2, 3, 0),
                         'fallocate(3, FALLOC_FL_KEEP_SIZE, 8589934593, 3)')
        self.assertEqual(self.text(225, 3, 5, 1, 16), 'readahead(3, 4294967301, 16)')
        self.assertEqual(self.text(314, 3, MINUS_5, MINUS_1, 16, 0, 2),
                         'sync_file_range(3, -5, 16, SYNC_FILE_RANGE_WRITE)')
        self.assertEqual(self.text(250, 3, 5, 1, 4294967280, 4),
                         'fadvise64(3, 4294967301, 4294967280, POSIX_FADV_DONTNEED)')
        self.assertEqual(self.text(272, 3, 5, 1, 16, 1, 4),
                         'fadvise64_64(3, 4294967301, 4294967312, POSIX_FADV_DONTNEED)')

    def test_the_high_half_may_be_the_first(self):
        self.assertEqual(self.text(140, 99, 1, 5, 16, 1), '_llseek(99, 4294967301, 0x10, SEEK_CUR)')
        self.assertEqual(self.text(140, 99, MINUS_1, MINUS_5, 16, 1), '_llseek(99, -5, 0x10, SEEK_CUR)')

    def test_bits_and_cookies(self):
        self.assertEqual(self.text(339, 3, 1, 2, 1, 2**32 - 100, 0),
                         'fanotify_mark(3, 0x1, 0x100000002, AT_FDCWD, NULL)')
        self.assertEqual(self.text(253, 5, 1, 16, 3), 'lookup_dcookie(4294967301, 0x10, 3)')

    def test_64_bit_tasks_have_one_argument(self):
        self.assertEqual(self.text(17, 3, 16, 1, 2**32 + 64, flags=0), 'pread64(3, 0x10, 1, 4294967360)')
        self.assertEqual(self.text(285, 3, 1, 2**33, 3, flags=0),
                         'fallocate(3, FALLOC_FL_KEEP_SIZE, 8589934592, 3)')
        self.assertEqual(self.text(221, 3, 5, 16, 4, flags=0),
                         'fadvise64(3, 5, 16, POSIX_FADV_DONTNEED)')
        self.assertEqual(self.text(295, 3, 16, 1, 2**64 - 1, 7, flags=0), 'preadv(3, 0x10, 1, -1)')

    def test_pages_are_told_in_bytes(self):
        for page, text in (0, '0'), (0x1f, '0x1f000'), (0x80000000, '0x80000000000'):
            self.assertEqual(self.text(192, 0, 4096, 1, 2, 3, page),
                             f'mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, {text})')

    def test_a_half_that_is_not_there(self):
        self.assertEqual(self.text(180, 3, 16, 1, 64), 'pread64(3, 0x10, 1, 64)')
