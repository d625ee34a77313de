// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <linux/netlink.h>

#include "args.h"
#include "message.h"
#include "structs.h"

void print_quoted_piece(struct text *t, const struct piece *p)
{
	text_add_quoted(t, (const char *)p->bytes, p->len);
	if (p->flags & UTRACE_RECORD_DATA_TRUNCATED)
		text_add_string(t, "...");
}

/* ---- Addresses ---- */

static void print_unix(struct text *t, const char *path, size_t len)
{
	if (!len)
		return;
	text_add_string(t, ", sun_path=");
	if (*path) {
		text_add_quoted(t, path, strnlen(path, len));
	} else {
		text_add_string(t, "@");
		text_add_quoted(t, path + 1, len - 1);
	}
}

static bool print_inet(struct text *t, const unsigned char *bytes, size_t len)
{
	struct sockaddr_in in;
	char address[INET_ADDRSTRLEN];

	if (len < sizeof(in))
		return false;
	memcpy(&in, bytes, sizeof(in));
	inet_ntop(AF_INET, &in.sin_addr, address, sizeof(address));
	text_add(t, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(in.sin_port), address);
	return true;
}

static bool print_inet6(struct text *t, const unsigned char *bytes, size_t len)
{
	struct sockaddr_in6 in6 = {};
	char address[INET6_ADDRSTRLEN];

	if (len < offsetof(struct sockaddr_in6, sin6_scope_id))
		return false;
	memcpy(&in6, bytes, len < sizeof(in6) ? len : sizeof(in6));
	inet_ntop(AF_INET6, &in6.sin6_addr, address, sizeof(address));
	text_add(t, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u)", ntohs(in6.sin6_port),
		 ntohl(in6.sin6_flowinfo));
	text_add(t, ", inet_pton(AF_INET6, \"%s\", &sin6_addr)", address);
	if (len >= sizeof(in6))
		text_add(t, ", sin6_scope_id=%u", in6.sin6_scope_id);
	return true;
}

static bool print_netlink(struct text *t, const unsigned char *bytes, size_t len)
{
	struct sockaddr_nl nl;

	if (len < sizeof(nl))
		return false;
	memcpy(&nl, bytes, sizeof(nl));
	text_add(t, ", nl_pid=%u, nl_groups=%#08x", nl.nl_pid, nl.nl_groups);
	return true;
}

bool print_sockaddr(struct text *t, const unsigned char *bytes, size_t len)
{
	const size_t head = sizeof(sa_family_t);
	sa_family_t family;
	bool known = false;

	if (len < head)
		return false;
	memcpy(&family, bytes, head);
	text_add_string(t, "{sa_family=");
	constants_print(t, SET_family, family);
	switch (family) {
	case AF_UNIX:
		print_unix(t, (const char *)bytes + head, len - head);
		known = true;
		break;
	case AF_INET:
		known = print_inet(t, bytes, len);
		break;
	case AF_INET6:
		known = print_inet6(t, bytes, len);
		break;
	case AF_NETLINK:
		known = print_netlink(t, bytes, len);
		break;
	}
	if (!known && len > head) {
		text_add_string(t, ", sa_data=");
		text_add_quoted(t, (const char *)bytes + head, len - head);
	}
	text_add_string(t, "}");
	return true;
}

/* ---- Vectors ---- */

static bool find_buffer(const struct record *r, const struct piece *array, bool out, size_t index,
			struct piece *buffer)
{
	*buffer = (struct piece){};
	while (record_next_piece(r, buffer))
		if (buffer->arg == array->arg && buffer->kind == UTRACE_RECORD_BUFFER &&
		    buffer->index == index && !(buffer->flags & UTRACE_RECORD_DATA_OUT) == !out)
			return !(buffer->flags & UTRACE_RECORD_DATA_FAULT);
	return false;
}

bool print_iovec(struct text *t, const struct record *r, const struct piece *array, bool out)
{
	struct memory m = { .bytes = array->bytes, .len = array->len };
	size_t word = r->compat ? 4 : 8;

	text_add_string(t, "[");
	for (size_t i = 0; (i + 1) * 2 * word <= array->len; i++) {
		struct piece buffer;

		text_add_string(t, i ? ", {iov_base=" : "{iov_base=");
		if (find_buffer(r, array, out, i, &buffer))
			print_quoted_piece(t, &buffer);
		else
			arg_print(t, ARG_POINTER, memory_get(&m, i * 2 * word, word), false);
		text_add(t, ", iov_len=%llu}",
			 (unsigned long long)memory_get(&m, (i * 2 + 1) * word, word));
	}
	if (array->flags & UTRACE_RECORD_DATA_TRUNCATED)
		text_add_string(t, ", ...");
	text_add_string(t, "]");
	return true;
}

/* ---- Messages ---- */

static void print_control_data(struct text *t, const struct memory *m, unsigned int type)
{
	if (type == SCM_CREDENTIALS && m->len >= 12) {
		text_add(t, "{pid=%d, uid=%u, gid=%u}", (int)memory_get(m, 0, 4),
			 (unsigned int)memory_get(m, 4, 4), (unsigned int)memory_get(m, 8, 4));
		return;
	}
	text_add_string(t, "[");
	for (size_t at = 0; at + 4 <= m->len; at += 4)
		text_add(t, at ? ", %d" : "%d", (int)memory_get(m, at, 4));
	text_add_string(t, "]");
}

