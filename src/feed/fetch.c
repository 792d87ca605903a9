#include "feed/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "feed/input.h"

#define FETCH_MAX ((uint64_t)4 << 30)
enum { FOLLOW_MAX = 4, SMALL_MAX = 4 << 20 };

bool fetch_is_local(const char *from, const char **ret_path)
{
    if (!from || (strstr(from, "://") && strncmp(from, "file://", 7)))
        return false;
    *ret_path = strncmp(from, "file://", 7) ? from : from + 7;
    return true;
}

static const char *join(struct arena *a, const char *directory, const char *path, const char *suffix)
{
    return arena_printf(a, "%s/%s%s", directory, path, suffix).p;
}

static int digest_file(struct arena *a, const char *path, const char **ret_digest)
{
    struct str content;
    int r = file_map(path, &content);
    if (r < 0)
        return r;
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    sha256_of(content, digest);
    sha256_hex(digest, hex);
    file_unmap(content);
    *ret_digest = arena_printf(a, "sha256:%s", hex).p;
    return 0;
}

/* ---- what is known of the copy in the cache ---- */

struct known {
    struct http_validators validators;
    const char *url, *digest;
    int64_t date;
};

static bool load_state(struct arena *a, const char *path, struct known *ret)
{
    struct str text;
    json_val *root;
    if (file_read(a, join(a, path, "", "") ? arena_printf(a, "%s.state", path).p : path, 64 << 10, &text) <
            0 ||
        json_parse(a, text, &root) < 0)
        return false;
    struct known k = {.url = arena_cstr(a, json_get_str(root, "url")),
                      .digest = arena_cstr(a, json_get_str(root, "digest")),
                      .date = time_parse_or_none(json_get_str(root, "fetched"))};
    snprintf(k.validators.etag, HTTP_VALIDATOR, "%.*s", STR_ARG(json_get_str(root, "etag")));
    snprintf(k.validators.modified, HTTP_VALIDATOR, "%.*s", STR_ARG(json_get_str(root, "modified")));
    *ret = k;
    return true;
}

static int save_state(const char *path, const struct fetched *f)
{
    _cleanup_(buf_free) struct buf text = buf_new(64 << 10);
    char date[TIME_TEXT], state[4096];
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_member_str(&o, "url", str_from(f->file.url));
    json_member_str(&o, "etag", str_from(f->validators.etag));
    json_member_str(&o, "modified", str_from(f->validators.modified));
    json_member_str(&o, "digest", str_from(f->fresh_digest));
    json_member_str(&o, "fetched", str_from(time_format(f->fresh_date, date)));
    json_end_object(&o);
    if ((size_t)snprintf(state, sizeof state, "%s.state", path) >= sizeof state)
        return err_set(ERR_LIMIT, "%s: the path is too long", path);
    return file_replace(state, buf_str(&text), 0644);
}

/* ---- one URL or file into the cache ---- */

struct progress {
    const struct fetch_options *o;
    const char *name;
};

static void on_progress(void *ctx, uint64_t now, uint64_t total)
{
    const struct progress *p = ctx;
    if (p->o->progress)
        p->o->progress(p->o->ctx, p->name, now, total);
}

