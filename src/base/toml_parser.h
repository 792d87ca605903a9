/* What the files of the TOML reader share: the place in the text. Nobody else includes this. */
#ifndef ASSAY_BASE_TOML_PARSER_H
#define ASSAY_BASE_TOML_PARSER_H

#include "base/err.h"
#include "base/map.h"
#include "base/toml.h"
#include "base/vec.h"

struct toml_parser {
    struct arena *a;
    const char *at, *end;
    unsigned line;
    size_t values;
    VEC(struct map *) indexes;
};

static inline int toml_invalid(const struct toml_parser *p, const char *what)
{
    return err_set(ERR_INVALID, "TOML: line %u: %s", p->line, what);
}

static inline bool toml_left(const struct toml_parser *p, size_t n)
{
    return (size_t)(p->end - p->at) >= n;
}

/* The next byte, or 0 at the end; a NUL byte in the text is a control character and refused wherever it
 * stands. */
static inline char toml_peek(const struct toml_parser *p)
{
    return p->at < p->end ? *p->at : 0;
}

static inline bool toml_looking_at(const struct toml_parser *p, const char *what)
{
    size_t n = strlen(what);
    return toml_left(p, n) && memcmp(p->at, what, n) == 0;
}

static inline bool toml_take(struct toml_parser *p, const char *what)
{
    if (!toml_looking_at(p, what))
        return false;
    p->at += strlen(what);
    return true;
}

static inline void toml_skip_blanks(struct toml_parser *p)
{
    while (toml_peek(p) == ' ' || toml_peek(p) == '\t')
        p->at++;
}

/* The value of a hexadecimal digit, or -1. */
static inline int toml_hex_digit(char c)
{
    return is_digit(c)            ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* "Comment": control characters other than tab are not permitted. */
static inline bool toml_is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static inline bool toml_take_newline(struct toml_parser *p)
{
    if (!toml_take(p, "\n") && !toml_take(p, "\r\n"))
        return false;
    p->line++;
    return true;
}

/* A basic or literal string, several lines long only where allowed (toml_string.c). The text is in the arena
 * or in the document. */
int toml_read_string(struct toml_parser *p, bool multiline_allowed, struct str *ret_text);
/* A number, time or boolean (toml_word.c). */
int toml_read_word(struct toml_parser *p, struct toml *v);

#endif
