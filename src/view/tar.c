#include "view/tar.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"

enum { RECORD = 512, EXTENDED_MAX = 1 << 20, EXTENDED_IN_ROW = 64 };

/* Fields of the header: offset and length. */
#define NAME     0, 100
#define MODE     100, 8
#define SIZE     124, 12
#define CHECKSUM 148, 8
#define TYPE     156
#define LINK     157, 100
#define MAGIC    257
#define PREFIX   345, 155
enum { GNU_SPARSE_MORE = 482, GNU_SPARSE_NEXT_MORE = 504 };

struct tar {
    struct tar_source source;
    const unsigned char *p; /* what is left of the present piece */
    size_t n;
    uint64_t offset;     /* in the archive, of p */
    uint64_t data, fill; /* left of the entry: data, and what fills its last record */
    unsigned char header[RECORD];
    struct buf path, link, extended;
    bool has_path, has_link, has_size, sparse; /* set by extended headers, for the next entry */
    uint64_t size;
};

struct tar *tar_open(const struct tar_source *source)
{
    struct tar *t = mem_alloc(sizeof *t);
    t->source = *source;
    t->path = buf_new(EXTENDED_MAX);
    t->link = buf_new(EXTENDED_MAX);
    t->extended = buf_new(EXTENDED_MAX);
    return t;
}

void tar_free(struct tar *t)
{
    if (!t)
        return;
    buf_free(&t->path);
    buf_free(&t->link);
    buf_free(&t->extended);
    free(t);
}

static int refill(struct tar *t)
{
    return t->n ? 0 : t->source.next(t->source.ctx, &t->p, &t->n);
}

static void advance(struct tar *t, size_t n)
{
    t->p += n;
    t->n -= n;
    t->offset += n;
}

static int cut_short(const struct tar *t)
{
    return err_set(ERR_INVALID, "tar: cut short at byte %llu", (unsigned long long)t->offset);
}

static int skip(struct tar *t, uint64_t left)
{
    while (left) {
        if (!t->n && t->source.skip) {
            t->offset += left;
            return t->source.skip(t->source.ctx, left);
        }
        int status = refill(t);
        if (status < 0)
            return status;
        if (!t->n)
            return cut_short(t);
        size_t part = left < t->n ? (size_t)left : t->n;
        advance(t, part);
        left -= part;
    }
    return 0;
}

/* Fills t->header. 0 at the end of the archive. */
static int read_record(struct tar *t)
{
    size_t have = 0;
    while (have < RECORD) {
        int status = refill(t);
        if (status < 0)
            return status;
        if (!t->n)
            return have ? cut_short(t) : 0;
        size_t part = RECORD - have < t->n ? RECORD - have : t->n;
        memcpy(t->header + have, t->p, part);
        advance(t, part);
        have += part;
    }
    return 1;
}

/* Octal digits with blanks around them, or GNU's base 256 with the highest bit set. */
static int number(const struct tar *t, size_t at, size_t n, uint64_t *ret)
{
    const unsigned char *p = t->header + at, *end = p + n;
    uint64_t value = 0;
    if (*p & 0x80) {
        value = *p++ & 0x7f;
        for (; p < end; p++) {
            if (value >> 55)
                return err_set(ERR_INVALID, "tar: a number out of range before byte %llu",
                               (unsigned long long)t->offset);
            value = value << 8 | *p;
        }
        *ret = value;
        return 0;
    }
    while (p < end && *p == ' ')
        p++;
    for (; p < end && *p >= '0' && *p <= '7'; p++)
        value = value << 3 | (unsigned)(*p - '0');
    if (p < end && *p && *p != ' ')
        return err_set(ERR_INVALID, "tar: not a number before byte %llu", (unsigned long long)t->offset);
    *ret = value;
    return 0;
}

static struct str text(const struct tar *t, size_t at, size_t n)
{
    const char *p = (const char *)t->header + at;
    return (struct str){p, strnlen(p, n)};
}

