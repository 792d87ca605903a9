/* What pip is told to install: requirements.txt and its kin
 * (https://pip.pypa.io/en/stable/reference/requirements-file-format/). Files named by -r and -c are files of
 * their own and not followed. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/pypi.h"

enum { REQUIREMENTS_CAP = 4 << 20 };

static void add_utf8(struct buf *to, uint32_t c)
{
    if (c < 0x80) {
        buf_add_c(to, (char)c);
    } else if (c < 0x800) {
        buf_add_c(to, (char)(0xc0 | c >> 6));
        buf_add_c(to, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_add(to, "\xef\xbf\xbd", 3); /* none of these can be part of a name or version */
    }
}

/* pip honours the byte order marks of UTF-8 and UTF-16; editors on Windows write both. */
static struct str decode(struct str text, struct buf *to)
{
    if (str_starts(text, STR("\xef\xbb\xbf")))
        return str_slice(text, 3, text.n);
    bool little = str_starts(text, STR("\xff\xfe"));
    if (!little && !str_starts(text, STR("\xfe\xff")))
        return text;
    for (size_t i = 2; i + 1 < text.n; i += 2) {
        unsigned char low = (unsigned char)text.p[little ? i : i + 1],
                      high = (unsigned char)text.p[little ? i + 1 : i];
        add_utf8(to, (uint32_t)high << 8 | low);
    }
    return buf_str(to);
}

/* The next line with its continuations; *n counts the lines of the file. */
static bool next_line(struct str *rest, struct buf *line, unsigned *n)
{
    struct str part;
    bool any = false, more = true;
    line->n = 0;
    while (more && str_next(rest, '\n', &part)) {
        any = true;
        ++*n;
        part = str_ends(part, STR("\r")) ? str_slice(part, 0, part.n - 1) : part;
        more = str_ends(part, STR("\\"));
        buf_add(line, part.p, part.n - (more ? 1 : 0));
    }
    return any;
}

/* A comment begins a line or follows a blank; behind a version it may stand without one, in a URL it may not.
 */
static struct str without_comment(struct str line)
{
    bool url = str_find_str(line, STR("://")) >= 0;
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] == '#' && (i == 0 || !url || is_blank(line.p[i - 1])))
            return str_slice(line, 0, i);
    return line;
}

/* Options of one requirement ("--hash=...", "-C ...") follow it after a blank. */
static struct str without_options(struct str line)
{
    for (size_t i = 1; i < line.n; i++)
        if (line.p[i] == '-' && is_blank(line.p[i - 1]))
            return str_slice(line, 0, i);
    return line;
}

/* "git+https://host/x@v1#egg=name": the name is all it says, unless it is a wheel. A path is the project's
 * own. */
static int read_place(struct inventory *inv, const struct view_file *file, struct str place)
{
    struct package p = {.manager = PM_PIP};
    struct str url = place, fragment = {NULL, 0}, rest;
    str_cut(place, '#', &url, &fragment);
    if (pypi_wheel_name(url, &p))
        return pypi_add(inv, file, p);
    if (!str_starts(fragment, STR("egg=")))
        return 0;
    p.name = str_slice(fragment, 4, fragment.n);
    str_cut(p.name, '&', &p.name, &rest);
    str_cut(p.name, '[', &p.name, &rest);
    return pypi_add(inv, file, p);
}

static bool is_place(struct str line)
{
    ptrdiff_t scheme = str_find_str(line, STR("://")), at = str_find(line, '@');
    return (scheme >= 0 && (at < 0 || at > scheme)) || str_starts(line, STR(".")) ||
           str_starts(line, STR("/"));
}

static int read_line(struct inventory *inv, const struct view_file *file, struct str line, unsigned n)
{
    struct package p = {.manager = PM_PIP};
    line = str_trim(without_comment(line));
    if (str_starts(line, STR("-e ")) || str_starts(line, STR("--editable")))
        return read_place(inv, file, str_trim(str_slice(line, line.p[1] == '-' ? 10 : 3, line.n)));
    if (!line.n || line.p[0] == '-')
        return 0;
    line = str_trim(without_options(line));
    if (is_place(line))
        return read_place(inv, file, line);
    if (!pypi_requirement(line, &p))
        return err_set(ERR_INVALID, "line %u is not a requirement", n);
    return pypi_add(inv, file, p);
}

static int requirements_read(struct inventory *inv, struct view_file *file)
{
    struct str text;
    int status = view_file_content(file, REQUIREMENTS_CAP, &text);
    if (status < 0)
        return status;
    _cleanup_(buf_free) struct buf decoded = buf_new(2 * (size_t)REQUIREMENTS_CAP);
    _cleanup_(buf_free) struct buf line = buf_new(REQUIREMENTS_CAP);
    text = decode(text, &decoded);
    if (text.n && memchr(text.p, 0, text.n))
        return err_set(ERR_INVALID, "not a text file");
    for (unsigned n = 0; next_line(&text, &line, &n);) {
        int one = read_line(inv, file, buf_str(&line), n);
        status = status < 0 ? status : one;
    }
    return status;
}

const struct ecosystem ecosystem_requirements = {
    .name = "requirements",
    .help = "what pip is told to install: requirements*.txt, requirements/*.txt",
    .patterns =
        (const char *const[]){"**/requirements*.txt", "**/*-requirements.txt", "**/*_requirements.txt",
                              "**/*.requirements.txt", "**/requirements/*.txt", NULL},
    .read = requirements_read,
};
