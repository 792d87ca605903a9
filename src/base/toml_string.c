/* TOML strings ("String" of the specification). */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/toml_parser.h"

static int unicode_escape(struct toml_parser *p, unsigned digits, struct buf *to)
{
    uint32_t c = 0;
    if (!toml_left(p, digits))
        return toml_invalid(p, "escape cut off");
    for (unsigned i = 0; i < digits; i++) {
        int value = toml_hex_digit(*p->at++);
        if (value < 0)
            return toml_invalid(p, "escape without hexadecimal digits");
        c = c << 4 | (uint32_t)value;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return toml_invalid(p, "escape is no Unicode scalar value");
    if (c < 0x80)
        return buf_add_c(to, (char)c);
    char bytes[4];
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)((0xf00u >> n & 0xf0) | c);
    return buf_add(to, bytes, n);
}

/* "When the last non-whitespace character on a line is an unescaped \, it will be trimmed along with all
 * whitespace (including newlines) up to the next non-whitespace character or closing delimiter." */
static bool line_ending_backslash(struct toml_parser *p)
{
    const char *start = p->at;
    toml_skip_blanks(p);
    if (!toml_take_newline(p)) {
        p->at = start;
        return false;
    }
    do
        toml_skip_blanks(p);
    while (toml_take_newline(p));
    return true;
}

static int escape(struct toml_parser *p, bool multiline, struct buf *to)
{
    static const char from[] = "btnfr\"\\", into[] = "\b\t\n\f\r\"\\";
    if (multiline && line_ending_backslash(p))
        return 0;
    char c = toml_peek(p);
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        p->at++;
        return buf_add_c(to, into[known - from]);
    }
    if (toml_take(p, "u"))
        return unicode_escape(p, 4, to);
    if (toml_take(p, "U"))
        return unicode_escape(p, 8, to);
    return toml_invalid(p, "unknown escape");
}

/* One character of a string that is no delimiter, escape or line end. */
static int plain_character(struct toml_parser *p, struct buf *to)
{
    size_t n = utf8_length((struct str){p->at, (size_t)(p->end - p->at)});
    if (toml_is_control(*p->at))
        return toml_invalid(p, "control character in a string");
    if (!n)
        return toml_invalid(p, "not UTF-8");
    p->at += n;
    return buf_add(to, p->at - n, n);
}

/* The rest of a string whose opening is taken. A multi-line string may end in one or two quotes of its own.
 */
static int string_body(struct toml_parser *p, char quote, bool multiline, struct buf *to)
{
    for (int status = 0; status == 0;) {
        size_t quotes = 0;
        while (quotes < (multiline ? 5u : 1u) && toml_left(p, quotes + 1) && p->at[quotes] == quote)
            quotes++;
        if (quotes >= (multiline ? 3u : 1u)) {
            p->at += quotes;
            return multiline ? buf_add(to, quote == '"' ? "\"\"" : "''", quotes - 3) : 0;
        }
        const char *before = p->at;
        if (p->at == p->end)
            return toml_invalid(p, "string without an end");
        if (quote == '"' && toml_take(p, "\\"))
            status = escape(p, multiline, to);
        else if (multiline && toml_take_newline(p))
            status = buf_add(to, before, (size_t)(p->at - before));
        else
            status = plain_character(p, to);
        if (status < 0)
            return status;
    }
    return 0;
}

/* The common case, a string of one line without escapes, is a slice of the text; false when it is another. */
static bool simple_string(struct toml_parser *p, char quote, struct str *ret_text)
{
    const char *c = p->at;
    while (c < p->end && *c != quote && *c != '\\' && (unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f)
        c++;
    if (c == p->end || *c != quote)
        return false;
    *ret_text = (struct str){p->at, (size_t)(c - p->at)};
    p->at = c + 1;
    return true;
}

int toml_read_string(struct toml_parser *p, bool multiline_allowed, struct str *ret_text)
{
    char quote = *p->at++;
    bool multiline = multiline_allowed && toml_left(p, 2) && p->at[0] == quote && p->at[1] == quote;
    if (!multiline && simple_string(p, quote, ret_text))
        return 0;
    if (multiline) {
        p->at += 2;
        toml_take_newline(p); /* "A newline immediately following the opening delimiter will be trimmed." */
    }
    _cleanup_(buf_free) struct buf b = buf_new((size_t)(p->end - p->at) + 1);
    int status = string_body(p, quote, multiline, &b);
    if (status == 0)
        *ret_text = arena_str(p->a, buf_str(&b));
    return status;
}