/* The sum of all bytes with blanks in place of the sum itself; some old writers took the bytes as signed. */
static int check_sum(const struct tar *t)
{
    uint64_t stated;
    uint32_t plain = 0;
    int32_t with_sign = 0;
    int status = number(t, CHECKSUM, &stated);
    if (status < 0)
        return status;
    for (size_t i = 0; i < RECORD; i++) {
        unsigned char c = i >= 148 && i < 156 ? ' ' : t->header[i];
        plain += c;
        with_sign += (signed char)c;
    }
    if (stated != plain && (int64_t)stated != with_sign)
        return err_set(ERR_INVALID, "tar: not a header before byte %llu", (unsigned long long)t->offset);
    return 0;
}

static bool all_zero(const struct tar *t)
{
    for (size_t i = 0; i < RECORD; i++)
        if (t->header[i])
            return false;
    return true;
}

static void begin_data(struct tar *t, uint64_t size)
{
    t->data = size;
    t->fill = -size & (RECORD - 1);
}

/* What fills the last record of an entry. Some writers leave it out at the end of the archive, where nothing
 * is lost. */
static int skip_fill(struct tar *t)
{
    while (t->fill) {
        int status = refill(t);
        if (status < 0)
            return status;
        size_t part = t->fill < t->n ? (size_t)t->fill : t->n;
        if (!part)
            break;
        advance(t, part);
        t->fill -= part;
    }
    t->fill = 0;
    return 0;
}

static int skip_data(struct tar *t)
{
    uint64_t left = t->data;
    t->data = 0;
    int status = skip(t, left);
    return status < 0 ? status : skip_fill(t);
}

int tar_data(struct tar *t, const unsigned char **ret_p, size_t *ret_n)
{
    *ret_n = 0;
    if (!t->data)
        return 0;
    int status = refill(t);
    if (status < 0)
        return status;
    if (!t->n)
        return cut_short(t);
    *ret_p = t->p;
    *ret_n = t->data < t->n ? (size_t)t->data : t->n;
    advance(t, *ret_n);
    t->data -= *ret_n;
    return 0;
}

/* The data of an extended header, whole. */
static int read_extended(struct tar *t, uint64_t size, struct buf *to)
{
    const unsigned char *p;
    size_t n = 1;
    to->n = 0;
    if (size > EXTENDED_MAX)
        return err_set(ERR_LIMIT, "tar: an extended header larger than %d bytes", EXTENDED_MAX);
    begin_data(t, size);
    while (n) {
        int status = tar_data(t, &p, &n);
        if (status < 0)
            return status;
        buf_add(to, p, n);
    }
    return skip_data(t);
}

static void set(struct buf *to, struct str value, bool *has)
{
    to->n = 0;
    buf_add_str(to, value);
    *has = true;
}

static int pax_pair(struct tar *t, struct str key, struct str value)
{
    if (str_is(key, "path") || str_is(key, "GNU.sparse.name"))
        set(&t->path, value, &t->has_path);
    else if (str_is(key, "linkpath"))
        set(&t->link, value, &t->has_link);
    else if (str_is(key, "size")) {
        if (!str_u64(value, &t->size) || t->size > INT64_MAX)
            return err_set(ERR_INVALID, "tar: a size that is no number");
        t->has_size = true;
    }
    if (str_starts(key, STR("GNU.sparse.")))
        t->sparse = true;
    return 0;
}

/* Records of the form "LENGTH KEY=VALUE\n", the length counting the whole record. */
static int read_pax(struct tar *t, struct str rest)
{
    while (rest.n) {
        struct str length, body, key, value;
        uint64_t n;
        if (!str_cut(rest, ' ', &length, &body) || !str_u64(length, &n) || n <= length.n + 1 || n > rest.n ||
            rest.p[n - 1] != '\n')
            return err_set(ERR_INVALID, "tar: a damaged extended header before byte %llu",
                           (unsigned long long)t->offset);
        body = str_slice(rest, length.n + 1, n - 1);
        rest = str_slice(rest, n, rest.n);
        if (!str_cut(body, '=', &key, &value))
            return err_set(ERR_INVALID, "tar: a damaged extended header before byte %llu",
                           (unsigned long long)t->offset);
        int status = pax_pair(t, key, value);
        if (status < 0)
            return status;
    }
    return 0;
}

/* GNU: the name, with a NUL byte at its end. */
static int read_long_name(struct tar *t, uint64_t size, struct buf *to, bool *has)
{
    int status = read_extended(t, size, to);
    while (status == 0 && to->n && !to->p[to->n - 1])
        to->n--;
    if (status == 0)
        *has = true;
    return status;
}

