#include "net/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "net/curl.h"

enum { PATH_BYTES = 4096 };

/* One attempt. */
struct transfer {
    const struct http_download *d;
    CURL *handle;
    char part[PATH_BYTES], part_state[PATH_BYTES];
    int fd;
    uint64_t resumed, written; /* bytes that were there; bytes now in the file */
    struct http_validators seen;
    uint64_t range_start;
    bool has_range, opened;
    long retry_after; /* seconds; -1: not said */
    int fault;        /* an error of ours, with its text in `text` */
    char text[512];
};

static int fail(struct transfer *t, int code, const char *what)
{
    t->fault = code;
    snprintf(t->text, sizeof t->text, "%s", what);
    return code;
}

/* ---- the validator of a part ---- */

static int load_part_state(const char *path, struct http_validators *v)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str text;
    json_val *root;
    if (file_read(a, path, 4096, &text) < 0 || json_parse(a, text, &root) < 0)
        return ERR_MISSING;
    snprintf(v->etag, sizeof v->etag, "%.*s", STR_ARG(json_get_str(root, "etag")));
    snprintf(v->modified, sizeof v->modified, "%.*s", STR_ARG(json_get_str(root, "modified")));
    return 0;
}

static void save_part_state(struct transfer *t)
{
    _cleanup_(buf_free) struct buf text = buf_new(4096);
    struct json_out o = {.to = &text};
    json_begin_object(&o);
    json_member_str(&o, "etag", str_from(t->seen.etag));
    json_member_str(&o, "modified", str_from(t->seen.modified));
    json_end_object(&o);
    if (file_replace(t->part_state, buf_str(&text), 0644) < 0)
        unlink(t->part_state); /* then it cannot be resumed, that is all */
}

/* A weak ETag does not vouch for bytes (RFC 9110, 13.1.5). */
static const char *range_validator(const struct http_validators *v)
{
    return v->etag[0] == '"' ? v->etag : v->modified;
}

static void drop_part(struct transfer *t)
{
    unlink(t->part);
    unlink(t->part_state);
}

/* ---- callbacks ---- */

static bool header_value(const char *line, size_t n, const char *name, char *to, size_t size)
{
    size_t length = strlen(name);
    if (n <= length || line[length] != ':' || strncasecmp(line, name, length))
        return false;
    struct str value = str_trim((struct str){line + length + 1, n - length - 1});
    if (value.n >= size)
        value.n = 0; /* too long to be kept is as good as absent */
    memcpy(to, value.p ? value.p : "", value.n);
    to[value.n] = 0;
    return true;
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    char value[128];
    if (n > 5 && !memcmp(line, "HTTP/", 5)) { /* each answer of a chain of redirects begins anew */
        memset(&t->seen, 0, sizeof t->seen);
        t->has_range = false;
        t->retry_after = -1;
    }
    header_value(line, n, "ETag", t->seen.etag, sizeof t->seen.etag);
    header_value(line, n, "Last-Modified", t->seen.modified, sizeof t->seen.modified);
    if (header_value(line, n, "Retry-After", value, sizeof value) && is_digit(value[0]))
        t->retry_after = strtol(value, NULL, 10);
    if (header_value(line, n, "Content-Range", value, sizeof value) && !strncmp(value, "bytes ", 6) &&
        is_digit(value[6])) {
        t->range_start = strtoull(value + 6, NULL, 10);
        t->has_range = true;
    }
    return n;
}

/* Before the first byte of a body: is it the rest of what is there, or all of it? */
static int open_part(struct transfer *t)
{
    long status = 0;
    curl.easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    t->opened = true;
    if (status == 206 && (!t->resumed || !t->has_range || t->range_start != t->resumed))
        return fail(t, ERR_IO, "the server sent another part than was asked for");
    if (status != 200 && status != 206)
        return 0; /* an error page: not kept */
    t->fd = open(t->part, O_WRONLY | O_CREAT | O_CLOEXEC | (status == 206 ? O_APPEND : O_TRUNC), 0644);
    if (t->fd < 0)
        return fail(t, ERR_IO, strerror(errno));
    t->written = status == 206 ? t->resumed : 0;
    if (status == 200)
        save_part_state(t);
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    if (!t->opened && open_part(t) < 0)
        return 0;
    if (t->fd < 0)
        return n;
    if (n > t->d->cap || t->written > t->d->cap - n) {
        char text[64];
        snprintf(text, sizeof text, "larger than %llu bytes", (unsigned long long)t->d->cap);
        fail(t, ERR_LIMIT, text);
        return 0;
    }
    for (size_t done = 0; done < n;) {
        ssize_t r = write(t->fd, data + done, n - done);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0) {
            fail(t, ERR_IO, strerror(errno));
            return 0;
        }
        done += (size_t)r;
    }
    t->written += n;
    return n;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)up_total, (void)up_now;
    struct transfer *t = ctx;
    if (t->d->progress && t->fd >= 0)
        t->d->progress(t->d->ctx, t->resumed + (uint64_t)now, total > 0 ? t->resumed + (uint64_t)total : 0);
    return 0;
}

/* ---- one attempt ---- */

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HTTP_VALIDATOR + 64];
    if (!*value)
        return;
    snprintf(line, sizeof line, "%s: %s", name, value);
    curl_add_header(list, line);
}

static void list_cleanup(struct curl_slist **list)
{
    curl.slist_free_all(*list);
}

static void handle_cleanup(CURL **handle)
{
    curl.easy_cleanup(*handle);
}

