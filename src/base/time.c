#include "base/time.h"

#include <stdio.h>
#include <time.h>

#include "base/err.h"

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Reads exactly `digits` digits at *at and moves on. */
static bool number(struct str s, size_t *at, int digits, int64_t *ret)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (*at >= s.n || !is_digit(s.p[*at]))
            return false;
        value = value * 10 + (s.p[*at] - '0');
    }
    *ret = value;
    return true;
}

static bool skip(struct str s, size_t *at, char c)
{
    if (*at >= s.n || s.p[*at] != c)
        return false;
    (*at)++;
    return true;
}

static bool parse_date(struct str s, size_t *at, int64_t *ret_days)
{
    static const int length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t y, m, d;
    if (!number(s, at, 4, &y) || !skip(s, at, '-') || !number(s, at, 2, &m) || !skip(s, at, '-') ||
        !number(s, at, 2, &d))
        return false;
    if (y < 1970 || m < 1 || m > 12 || d < 1 || d > length[m - 1])
        return false;
    *ret_days = days_of(y, m, d);
    return true;
}

static bool parse_offset(struct str s, size_t *at, int64_t *ret_seconds)
{
    *ret_seconds = 0;
    if (*at == s.n || skip(s, at, 'Z') || skip(s, at, 'z'))
        return true;
    int64_t sign = skip(s, at, '-') ? -1 : skip(s, at, '+') ? 1 : 0, h, m;
    if (!sign || !number(s, at, 2, &h))
        return false;
    skip(s, at, ':');
    if (!number(s, at, 2, &m) || h > 23 || m > 59)
        return false;
    *ret_seconds = sign * (h * 3600 + m * 60);
    return true;
}

static bool parse_clock(struct str s, size_t *at, int64_t *ret_seconds)
{
    int64_t h, m, sec = 0, offset;
    if (!number(s, at, 2, &h) || !skip(s, at, ':') || !number(s, at, 2, &m))
        return false;
    if (skip(s, at, ':') && !number(s, at, 2, &sec))
        return false;
    if (skip(s, at, '.'))
        while (*at < s.n && is_digit(s.p[*at]))
            (*at)++;
    if (h > 23 || m > 59 || sec > 60 || !parse_offset(s, at, &offset))
        return false;
    *ret_seconds = h * 3600 + m * 60 + sec - offset;
    return true;
}

int time_parse(struct str s, int64_t *ret_time)
{
    size_t at = 0;
    int64_t days, seconds = 0;
    bool good = parse_date(s, &at, &days);
    if (good && at < s.n) {
        good = skip(s, &at, 'T') || skip(s, &at, 't') || skip(s, &at, ' ');
        good = good && parse_clock(s, &at, &seconds) && at == s.n;
    }
    if (!good)
        return err_set(ERR_INVALID, "not a date: '%.*s'", STR_ARG(s));
    *ret_time = days * 86400 + seconds;
    return 0;
}

int64_t time_parse_or_none(struct str s)
{
    int64_t t = TIME_NONE;
    return time_parse(s, &t) < 0 ? TIME_NONE : t;
}

const char *time_format(int64_t time, char ret_text[TIME_TEXT])
{
    time_t t = (time_t)time;
    struct tm tm;
    ret_text[0] = 0;
    if (time != TIME_NONE && gmtime_r(&t, &tm))
        strftime(ret_text, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return ret_text;
}

int64_t time_now(void)
{
    return (int64_t)time(NULL);
}

uint64_t time_monotonic_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
