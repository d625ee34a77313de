// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <zstd.h>

#include "pack.h"

bool pack_open(struct packer *p, int level)
{
	p->context = ZSTD_createCCtx();
	/* With a checksum, damage is found where it is, not where it shows. */
	return p->context &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(p->context, ZSTD_c_compressionLevel, level)) &&
	       !ZSTD_isError(ZSTD_CCtx_setParameter(p->context, ZSTD_c_checksumFlag, 1));
}

size_t pack(struct packer *p, const void *data, size_t bytes)
{
	size_t room = ZSTD_compressBound(bytes), size;

	if (room > p->room) {
		free(p->frame);
		p->frame = malloc(room);
		p->room = p->frame ? room : 0;
	}
	if (!p->frame)
		return 0;
	size = ZSTD_compress2(p->context, p->frame, p->room, data, bytes);
	return ZSTD_isError(size) ? 0 : size;
}

void pack_close(struct packer *p)
{
	ZSTD_freeCCtx(p->context);
	free(p->frame);
	*p = (struct packer){};
}

bool unpack(struct unpacker *u, const void *frame, size_t bytes, size_t limit)
{
	size_t size = ZSTD_findFrameCompressedSize(frame, bytes);
	unsigned long long content;

	if (ZSTD_isError(size))
		return false;
	content = ZSTD_getFrameContentSize(frame, size);
	/* Not known and no frame at all are the largest numbers. */
	if (content > limit)
		return false;
	if (content > u->room) {
		free(u->data);
		u->data = malloc((size_t)content);
		u->room = u->data ? (size_t)content : 0;
		if (!u->data)
			return false;
	}
	u->bytes = ZSTD_decompress(u->data, u->room, frame, size);
	if (!ZSTD_isError(u->bytes))
		return true;
	u->bytes = 0;
	return false;
}

void unpack_free(struct unpacker *u)
{
	free(u->data);
	*u = (struct unpacker){};
}
