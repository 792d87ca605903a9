/* Errors: a negative code and one thread-local text.
 *
 * A function that can fail returns 0 or one of the codes below. The text is set once, where the fault is
 * found, and says what went wrong, with what, and where. Callers pass the code on; they may prepend their own
 * context with err_context(). Libraries never log or exit. Outputs named ret_* are untouched on failure.
 */
#ifndef ASSAY_BASE_ERR_H
#define ASSAY_BASE_ERR_H

enum err_code {
    ERR_INVALID = -1,     /* the input is not what it claims to be, or does not parse */
    ERR_LIMIT = -2,       /* a cap on size, depth, count, ratio or time was reached; the text names it */
    ERR_IO = -3,          /* the system or the network failed */
    ERR_MISSING = -4,     /* what was asked for is not there */
    ERR_UNSUPPORTED = -5, /* recognised, but not handled */
    ERR_DENIED = -6,      /* the other side does not let us */
};

/* Sets this thread's error text and returns `code`, so that `return err_set(ERR_INVALID, "...")` reads well.
 */
int err_set(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* As err_set() with ERR_IO, followed by ": " and the text of errno. */
int err_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Puts "context: " before the present text and returns `code`. */
int err_context(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text of the last error of this thread; never NULL. Valid until the next error of the thread. */
const char *err_text(void);

/* One word for a code: "invalid", "limit", "io", "missing", "unsupported", "denied". */
const char *err_name(int code);

#endif
