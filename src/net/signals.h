/*
 * signals.h - signals as readable data (signalfd(2)).
 */
#ifndef NET_SIGNALS_H
#define NET_SIGNALS_H

/*
 * Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE and SIGXFSZ, and returns a
 * non-blocking descriptor that tells of the three; works as PID 1 too. -1 with
 * errno.
 */
int signals_open(void);

/* The next signal's number, or 0 if there is none. */
int signals_read(int fd);

#endif
