#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/time.h"

enum { TEXT_MAX = 2048, HEAD_MAX = 128, WIDEST = 6 /* "\u0001" */ };

static const char *const names[] = {"emergency", "alert",  "critical", "error",
                                    "warning",   "notice", "info",     "debug"};
static atomic_int level = LOG_INFO;
static atomic_bool json, journal;

void log_set(const struct log_options *options)
{
    level = options->level;
    json = options->json;
    journal = getenv("JOURNAL_STREAM") != NULL;
}

int log_level(const char *name)
{
    for (int i = LOG_ERR; i <= LOG_DEBUG; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

static void format_json(struct buf *b, int priority, const char *text)
{
    char time[TIME_TEXT];
    struct json_out o = {.to = b};
    json_begin_object(&o);
    json_member_str(&o, "time", str_from(time_format(time_now(), time)));
    json_member_str(&o, "level", str_from(names[priority]));
    json_member_str(&o, "message", str_from(text));
    json_end_object(&o);
}

/* What comes from elsewhere (paths, answers of other servers) must not look like lines of ours. */
static void add_visible(struct buf *b, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f)
            buf_printf(b, "\\x%02x", c);
        else
            buf_add_c(b, (char)c);
    }
}

static void format_text(struct buf *b, int priority, const char *text)
{
    char time[TIME_TEXT];
    if (journal)
        buf_printf(b, "<%d>", priority);
    else
        buf_printf(b, "%s %s: ", time_format(time_now(), time), names[priority]);
    add_visible(b, text);
}

void log_write(int priority, const char *text)
{
    _cleanup_(buf_free) struct buf b = buf_new(HEAD_MAX + WIDEST * strlen(text));
    if (priority < 0 || priority > level || priority > LOG_DEBUG)
        return;
    if (json)
        format_json(&b, priority, text);
    else
        format_text(&b, priority, text);
    /* One write a line, so that those of several threads do not mix. */
    buf_add_c(&b, '\n');
    for (size_t done = 0; done < b.n;) {
        ssize_t n = write(STDERR_FILENO, b.p + done, b.n - done);
        if (n <= 0)
            return;
        done += (size_t)n;
    }
}

void log_printf(int priority, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(priority, text);
}
