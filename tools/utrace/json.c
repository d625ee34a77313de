// SPDX-License-Identifier: GPL-2.0
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "text.h"

/* How long a character is that begins here; 0: none does. By RFC 3629. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	/* What the second byte may be: no overlong forms, no surrogates. */
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		len = 2;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		len = 3;
		low = s[0] == 0xe0 ? 0xa0 : 0x80;
		high = s[0] == 0xed ? 0x9f : 0xbf;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		len = 4;
		low = s[0] == 0xf0 ? 0x90 : 0x80;
		high = s[0] == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (left < len || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

static bool is_utf8(const char *bytes, size_t len)
{
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = utf8_length((const unsigned char *)bytes + at, len - at);
		if (!n)
			return false;
	}
	return true;
}

void json_add_bytes(struct json_object *object, const char *key, const char *bytes, size_t len)
{
	struct text name = {}, hex = {};

	if (is_utf8(bytes, len)) {
		json_object_object_add(object, key, json_object_new_string_len(bytes, (int)len));
		return;
	}
	text_add(&name, "%s_hex%c", key, '\0');
	for (size_t i = 0; i < len; i++)
		text_add(&hex, "%02x", (unsigned char)bytes[i]);
	json_object_object_add(object, name.s, json_object_new_string_len(hex.s, (int)hex.len));
	text_free(&name);
	text_free(&hex);
}

void json_write(struct json_object *object, FILE *out)
{
	size_t len;
	const char *line = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	fwrite(line, 1, len, out);
	putc('\n', out);
	json_object_put(object);
}
