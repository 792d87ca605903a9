#include "report/text.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/buf.h"

bool text_locale_is_utf8(void)
{
    return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Decodes one character (RFC 3629). Returns its length, 0 when broken. */
static size_t decode(struct str s, uint32_t *ret_char)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *c = (const unsigned char *)s.p;
    size_t n = c[0] < 0x80 ? 1 : c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : c[0] < 0xf5 ? 4 : 0;
    if (!n || s.n < n)
        return 0;
    uint32_t value = n == 1 ? c[0] : c[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (c[i] & 0x3f);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *ret_char = value;
    return n;
}

/* Controls, and what turns or hides the text around it (Unicode's bidirectional controls, zero-width
 * characters, tags). */
static bool is_hostile(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xfffb) || c >= 0xe0000;
}

struct str text_clean(struct arena *a, struct str s, bool utf8)
{
    char *to = arena_alloc(a, s.n + 1);
    size_t n = 0;
    while (s.n) {
        uint32_t c = 0;
        size_t length = decode(s, &c);
        if (length && !is_hostile(c) && (utf8 || c < 0x80)) {
            memcpy(to + n, s.p, length);
            n += length;
        } else {
            to[n++] = length == 1 && (c == '\n' || c == '\t' || c == '\r') ? ' ' : '?';
        }
        s = str_slice(s, length ? length : 1, s.n);
    }
    return (struct str){to, n};
}

static int char_width(uint32_t c)
{
    int n = c < 0x80 ? 1 : wcwidth((wchar_t)c);
    return n < 0 ? 1 : n;
}

int text_width(struct str s)
{
    int width = 0;
    while (s.n) {
        uint32_t c = '?';
        size_t length = decode(s, &c);
        width += char_width(c);
        s = str_slice(s, length ? length : 1, s.n);
    }
    return width;
}

/* Bytes of the longest beginning of a clean text that takes at most `width` columns. */
static size_t head_bytes(struct str s, int width)
{
    size_t at = 0;
    while (at < s.n) {
        uint32_t c = '?';
        size_t length = decode(str_slice(s, at, s.n), &c);
        width -= char_width(c);
        if (width < 0)
            break;
        at += length ? length : 1;
    }
    return at;
}

/* The same from the end: where the longest ending begins. */
static size_t tail_start(struct str s, int width)
{
    size_t at = 0;
    for (int rest = text_width(s) - width; at < s.n && rest > 0;) {
        uint32_t c = '?';
        size_t length = decode(str_slice(s, at, s.n), &c);
        rest -= char_width(c);
        at += length ? length : 1;
    }
    return at;
}

struct str text_fit(struct arena *a, struct str s, int width, bool utf8)
{
    s = text_clean(a, s, utf8);
    if (width <= 0)
        return (struct str){NULL, 0};
    if (text_width(s) <= width)
        return s;
    const char *ellipsis = utf8 ? "\xe2\x80\xa6" : "~";
    return arena_printf(a, "%.*s%s", (int)head_bytes(s, width - 1), s.p, ellipsis);
}

struct str text_fit_middle(struct arena *a, struct str s, int width, bool utf8)
{
    s = text_clean(a, s, utf8);
    if (width < 4 || text_width(s) <= width)
        return text_fit(a, s, width, utf8);
    const char *ellipsis = utf8 ? "\xe2\x80\xa6" : "~";
    int head = (width - 1) / 3;
    struct str tail = str_slice(s, tail_start(s, width - 1 - head), s.n);
    return arena_printf(a, "%.*s%s%.*s", (int)head_bytes(s, head), s.p, ellipsis, STR_ARG(tail));
}

bool text_colour(FILE *to)
{
    const char *terminal = getenv("TERM");
    return isatty(fileno(to)) && !getenv("NO_COLOR") && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

int text_columns(FILE *to)
{
    struct winsize size;
    return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40 ? size.ws_col : 80;
}

static const char *const escapes[] = {
    [PLAIN] = "",        [BOLD] = "\x1b[1m",        [DIM] = "\x1b[2m",
    [RED] = "\x1b[31m",  [BOLD_RED] = "\x1b[1;31m", [YELLOW] = "\x1b[33m",
    [BLUE] = "\x1b[34m", [GREEN] = "\x1b[32m",
};

static void begin(struct page *p, enum colour colour)
{
    if (p->colour && colour != PLAIN)
        fputs(escapes[colour], p->to);
}

static void end(struct page *p, enum colour colour)
{
    if (p->colour && colour != PLAIN)
        fputs("\x1b[0m", p->to);
}

void page_print(struct page *p, enum colour colour, const char *format, ...)
{
    va_list args;
    begin(p, colour);
    va_start(args, format);
    vfprintf(p->to, format, args);
    va_end(args);
    end(p, colour);
}

void page_blank(struct page *p, int columns)
{
    if (columns > 0)
        fprintf(p->to, "%*s", columns, "");
}

int page_cell(struct page *p, enum colour colour, struct str s, int width)
{
    s = text_fit(p->arena, s, width < 0 ? -width : width, p->utf8);
    begin(p, colour);
    fwrite(s.p ? s.p : "", 1, s.n, p->to);
    end(p, colour);
    int used = text_width(s);
    if (width < 0)
        return used;
    page_blank(p, width - used);
    return width;
}

void page_rule(struct page *p)
{
    begin(p, DIM);
    for (int i = 0; i < p->columns; i++)
        fputs(p->utf8 ? "\xe2\x94\x80" : "-", p->to);
    end(p, DIM);
    fputc('\n', p->to);
}

const char *page_arrow(const struct page *p)
{
    return p->utf8 ? "\xe2\x86\x92" : "->";
}

const char *page_dot(const struct page *p)
{
    return p->utf8 ? "\xc2\xb7" : "|";
}

const char *page_branch(const struct page *p, bool last)
{
    if (!p->utf8)
        return last ? "`-" : "|-";
    return last ? "\xe2\x94\x94\xe2\x94\x80" : "\xe2\x94\x9c\xe2\x94\x80";
}

struct str text_count(struct arena *a, uint64_t n)
{
    struct str digits = arena_printf(a, "%llu", (unsigned long long)n);
    char *to = arena_alloc(a, digits.n * 2);
    size_t used = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (i && (digits.n - i) % 3 == 0)
            to[used++] = ',';
        to[used++] = digits.p[i];
    }
    return (struct str){to, used};
}
