#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char text[1024] = "no error";

int err_set(int code, const char *format, ...)
{
    /* The arguments may point into the present text, so it is replaced only at the end. */
    char next[sizeof text];
    va_list args;
    va_start(args, format);
    vsnprintf(next, sizeof next, format, args);
    va_end(args);
    memcpy(text, next, sizeof text);
    return code;
}

int err_errno(const char *format, ...)
{
    int saved = errno;
    char what[sizeof text - 128];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(ERR_IO, "%s: %s", what, strerror(saved));
}

int err_context(int code, const char *format, ...)
{
    char what[sizeof text / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(code, "%s: %s", what, text);
}

const char *err_text(void)
{
    return text;
}

const char *err_name(int code)
{
    switch (code) {
    case ERR_INVALID:
        return "invalid";
    case ERR_LIMIT:
        return "limit";
    case ERR_IO:
        return "io";
    case ERR_MISSING:
        return "missing";
    case ERR_UNSUPPORTED:
        return "unsupported";
    case ERR_DENIED:
        return "denied";
    default:
        return "ok";
    }
}