/* 1 when the header was one of those that only tell about the next. */
static int read_extension(struct tar *t, unsigned char type, uint64_t size)
{
    int status;
    switch (type) {
    case 'x':
    case 'X': /* Solaris */
        status = read_extended(t, size, &t->extended);
        if (status == 0)
            status = read_pax(t, buf_str(&t->extended));
        break;
    case 'g': /* applies to all that follow; of what matters here it may state nothing sensible */
        status = read_extended(t, size, &t->extended);
        break;
    case 'L':
        status = read_long_name(t, size, &t->path, &t->has_path);
        break;
    case 'K':
        status = read_long_name(t, size, &t->link, &t->has_link);
        break;
    default:
        return 0;
    }
    return status < 0 ? status : 1;
}

static enum tar_type type_of(struct tar *t, unsigned char type, struct str path)
{
    switch (type) {
    case '1':
        return TAR_HARD_LINK;
    case '2':
        return TAR_SYMLINK;
    case '3':
    case '4':
    case '6':
        return TAR_OTHER;
    case '5':
        return TAR_DIRECTORY;
    case 'S':
        return TAR_SPARSE;
    default: /* '0', NUL, '7'; unknown ones are to be taken as files */
        if (t->sparse)
            return TAR_SPARSE;
        return path.n && path.p[path.n - 1] == '/' ? TAR_DIRECTORY : TAR_FILE;
    }
}

/* Header and name; ustar keeps the front of a long name in another field, GNU uses that for something else.
 */
static void read_names(struct tar *t, struct tar_entry *e)
{
    bool any;
    if (!t->has_path) {
        struct str prefix = memcmp(t->header + MAGIC, "ustar", 6) ? STR("") : text(t, PREFIX);
        set(&t->path, prefix, &any);
        if (prefix.n)
            buf_add_c(&t->path, '/');
        buf_add_str(&t->path, text(t, NAME));
    }
    if (!t->has_link)
        set(&t->link, text(t, LINK), &any);
    e->path = buf_str(&t->path);
    e->link = buf_str(&t->link);
}

/* Further parts of the map of an old GNU sparse file. */
static int skip_sparse_map(struct tar *t)
{
    for (size_t flag = GNU_SPARSE_MORE; t->header[flag]; flag = GNU_SPARSE_NEXT_MORE) {
        int status = read_record(t);
        if (status <= 0)
            return status < 0 ? status : cut_short(t);
    }
    return 0;
}

/* The next header that stands for an entry. */
static int read_header(struct tar *t, uint64_t *ret_size)
{
    t->has_path = t->has_link = t->has_size = t->sparse = false;
    for (int i = 0; i < EXTENDED_IN_ROW; i++) {
        uint64_t size = 0;
        int status = read_record(t);
        if (status <= 0 || all_zero(t))
            return status < 0 ? status : 0;
        status = check_sum(t);
        if (status == 0)
            status = number(t, SIZE, &size);
        if (status == 0)
            status = read_extension(t, t->header[TYPE], size);
        if (status < 0)
            return status;
        if (status == 0) {
            *ret_size = t->has_size ? t->size : size;
            return 1;
        }
    }
    return err_set(ERR_LIMIT, "tar: more than %d extended headers in a row", EXTENDED_IN_ROW);
}

int tar_next(struct tar *t, struct tar_entry *ret_entry)
{
    struct tar_entry e = {0};
    uint64_t size = 0, mode = 0;
    int status = skip_data(t);
    if (status == 0)
        status = read_header(t, &size);
    if (status <= 0)
        return status;
    status = number(t, MODE, &mode);
    if (status < 0)
        return status;
    unsigned char type = t->header[TYPE];
    read_names(t, &e);
    e.type = type_of(t, type, e.path);
    e.mode = (unsigned)mode & 07777;
    /* Only files have data, whatever the size says; that is how the tools that unpack layers take it. */
    e.size = e.type == TAR_FILE || e.type == TAR_SPARSE ? size : 0;
    if (e.size > INT64_MAX - RECORD)
        return err_set(ERR_INVALID, "tar: a file larger than any archive");
    if (type == 'S')
        status = skip_sparse_map(t);
    if (status < 0)
        return status;
    begin_data(t, e.size);
    e.offset = t->offset;
    *ret_entry = e;
    return 1;
}