static void look_for_part(struct transfer *t, struct http_validators *part)
{
    struct stat st;
    memset(part, 0, sizeof *part);
    if (stat(t->part, &st) < 0 || st.st_size <= 0 || load_part_state(t->part_state, part) < 0 ||
        !*range_validator(part) || (uint64_t)st.st_size >= t->d->cap) {
        drop_part(t);
        return;
    }
    t->resumed = (uint64_t)st.st_size;
}

static int set_options(CURL *handle, const struct http_options *o, struct transfer *t,
                       struct curl_slist *headers)
{
    const char *url = t->d->url;
    int r = curl_prepare(handle, url);
    if (r < 0)
        return r;
    curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    const char *onward = strncasecmp(url, "https:", 6) ? "http,https" : "https";
    curl.easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, onward);
    curl.easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl.easy_setopt(handle, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS);
    curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)(o->connect_seconds ? o->connect_seconds : 15));
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 100L);
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)(o->stall_seconds ? o->stall_seconds : 30));
    curl.easy_setopt(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L); /* what is sent is what is kept */
    curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl.easy_setopt(handle, CURLOPT_HEADERDATA, t);
    curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl.easy_setopt(handle, CURLOPT_WRITEDATA, t);
    curl.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl.easy_setopt(handle, CURLOPT_XFERINFODATA, t);
    return 0;
}

/* Completes the file: synced, and only then under its name. */
static int keep(struct transfer *t)
{
    if (t->fd < 0) { /* an empty body */
        t->fd = open(t->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (t->fd < 0)
            return err_errno("%s", t->part);
    }
    if (fsync(t->fd) < 0 || rename(t->part, t->d->path) < 0)
        return err_errno("%s", t->d->path);
    unlink(t->part_state);
    return 0;
}

/* 0: done; a negative code, and *ret_again when another attempt makes sense. */
static int conclude(struct transfer *t, CURLcode code, const char *curl_text, struct http_result *ret,
                    bool *ret_again)
{
    long status = 0;
    const char *url = t->d->url;
    curl.easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status);
    *ret_again = false;
    if (t->fault) {
        *ret_again = t->fault == ERR_IO && t->fd < 0;
        if (t->fault == ERR_LIMIT || *ret_again)
            drop_part(t);
        return err_set(t->fault, "%s: %s", url, t->text);
    }
    if (code != CURLE_OK) {
        *ret_again = code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
                     code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_TOO_MANY_REDIRECTS;
        return err_set(ERR_IO, "%s: %s", url, *curl_text ? curl_text : curl.easy_strerror(code));
    }
    if (status == 304 && t->d->have) {
        ret->not_modified = true;
        ret->validators = *t->d->have;
        return 0;
    }
    if (status == 200 || status == 206) {
        ret->not_modified = false;
        ret->validators = t->seen;
        return keep(t);
    }
    if (status == 416) /* the part is not a part of what there is now */
        drop_part(t);
    *ret_again = status == 408 || status == 416 || status == 429 || status >= 500;
    return err_set(status == 404 || status == 410 ? ERR_MISSING : ERR_IO, "%s: HTTP status %ld", url, status);
}

static int attempt(const struct http_options *o, struct transfer *t, struct http_result *ret, bool *ret_again)
{
    _cleanup_(handle_cleanup) CURL *handle = curl.easy_init();
    _cleanup_(list_cleanup) struct curl_slist *headers = NULL;
    char text[CURL_ERROR_SIZE] = "", range[32];
    struct http_validators part;
    if (!handle)
        return err_set(ERR_IO, "libcurl does not start");
    t->handle = handle;
    look_for_part(t, &part);
    if (t->resumed) {
        snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)t->resumed);
        add_header(&headers, "Range", range);
        add_header(&headers, "If-Range", range_validator(&part));
    } else if (t->d->have) {
        add_header(&headers, "If-None-Match", t->d->have->etag);
        add_header(&headers, "If-Modified-Since", t->d->have->modified);
    }
    /* Bytes of a range are those of one encoding; identity is the only one that all answers share. */
    add_header(&headers, "Accept-Encoding", t->d->may_gzip ? "gzip" : "identity");
    int status = set_options(handle, o, t, headers);
    if (status < 0)
        return status;
    curl.easy_setopt(handle, CURLOPT_ERRORBUFFER, text);
    CURLcode code = curl.easy_perform(handle);
    return conclude(t, code, text, ret, ret_again);
}

/* ---- attempts ---- */

int http_fetch(const struct http_options *options, const struct http_download *d,
               struct http_result *ret_result)
{
    int loaded = curl_load();
    if (loaded < 0)
        return loaded;
    unsigned attempts = options->attempts ? options->attempts : 4;
    for (unsigned i = 0;; i++) {
        struct transfer t = {.d = d, .fd = -1, .retry_after = -1};
        struct http_result result = {0};
        bool again = false;
        if ((size_t)snprintf(t.part, sizeof t.part, "%s.part", d->path) >= sizeof t.part ||
            (size_t)snprintf(t.part_state, sizeof t.part_state, "%s.part.state", d->path) >=
                sizeof t.part_state)
            return err_set(ERR_LIMIT, "%s: the path is too long", d->path);
        int r = attempt(options, &t, &result, &again);
        if (t.fd >= 0)
            close(t.fd);
        if (!r) {
            *ret_result = result;
            return 0;
        }
        if (!again || i + 1 >= attempts)
            return r;
        curl_wait(curl_backoff(i, t.retry_after));
    }
}