static bool is_packed(const char *path)
{
    static const char *const suffixes[] = {".gz", ".zip", ".zst", ".xz", ".bz2"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (str_ends(str_from(path), str_from(suffixes[i])))
            return true;
    return false;
}

/* A mirror's path as part of a URL: only blanks need escaping among the characters that paths of feeds have.
 */
static const char *mirror_url(struct arena *a, const char *base, const char *path)
{
    char *to = arena_alloc(a, strlen(base) + 3 * strlen(path) + 2);
    size_t n = strlen(base);
    memcpy(to, base, n);
    if (n && to[n - 1] != '/')
        to[n++] = '/';
    for (; *path; path++) {
        if (*path == ' ')
            memcpy(to + n, "%20", 3), n += 3;
        else
            to[n++] = *path;
    }
    return to;
}

static int copy_bytes(int from, int to, const char *name)
{
    static const size_t CHUNK = 1 << 20;
    _cleanup_free_ char *chunk = malloc(CHUNK);
    if (!chunk)
        mem_exhausted(CHUNK);
    for (uint64_t total = 0;;) {
        ssize_t n = read(from, chunk, CHUNK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno("%s", name);
        if (!n)
            return fsync(to) < 0 ? err_errno("%s", name) : 0;
        if ((total += (uint64_t)n) > FETCH_MAX)
            return err_set(ERR_LIMIT, "%s: larger than %llu bytes", name, (unsigned long long)FETCH_MAX);
        for (ssize_t done = 0, w; done < n; done += w)
            if ((w = write(to, chunk + done, (size_t)(n - done))) < 0)
                return err_errno("%s", name);
    }
}

/* Copies a file of a directory mirror; size and time stand for the ETag. */
static int fetch_local(const char *source, const char *to, const struct http_validators *have,
                       struct http_result *ret)
{
    _cleanup_fd_ int in = open(source, O_RDONLY | O_CLOEXEC);
    struct stat st;
    struct http_result result = {0};
    if (in < 0)
        return errno == ENOENT || errno == ENOTDIR ? err_set(ERR_MISSING, "%s: not there", source)
                                                   : err_errno("%s", source);
    if (fstat(in, &st) < 0 || !S_ISREG(st.st_mode))
        return err_set(ERR_INVALID, "%s: not a regular file", source);
    snprintf(result.validators.etag, HTTP_VALIDATOR, "\"%lld-%lld.%09ld\"", (long long)st.st_size,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    result.not_modified = have && !strcmp(have->etag, result.validators.etag);
    if (!result.not_modified) {
        _cleanup_fd_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (out < 0)
            return err_errno("%s", to);
        int r = copy_bytes(in, out, source);
        if (r < 0) {
            unlink(to);
            return r;
        }
    }
    *ret = result;
    return 0;
}

static int fetch_one(struct arena *a, const struct fetch_options *o, const struct feed_file *file,
                     const char *to, const struct http_validators *have, struct http_result *ret)
{
    const char *directory;
    char parent[4096];
    snprintf(parent, sizeof parent, "%.*s", STR_ARG(str_dirname(str_from(to))));
    int r = dir_make(parent);
    if (r < 0)
        return r;
    if (fetch_is_local(o->from, &directory))
        return fetch_local(join(a, directory, file->path, ""), to, have, ret);
    struct progress p = {o, file->name};
    struct http_download d = {.url = o->from ? mirror_url(a, o->from, file->path) : file->url,
                              .path = to,
                              .have = have,
                              .cap = FETCH_MAX,
                              .may_gzip = !is_packed(o->from ? file->path : file->url),
                              .progress = on_progress,
                              .ctx = &p};
    return http_fetch(&o->http, &d, ret);
}

/* ---- checksums ---- */

/* The hex digits after "sha256:" in any case (NVD's .meta has them in upper case, on a line of their own). */
static bool find_sha256(struct str text, struct str *ret_hex)
{
    ptrdiff_t at = str_find_str(text, STR("sha256:"));
    if (at < 0 || text.n - (size_t)at < 7 + SHA256_HEX)
        return false;
    *ret_hex = str_slice(text, (size_t)at + 7, (size_t)at + 7 + SHA256_HEX);
    return true;
}

static int compare_sha256(struct str wanted, struct str got)
{
    struct str a, b;
    if (!find_sha256(wanted, &a) || !find_sha256(got, &b))
        return err_set(ERR_INVALID, "the published checksum is not SHA-256");
    return str_ieq(a, b) ? 0 : err_set(ERR_INVALID, "the checksum differs from the published one");
}

/* The published checksum file, which stands beside the file in a mirror. */
static int read_sums(struct arena *a, const struct fetch_options *o, const struct feed_file *file,
                     struct str *ret)
{
    struct feed_file sums = {.name = file->name, .url = file->checksum};
    sums.path = arena_printf(a, "%.*s/%.*s", STR_ARG(str_dirname(str_from(file->path))),
                             STR_ARG(str_basename(str_from(file->checksum))))
                    .p;
    const char *directory;
    if (!o->cache)
        return fetch_is_local(o->from, &directory)
                   ? file_read(a, join(a, directory, sums.path, ""), SMALL_MAX, ret)
                   : ERR_MISSING;
    struct http_result ignored;
    const char *at = join(a, o->cache, sums.path, ".new");
    int r = fetch_one(a, o, &sums, at, NULL, &ignored);
    if (!r)
        r = file_read(a, at, SMALL_MAX, ret);
    unlink(at);
    return r;
}

static int check_unpacked(struct str wanted, const char *path)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str content;
    int r = input_read(a, path, &content);
    if (r < 0)
        return r;
    unsigned char digest[SHA256_SIZE];
    char hex[7 + SHA256_HEX + 1] = "sha256:";
    sha256_of(content, digest);
    sha256_hex(digest, hex + 7);
    return compare_sha256(wanted, str_from(hex));
}

static int check(struct arena *a, const struct fetch_options *o, const struct feed_file *file,
                 const char *path, const char *digest)
{
    struct str wanted = str_from(file->checksum);
    if (!wanted.n)
        return 0;
    if (str_starts(wanted, STR("sha256:")))
        return compare_sha256(wanted, str_from(digest));
    if (!str_starts(wanted, STR("unpacked-sha256:"))) {
        int r = read_sums(a, o, file, &wanted);
        if (r < 0) /* none may be published there */
            return r == ERR_MISSING ? 0 : r;
    }
    return check_unpacked(wanted, path);
}

/* ---- a file of a feed ---- */

static void note(struct fetched *f)
{
    snprintf(f->problem, sizeof f->problem, "%s", err_text());
}

/* What the cache has of the file. */
static void look_in_cache(struct arena *a, const struct fetch_options *o, struct fetched *f,
                          struct known *ret_known)
{
    const char *path = join(a, o->cache, f->file.path, "");
    *ret_known = (struct known){0};
    if (access(path, R_OK) < 0)
        return;
    f->current = path;
    f->current_date = TIME_NONE;
    if (load_state(a, path, ret_known)) {
        f->current_digest = ret_known->digest;
        f->current_date = ret_known->date;
        if (ret_known->url)
            f->file.url = ret_known->url;
    }
}

static int read_in_place(struct arena *a, const struct fetch_options *o, struct fetched *f)
{
    const char *directory = o->from;
    struct stat st;
    fetch_is_local(o->from, &directory);
    const char *path = join(a, directory, f->file.path, "");
    if (stat(path, &st) < 0)
        return err_set(ERR_MISSING, "%s: not there", path);
    int r = digest_file(a, path, &f->fresh_digest);
    if (!r)
        r = check(a, o, &f->file, path, f->fresh_digest);
    if (r < 0)
        return r;
    f->fresh_date = st.st_mtim.tv_sec;
    f->fresh = path;
    return 0;
}

static int fetch_into_cache(struct arena *a, const struct fetch_options *o, struct fetched *f)
{
    struct known known;
    struct http_result result;
    const char *wanted_url = f->file.url;
    look_in_cache(a, o, f, &known);
    const char *to = join(a, o->cache, f->file.path, ".new");
    struct feed_file file = f->file;
    file.url = wanted_url;
    bool valid = f->current && (known.validators.etag[0] || known.validators.modified[0]);
    int r = fetch_one(a, o, &file, to, valid ? &known.validators : NULL, &result);
    if (r < 0)
        return r;
    if (result.not_modified)
        return 0;
    r = digest_file(a, to, &f->fresh_digest);
    if (!r)
        r = check(a, o, &file, to, f->fresh_digest);
    if (r < 0) {
        unlink(to);
        return r;
    }
    const char *directory;
    f->file.url = o->from ? (fetch_is_local(o->from, &directory) ? join(a, directory, file.path, "")
                                                                 : mirror_url(a, o->from, file.path))
                          : wanted_url;
    f->fresh = to;
    f->fresh_date = time_now();
    f->validators = result.validators;
    return 0;
}

/* The next file of a chain, told by the content of this one. 1, 0 or an error. */
static int follow(struct arena *a, struct fetched *f)
{
    struct str content;
    struct feed_file next;
    int r = file_read(a, f->fresh ? f->fresh : f->current, SMALL_MAX, &content);
    if (!r)
        r = f->feed->follow(a, &f->file, content, &next);
    if (r == 1) {
        struct fetched moved = {.feed = f->feed, .file = next};
        *f = moved;
    }
    return r;
}

static bool is_followed(struct arena *a, const struct feed *feed, const struct feed_file *file)
{
    struct feed_file ignored;
    return feed->follow && feed->follow(a, file, STR(""), &ignored) != 0;
}

/* What a chain led to is kept under a path that changes; the path of its first file plus ".last" names it, so
 * that it is found when the chain is broken. */
static const char *last_path(struct arena *a, const struct fetch_options *o, const struct feed_file *first)
{
    return join(a, o->cache, first->path, ".last");
}

static void use_last(struct arena *a, const struct fetch_options *o, const struct feed_file *first,
                     struct fetched *f)
{
    struct str path;
    struct known known;
    if (!o->cache || file_read(a, last_path(a, o, first), 4096, &path) < 0 ||
        str_find_str(path, STR("..")) >= 0)
        return;
    f->file = *first;
    f->file.path = arena_cstr(a, path);
    f->file.checksum = NULL;
    look_in_cache(a, o, f, &known);
}

void fetch_file(struct arena *a, const struct fetch_options *o, const struct feed *feed,
                const struct feed_file *file, struct fetched *ret)
{
    struct fetched f = {.feed = feed, .file = *file};
    int r = 0;
    if (!o->from && !file->url) { /* only mirrors have it */
        f.absent = true;
        *ret = f;
        return;
    }
    for (unsigned step = 0;; step++) {
        r = step > FOLLOW_MAX ? err_set(ERR_LIMIT, "%s: more than %d files to follow", file->name, FOLLOW_MAX)
            : o->cache        ? fetch_into_cache(a, o, &f)
                              : read_in_place(a, o, &f);
        if (r < 0 || !is_followed(a, feed, &f.file))
            break;
        /* Lists on the way are not the publisher's word on anything: the fresh one is used up here. */
        struct fetched here = f;
        r = follow(a, &f);
        if (o->cache && here.fresh) {
            if (r < 0)
                fetch_refuse(&here);
            else if (fetch_accept(&here) < 0)
                note(&f);
        }
        if (r <= 0)
            break;
    }
    if (r < 0) {
        bool missing = r == ERR_MISSING;
        note(&f);
        if (feed->follow && !f.current)
            use_last(a, o, file, &f);
        f.absent = missing && file->optional && !f.current;
        if (f.absent)
            f.problem[0] = 0;
    } else if (feed->follow && o->cache) {
        (void)file_replace(last_path(a, o, file), str_from(f.file.path), 0644);
    }
    f.file.name = file->name;
    *ret = f;
}

int fetch_accept(const struct fetched *f)
{
    struct str new = str_from(f->fresh);
    char path[4096];
    if (!f->fresh || !str_ends(new, STR(".new"))) /* read in place */
        return 0;
    if ((size_t)snprintf(path, sizeof path, "%.*s", (int)new.n - 4, new.p) >= sizeof path)
        return err_set(ERR_LIMIT, "%s: the path is too long", f->fresh);
    /* First the file: with an older state it is only fetched once more. */
    if (rename(f->fresh, path) < 0)
        return err_errno("%s", path);
    return save_state(path, f);
}

void fetch_refuse(const struct fetched *f)
{
    if (f->fresh && str_ends(str_from(f->fresh), STR(".new")))
        unlink(f->fresh);
}
