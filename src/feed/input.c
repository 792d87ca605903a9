#include "feed/input.h"

#include <archive.h>
#include <archive_entry.h>
#include <isa-l/igzip_lib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"

/* ---- gzip ---- */

/* The size field of the last member (RFC 1952 2.3.1) is the first guess of the size; hostile files only waste
 * it. */
static size_t first_guess(struct str in)
{
    const unsigned char *end = (const unsigned char *)in.p + in.n;
    size_t stated = in.n < 18 ? 0 : end[-4] | end[-3] << 8 | end[-2] << 16 | (size_t)end[-1] << 24;
    return stated < in.n * 4 ? in.n * 4 + 1024 : stated < in.n * 30 ? stated + 1024 : in.n * 30;
}

static int gunzip(struct str in, const char *path, struct buf *out)
{
    _cleanup_free_ struct inflate_state *state = mem_alloc(sizeof *state);
    isal_inflate_init(state);
    state->crc_flag = ISAL_GZIP;
    state->next_in = (uint8_t *)(uintptr_t)in.p;
    state->avail_in = (uint32_t)in.n;
    size_t step = first_guess(in);
    for (;;) {
        if (step > UINT32_MAX / 2)
            step = UINT32_MAX / 2;
        char *to = buf_reserve(out, step);
        if (!to)
            return err_set(ERR_LIMIT, "%s: more than %zu bytes when unpacked", path, out->cap);
        state->next_out = (uint8_t *)to;
        state->avail_out = (uint32_t)step;
        int result = isal_inflate(state);
        out->n += step - state->avail_out;
        if (result != ISAL_DECOMP_OK)
            return err_set(ERR_INVALID, "%s: damaged gzip data (%d)", path, result);
        if (state->block_state == ISAL_BLOCK_FINISH) {
            if (!state->avail_in)
                return 0;
            uint8_t *next = state->next_in;
            uint32_t left = state->avail_in;
            isal_inflate_reset(state);
            state->crc_flag = ISAL_GZIP;
            state->next_in = next;
            state->avail_in = left;
        } else if (!state->avail_in && state->avail_out) {
            return err_set(ERR_INVALID, "%s: gzip data ends early", path);
        }
        step = out->n < (1 << 20) ? (1 << 20) : out->n / 2;
    }
}

struct mapped {
    struct str content;
};

static void unmap(struct mapped *m)
{
    file_unmap(m->content);
}

int input_read(struct arena *a, const char *path, struct str *ret_content)
{
    _cleanup_(unmap) struct mapped m = {0};
    int r = file_map(path, &m.content);
    if (r < 0)
        return r;
    struct str in = m.content;
    if (in.n > INPUT_FILE_MAX)
        return err_set(ERR_LIMIT, "%s: larger than %zu bytes", path, INPUT_FILE_MAX);
    if (in.n < 2 || in.p[0] != '\x1f' || in.p[1] != '\x8b') {
        *ret_content = arena_str(a, in);
        return 0;
    }
    _cleanup_(buf_free) struct buf out = buf_new(INPUT_FILE_MAX);
    r = gunzip(in, path, &out);
    if (r < 0)
        return r;
    *ret_content = arena_str(a, buf_str(&out));
    return 0;
}

/* ---- archives ---- */

static void archive_cleanup(struct archive **a)
{
    archive_read_free(*a);
}

static int archive_fault(struct archive *archive, const char *path)
{
    const char *text = archive_error_string(archive);
    return err_set(ERR_INVALID, "%s: %s", path, text ? text : "damaged archive");
}

static int read_entry(struct archive *archive, const char *path, struct buf *content)
{
    content->n = 0;
    for (;;) {
        char *to = buf_reserve(content, 64 << 10);
        if (!to)
            return err_set(ERR_LIMIT, "%s: a file in it is larger than %d bytes", path, INPUT_ENTRY_MAX);
        la_ssize_t n = archive_read_data(archive, to, 64 << 10);
        if (n < 0)
            return archive_fault(archive, path);
        if (!n)
            return 0;
        content->n += (size_t)n;
    }
}

