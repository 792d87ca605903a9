/* The log of a server: lines to standard error, as text or as JSON. Only programs log; libraries are given a
 * function. Nothing that is logged holds a secret: requests are named by what they ask for, keys by their
 * ids. */
#ifndef ASSAY_BASE_LOG_H
#define ASSAY_BASE_LOG_H

#include <stdbool.h>
#include <syslog.h>

struct log_options {
    int level; /* syslog's: what is less urgent is left out */
    bool json; /* {"time":"...","level":"info","message":"..."} */
};
/* At the start, and again when the options change. With $JOURNAL_STREAM text lines have the journal's
 * prefix "<6>" instead of the time. */
void log_set(const struct log_options *options);
void log_write(int priority, const char *text);
void log_printf(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "error", "warning", "notice", "info", "debug"; -1 for another word. */
int log_level(const char *name);

#endif
