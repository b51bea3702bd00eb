/* date.h - seconds since 1970 as a calendar date, in UTC. */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Broken-down UTC time, proleptic Gregorian. */
struct date {
	int64_t year;
	unsigned month, day; /* 1..12, 1..31 */
	unsigned hour, minute, second;
	unsigned weekday; /* 0 is Sunday */
};

/* English month names, three letters each, January first. */
#define DATE_MONTHS "JanFebMarAprMayJunJulAugSepOctNovDec"

/* Seconds since 1970 in UTC, broken down; no leap seconds, no libc. */
struct date date_split(int64_t seconds);

/* Appends the HTTP form "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). */
void date_http(struct buf *b, int64_t seconds);

/*
 * Reads an HTTP-date in one of its three forms (RFC 9110, 5.6.7), case and
 * spaces exactly as they stand there; only the name of the day need not be the
 * right one. now, in seconds since 1970 too, tells the century of a year with
 * two digits. False if it is none; one before 1970 is negative.
 */
bool date_http_parse(struct span s, int64_t now, int64_t *seconds);

/*
 * Appends RFC 3339 with microseconds, "2026-11-23T08:46:18.966048Z", of ns
 * since 1970.
 */
void date_rfc3339(struct buf *b, uint64_t ns);

/* Its parts: what stays for a whole second, up to the dot; the six digits of
 * microseconds, of the ns since then; and a Z. */
void date_rfc3339_second(struct buf *b, uint64_t second);
void date_rfc3339_micros(struct buf *b, uint64_t ns);

#endif