int input_archive(const char *path, int (*each)(void *ctx, struct str name, struct str content), void *ctx)
{
    _cleanup_(archive_cleanup) struct archive *archive = archive_read_new();
    archive_read_support_filter_all(archive);
    archive_read_support_format_tar(archive);
    archive_read_support_format_zip(archive);
    if (archive_read_open_filename(archive, path, 1 << 20) != ARCHIVE_OK)
        return archive_fault(archive, path);
    _cleanup_(buf_free) struct buf content = buf_new(INPUT_ENTRY_MAX + (64 << 10));
    uint64_t total = 0;
    size_t files = 0;
    for (struct archive_entry *entry;;) {
        int r = archive_read_next_header(archive, &entry);
        if (r == ARCHIVE_EOF)
            return files ? 0 : err_set(ERR_INVALID, "%s: an archive without files", path);
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
            return archive_fault(archive, path);
        if (archive_entry_filetype(entry) != AE_IFREG)
            continue;
        r = read_entry(archive, path, &content);
        if (r < 0)
            return r;
        total += content.n;
        if (total > INPUT_ARCHIVE_MAX)
            return err_set(ERR_LIMIT, "%s: more than %llu bytes when unpacked", path,
                           (unsigned long long)INPUT_ARCHIVE_MAX);
        files++;
        struct str name = str_from(archive_entry_pathname(entry));
        r = each(ctx, name, buf_str(&content));
        if (r)
            return r;
    }
}

/* ---- elements of a large JSON array ---- */

static size_t skip_blank(struct str t, size_t at)
{
    while (at < t.n && is_blank(t.p[at]))
        at++;
    return at;
}

/* The place after the value that begins at `at`; 0 when it does not end. Only brackets and strings are looked
 * at. */
static size_t value_end(struct str t, size_t at)
{
    size_t depth = 0;
    for (; at < t.n; at++) {
        char c = t.p[at];
        if (c == '"') {
            for (at++; at < t.n && t.p[at] != '"'; at++)
                at += t.p[at] == '\\';
            if (at >= t.n)
                return 0;
            if (!depth)
                return at + 1;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (!depth)
                return at;
            if (!--depth)
                return at + 1;
        } else if (!depth && (c == ',' || is_blank(c))) {
            return at;
        }
    }
    return 0;
}

static int broken(const char *name)
{
    return err_set(ERR_INVALID, "JSON: the array '%s' is not there or does not end", name ? name : "");
}

/* The place of the value of member `name` of the object `t`; 0 without one. */
static size_t find_member(struct str t, const char *name)
{
    size_t at = skip_blank(t, 0);
    if (at >= t.n || t.p[at] != '{')
        return 0;
    for (at = skip_blank(t, at + 1); at < t.n && t.p[at] == '"'; at = skip_blank(t, at + 1)) {
        size_t end = value_end(t, at);
        if (!end)
            return 0;
        bool found = str_is(str_slice(t, at + 1, end - 1), name);
        at = skip_blank(t, end);
        if (at >= t.n || t.p[at] != ':')
            return 0;
        at = skip_blank(t, at + 1);
        if (found)
            return at;
        end = value_end(t, at);
        if (!end)
            return 0;
        at = skip_blank(t, end);
        if (at >= t.n || t.p[at] != ',')
            return 0;
    }
    return 0;
}

int input_elements(struct str text, const char *name, int (*each)(void *ctx, struct str element), void *ctx)
{
    size_t at = name ? find_member(text, name) : skip_blank(text, 0);
    if ((name && !at) || at >= text.n || text.p[at] != '[')
        return broken(name);
    at = skip_blank(text, at + 1);
    if (at < text.n && text.p[at] == ']')
        return 0;
    for (;;) {
        size_t end = value_end(text, at);
        if (!end || end == at)
            return broken(name);
        int r = each(ctx, str_slice(text, at, end));
        if (r)
            return r;
        at = skip_blank(text, end);
        if (at >= text.n || (text.p[at] != ',' && text.p[at] != ']'))
            return broken(name);
        if (text.p[at] == ']')
            return 0;
        at = skip_blank(text, at + 1);
    }
}
