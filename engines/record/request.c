// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: what the last argument of ioctl(2) and fcntl(2) points to.
 */
#include <linux/compat.h>
#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/ioctl.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include "record.h"

#define READS(bytes)		((struct record_request){ .in = (bytes) })
#define WRITES(bytes)		((struct record_request){ .out = (bytes) })
#define CHANGES(bytes)		((struct record_request){ .in = (bytes), .out = (bytes) })

/* Of terminals and sockets: from before there was anything in a number. */
static bool find_plain(u32 request, bool compat, struct record_request *what)
{
	switch (request) {
	case TCGETS:
		*what = WRITES(sizeof(struct termios));
		return true;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		*what = READS(sizeof(struct termios));
		return true;
	case TCGETA:
		*what = WRITES(sizeof(struct termio));
		return true;
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		*what = READS(sizeof(struct termio));
		return true;
	case TIOCGWINSZ:
		*what = WRITES(sizeof(struct winsize));
		return true;
	case TIOCSWINSZ:
		*what = READS(sizeof(struct winsize));
		return true;
	case TIOCSTI:
		*what = READS(1);
		return true;
	case TIOCGPGRP:
	case TIOCGSID:
	case TIOCOUTQ:
	case TIOCMGET:
	case TIOCGSOFTCAR:
	case TIOCGETD:
	case FIONREAD:
	case FIOGETOWN:
	case SIOCGPGRP:
	case SIOCATMARK:
		*what = WRITES(sizeof(int));
		return true;
	case TIOCSPGRP:
	case TIOCMBIS:
	case TIOCMBIC:
	case TIOCMSET:
	case TIOCSSOFTCAR:
	case TIOCPKT:
	case TIOCSETD:
	case FIONBIO:
	case FIOASYNC:
	case FIOSETOWN:
	case SIOCSPGRP:
		*what = READS(sizeof(int));
		return true;
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFMETRIC:
	case SIOCGIFMTU:
	case SIOCGIFTXQLEN:
		*what = CHANGES(compat ? sizeof(struct compat_ifreq) : sizeof(struct ifreq));
		return true;
	default:
		return false;
	}
}

/**
 * record_ioctl_request() - what there is to take of an ioctl()
 * @request: Its second argument.
 * @compat: The call came through the 32-bit entry.
 */
struct record_request record_ioctl_request(u32 request, bool compat)
{
	struct record_request what = {};

	if (find_plain(request, compat, &what))
		return what;
	/* Others tell themselves, from the program's side. */
	if (_IOC_DIR(request) & _IOC_WRITE)
		what.in = _IOC_SIZE(request);
	if (_IOC_DIR(request) & _IOC_READ)
		what.out = _IOC_SIZE(request);
	return what;
}

/**
 * record_fcntl_request() - what there is to take of an fcntl()
 * @request: Its second argument.
 * @compat: The call came through the 32-bit entry.
 */
struct record_request record_fcntl_request(u32 request, bool compat)
{
	u32 lock = compat ? sizeof(struct compat_flock) : sizeof(struct flock);
	u32 lock64 = compat ? sizeof(struct compat_flock64) : sizeof(struct flock);

	switch (request) {
	case F_GETLK:
		return WRITES(lock);
	case F_SETLK:
	case F_SETLKW:
		return READS(lock);
	case F_GETLK64:
	case F_OFD_GETLK:
		return WRITES(lock64);
	case F_SETLK64:
	case F_SETLKW64:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return READS(lock64);
	case F_GETOWN_EX:
		return WRITES(sizeof(struct f_owner_ex));
	case F_SETOWN_EX:
		return READS(sizeof(struct f_owner_ex));
	default:
		return (struct record_request){};
	}
}
