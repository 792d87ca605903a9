#include "feed/input.h"

#include <isa-l/igzip_lib.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "view/io.h"
#include "view/stream.h"
#include "view/tar.h"

/* ---- gzip ---- */

/* view/stream.h reads gzip, too, but by a thread of its own, with digests and in blocks: of the publishers'
 * feeds, 210 MiB, that takes twice the processor time (0.38 s instead of 0.20 s). */

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

/* ---- zstd and xz ---- */

enum { WINDOW_LOG = 27 }; /* as far as zstd(1) itself goes without being told: 128 MiB */

static int unpack(const char *path, struct buf *out)
{
    _cleanup_fd_ int fd = -1;
    struct stat st;
    int r = io_open(path, &fd, &st);
    if (r < 0)
        return r;
    const struct blob blob = {.fd = fd, .size = (uint64_t)st.st_size, .window_log = WINDOW_LOG};
    struct view_budget budget = {.packed = blob.size};
    _cleanup_(stream_cleanup) struct stream *stream = stream_open(&blob, &budget);
    const unsigned char *p;
    size_t n = 1;
    while (n) {
        r = stream_next(stream, &p, &n);
        if (r < 0)
            return err_context(r, "%s", path);
        if (buf_add(out, p, n) < 0)
            return err_set(ERR_LIMIT, "%s: more than %zu bytes when unpacked", path, out->cap);
    }
    return 0;
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
    enum packing packing = stream_packing(in);
    if (packing == PACKING_NONE) {
        *ret_content = arena_str(a, in);
        return 0;
    }
    _cleanup_(buf_free) struct buf out = buf_new(INPUT_FILE_MAX);
    r = packing == PACKING_GZIP ? gunzip(in, path, &out) : unpack(path, &out);
    if (r < 0)
        return r;
    *ret_content = arena_str(a, buf_str(&out));
    return 0;
}

/* ---- archives ---- */

struct archive {
    const char *path;
    struct str suffix;
    int (*each)(void *ctx, struct str name, struct str content);
    void *ctx;
    uint64_t total;
    size_t files;
    int status; /* the first that was not 0; then nothing more is read */
    char text[512];
};

static int end(struct archive *a, int status)
{
    if (status && !a->status) {
        a->status = status;
        snprintf(a->text, sizeof a->text, "%s", err_text());
    }
    return a->status;
}

static int fault(struct archive *a, struct str name, int code)
{
    return end(a, err_context(code, "%s: %.*s", a->path, STR_ARG(name)));
}

static int offer(struct archive *a, struct str name, struct str content)
{
    a->files++;
    a->total += content.n;
    if (a->total > INPUT_ARCHIVE_MAX)
        return end(a, err_set(ERR_LIMIT, "%s: more than %llu bytes when unpacked", a->path,
                              (unsigned long long)INPUT_ARCHIVE_MAX));
    return end(a, a->each(a->ctx, name, content));
}

static bool zip_wants(void *ctx, struct str name, uint64_t size)
{
    const struct archive *a = ctx;
    (void)size;
    return !a->status && str_ends(name, a->suffix);
}

static void zip_visit(void *ctx, struct view_file *file)
{
    struct archive *a = ctx;
    struct str content;
    if (a->status)
        return;
    int r = view_file_content(file, INPUT_ENTRY_MAX, &content);
    if (r < 0)
        fault(a, file->path, r);
    else
        offer(a, file->path, content);
}

/* Where a scan goes on behind a damaged entry, a feed is refused: it counts as a whole. */
static void zip_problem(void *ctx, struct str name, int code)
{
    struct archive *a = ctx;
    if (!a->status)
        fault(a, name, code);
}

static int read_zip(struct archive *a)
{
    _cleanup_(view_cleanup) struct view *view = NULL;
    const struct view_visitor visitor = {zip_wants, zip_visit, zip_problem, a};
    int r = view_open_zip(a->path, &view);
    if (!r)
        r = view_walk(view, &visitor);
    return end(a, r);
}

static int next_piece(void *ctx, const unsigned char **ret_p, size_t *ret_n)
{
    return stream_next(ctx, ret_p, ret_n);
}

static int read_data(struct tar *tar, const struct tar_entry *entry, struct buf *content)
{
    const unsigned char *p;
    content->n = 0;
    if (entry->type == TAR_SPARSE)
        return err_set(ERR_UNSUPPORTED, "a sparse file");
    for (size_t n;;) {
        int r = tar_data(tar, &p, &n);
        if (r < 0 || !n)
            return r;
        char *to = buf_reserve(content, n);
        if (!to)
            return err_set(ERR_LIMIT, "larger than %d bytes", INPUT_ENTRY_MAX);
        memcpy(to, p, n);
        content->n += n;
    }
}

static int read_tar(struct archive *a, int fd, uint64_t size)
{
    const struct blob blob = {.fd = fd, .size = size, .window_log = WINDOW_LOG};
    struct view_budget budget = {.packed = size};
    struct stream_digests ignored;
    _cleanup_(stream_cleanup) struct stream *stream = stream_open(&blob, &budget);
    const struct tar_source source = {.next = next_piece, .ctx = stream};
    _cleanup_(tar_cleanup) struct tar *tar = tar_open(&source);
    _cleanup_(buf_free) struct buf content = buf_new(INPUT_ENTRY_MAX);
    struct tar_entry entry;
    int r = 0;
    while (!a->status && (r = tar_next(tar, &entry)) > 0) {
        if ((entry.type != TAR_FILE && entry.type != TAR_SPARSE) || !str_ends(entry.path, a->suffix))
            continue;
        r = read_data(tar, &entry, &content);
        if (r < 0)
            return fault(a, entry.path, r);
        offer(a, entry.path, buf_str(&content));
    }
    if (!r) /* what follows the last entry is padding, but its checksum vouches for all */
        r = stream_finish(stream, &ignored);
    return r < 0 ? end(a, err_context(r, "%s", a->path)) : a->status;
}

int input_archive(const char *path, struct str suffix,
                  int (*each)(void *ctx, struct str name, struct str content), void *ctx)
{
    struct archive a = {.path = path, .suffix = suffix, .each = each, .ctx = ctx};
    _cleanup_fd_ int fd = -1;
    struct stat st;
    char magic[2];
    size_t n;
    int r = io_open(path, &fd, &st);
    if (!r)
        r = io_read_at(fd, 0, magic, sizeof magic, &n);
    if (r < 0)
        return r;
    if (n == 2 && !memcmp(magic, "PK", 2))
        read_zip(&a);
    else
        read_tar(&a, fd, (uint64_t)st.st_size);
    if (a.status < 0)
        return err_set(a.status, "%s", a.text);
    if (!a.status && !a.files)
        return err_set(ERR_INVALID, "%s: an archive without %.*s files", path, STR_ARG(suffix));
    return a.status;
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