static void print_control_type(struct text *t, unsigned int level, unsigned int type)
{
	const char *name = constants_name(SET_sol, level);

	/* As a level of an option, strace calls it SOL_??. */
	if (name)
		text_add(t, ", cmsg_level=%s", name);
	else
		text_add(t, ", cmsg_level=%#x /* SOL_??? */", level);
	text_add_string(t, ", cmsg_type=");
	if (level == SOL_SOCKET)
		constants_print(t, SET_scm, type);
	else if (level == IPPROTO_IP)
		constants_print(t, SET_soip, type);
	else
		text_add(t, "%#x", type);
}

static void print_control(struct text *t, const struct record *r, const struct piece *control)
{
	struct memory m = { .bytes = control->bytes, .len = control->len };
	size_t word = r->compat ? 4 : 8, head = word + 8, at = 0;

	text_add_string(t, "[");
	while (at + head <= m.len) {
		uint64_t len = memory_get(&m, at, word);
		unsigned int level = (unsigned int)memory_get(&m, at + word, 4);
		unsigned int type = (unsigned int)memory_get(&m, at + word + 4, 4);
		struct memory data = m;

		if (at)
			text_add_string(t, ", ");
		text_add(t, "{cmsg_len=%llu", (unsigned long long)len);
		print_control_type(t, level, type);
		if (len < head || len > m.len - at) {
			text_add_string(t, "}");
			break;
		}
		data.bytes += at + head;
		data.len = (size_t)len - head;
		if (data.len) {
			text_add_string(t, ", cmsg_data=");
			if (level == SOL_SOCKET && (type == SCM_RIGHTS || type == SCM_CREDENTIALS))
				print_control_data(t, &data, type);
			else
				text_add_quoted(t, (const char *)data.bytes, data.len);
		}
		text_add_string(t, "}");
		at += ((size_t)len + word - 1) & ~(word - 1);
	}
	text_add_string(t, "]");
}

static void print_part(struct text *t, const struct record *r, const struct piece *message,
		       unsigned int kind, uint64_t address)
{
	bool out = message->flags & UTRACE_RECORD_DATA_OUT;
	struct piece part;

	if (record_find_piece(r, message->arg, kind, out, &part) &&
	    !(part.flags & UTRACE_RECORD_DATA_FAULT)) {
		if (kind == UTRACE_RECORD_CONTROL) {
			print_control(t, r, &part);
			return;
		}
		if (kind == UTRACE_RECORD_IOVEC ? print_iovec(t, r, &part, out) :
						  print_sockaddr(t, part.bytes, part.len))
			return;
	}
	arg_print(t, ARG_POINTER, address, false);
}

bool print_msghdr(struct text *t, const struct record *r, const struct piece *piece)
{
	struct memory m = { .bytes = piece->bytes, .len = piece->len };
	size_t word = r->compat ? 4 : 8;
	struct piece asked;
	uint64_t control_len;
	unsigned int name_len, asked_len;

	if (piece->len < 7 * word)
		return false;
	name_len = (unsigned int)memory_get(&m, word, 4);
	/* Nothing was received: there is only what was asked for. */
	if (!(piece->flags & UTRACE_RECORD_DATA_OUT) &&
	    !record_find_piece(r, piece->arg, UTRACE_RECORD_IOVEC, false, &asked) &&
	    memory_get(&m, 2 * word, word)) {
		text_add(t, "{msg_namelen=%u}", name_len);
		return true;
	}
	text_add_string(t, "{msg_name=");
	print_part(t, r, piece, UTRACE_RECORD_SOCKADDR, memory_get(&m, 0, word));
	asked_len = name_len;
	if (piece->flags & UTRACE_RECORD_DATA_OUT &&
	    record_find_piece(r, piece->arg, UTRACE_RECORD_MSGHDR, false, &asked)) {
		struct memory before = { .bytes = asked.bytes, .len = asked.len };

		asked_len = (unsigned int)memory_get(&before, word, 4);
	}
	if (asked_len != name_len)
		text_add(t, ", msg_namelen=%u => %u", asked_len, name_len);
	else
		text_add(t, ", msg_namelen=%u", name_len);
	text_add_string(t, ", msg_iov=");
	print_part(t, r, piece, UTRACE_RECORD_IOVEC, memory_get(&m, 2 * word, word));
	text_add(t, ", msg_iovlen=%llu", (unsigned long long)memory_get(&m, 3 * word, word));
	control_len = memory_get(&m, 5 * word, word);
	if (control_len) {
		text_add_string(t, ", msg_control=");
		print_part(t, r, piece, UTRACE_RECORD_CONTROL, memory_get(&m, 4 * word, word));
	}
	text_add(t, ", msg_controllen=%llu, msg_flags=", (unsigned long long)control_len);
	constants_print(t, SET_msg, memory_get(&m, 6 * word, 4));
	text_add_string(t, "}");
	return true;
}
