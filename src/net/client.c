#include "net/client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/time.h"
#include "net/curl.h"
#include "net/url.h"

enum {
    ANSWER_MAX = 16 << 20,
    HEADERS_MAX = 200,
    REDIRECTS_MAX = 5,
    CONNECT_SECONDS = 15,
    SLOWEST = 1000, /* bytes a second; less of it for `quiet_seconds` is nothing */
    QUIET_SECONDS = 60,
};

/* One request on the wire; a redirect or another attempt begins a new one. */
struct transfer {
    struct arena *arena;
    const struct client_request *request;
    CURL *handle;
    struct client_reply reply;
    struct http_field headers[HEADERS_MAX];
    struct buf body;
    struct draft draft;
    uint64_t saved, cap;
    bool started, saving;
    int fault; /* of ours, its text is set */
};

/* What is asked now, after redirects. */
struct hop {
    const char *method, *url;
    struct url parts;
    struct str body;
    bool has_body;
    bool trusted; /* the host that the credentials are for */
};

/* ---- one handle a thread, for its open connections ---- */

static pthread_key_t handle_key;

static void make_key(void)
{
    pthread_key_create(&handle_key, curl.easy_cleanup);
}

static CURL *take_handle(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_key);
    CURL *handle = pthread_getspecific(handle_key);
    if (!handle) {
        handle = curl.easy_init();
        pthread_setspecific(handle_key, handle);
    }
    if (handle)
        curl.easy_reset(handle);
    return handle;
}

/* ---- the answer ---- */

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct transfer *x = ctx;
    struct str s = {line, size * count}, name, value;
    if (str_starts(s, STR("HTTP/"))) /* an interim answer is followed by another */
        x->reply.n_headers = 0;
    else if (str_cut(s, ':', &name, &value) && x->reply.n_headers < HEADERS_MAX)
        x->headers[x->reply.n_headers++] =
            (struct http_field){arena_str(x->arena, name), arena_str(x->arena, str_trim(value))};
    return s.n;
}

static int begin_body(struct transfer *x)
{
    long status = 0;
    curl.easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &status);
    x->started = true;
    if (!x->request->save_to || status < 200 || status > 299)
        return 0;
    int r = draft_begin(x->request->save_to, 0644, &x->draft);
    x->saving = r >= 0;
    return r;
}

static int save(struct transfer *x, const char *data, size_t n)
{
    x->saved += n;
    if (x->saved > x->cap)
        return err_set(ERR_LIMIT, "more than %llu bytes", (unsigned long long)x->cap);
    if (n && fwrite(data, 1, n, x->draft.file) != n)
        return err_errno("%s", x->request->save_to);
    return 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct transfer *x = ctx;
    size_t n = size * count;
    if (!x->started)
        x->fault = begin_body(x);
    if (!x->fault)
        x->fault = x->saving ? save(x, data, n) : buf_add(&x->body, data, n);
    return x->fault ? CURL_WRITEFUNC_ERROR : n;
}

struct str client_header(const struct client_reply *r, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < r->n_headers; i++) {
        if (str_ieq(r->headers[i].name, wanted))
            return r->headers[i].value;
    }
    return (struct str){0};
}

/* ---- the request ---- */

static bool is_secret(struct str name)
{
    static const char *const names[] = {"authorization", "cookie", "proxy-authorization",
                                        "x-amz-security-token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (str_ieq(name, str_from(names[i])))
            return true;
    }
    return false;
}

static void add_field(struct transfer *x, struct curl_slist **list, const struct http_field *f)
{
    /* "Name;" is how curl is told to send a header without a value. */
    struct str line = f->value.n ? arena_printf(x->arena, "%.*s: %.*s", STR_ARG(f->name), STR_ARG(f->value))
                                 : arena_printf(x->arena, "%.*s;", STR_ARG(f->name));
    curl_add_header(list, line.p);
}

static void sign(struct transfer *x, const struct hop *hop, const struct http_field *headers, size_t n,
                 struct curl_slist **list)
{
    const struct client_request *r = x->request;
    struct http_field *all = arena_new_array(x->arena, struct http_field, n + 1), added[SIGV4_HEADERS];
    if (n)
        memcpy(all, headers, n * sizeof *all);
    all[n] = (struct http_field){STR("Host"), hop->parts.host};
    struct sigv4_request s = {.method = str_from(hop->method),
                              .path = hop->parts.path,
                              .query = hop->parts.query,
                              .body = hop->body,
                              .headers = all,
                              .n_headers = n + 1,
                              .s3 = str_is(r->service, "s3"),
                              .region = r->region,
                              .service = r->service};
    add_field(x, list, &all[n]);
    size_t n_added = sigv4_sign(x->arena, &s, r->key, time_now(), added);
    for (size_t i = 0; i < n_added; i++)
        add_field(x, list, &added[i]);
}

static void add_headers(struct transfer *x, const struct hop *hop, struct curl_slist **list)
{
    const struct client_request *r = x->request;
    struct http_field *sent = arena_new_array(x->arena, struct http_field, r->n_headers + 1);
    bool typed = false;
    size_t n = 0;
    for (size_t i = 0; i < r->n_headers; i++) {
        const struct http_field *f = &r->headers[i];
        if (!hop->trusted && is_secret(f->name))
            continue;
        typed |= str_ieq(f->name, STR("content-type"));
        sent[n++] = *f;
        add_field(x, list, f);
    }
    if (r->key && hop->trusted)
        sign(x, hop, sent, n, list);
    curl_add_header(list, "Expect:"); /* no waiting for "100 Continue" */
    if (!typed)
        curl_add_header(list, "Content-Type:"); /* none of curl's own choice */
}

static void set_method(CURL *handle, const struct hop *hop)
{
    if (!strcmp(hop->method, "HEAD")) {
        curl.easy_setopt(handle, CURLOPT_NOBODY, 1L);
        return;
    }
    if (hop->has_body) {
        curl.easy_setopt(handle, CURLOPT_POST, 1L);
        curl.easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)hop->body.n);
        curl.easy_setopt(handle, CURLOPT_POSTFIELDS, hop->body.n ? hop->body.p : "");
    }
    curl.easy_setopt(handle, CURLOPT_CUSTOMREQUEST, hop->method);
}

static _Thread_local const _Atomic bool *stop_when;

void client_stop_when(const _Atomic bool *stop)
{
    stop_when = stop;
}

const _Atomic bool *client_stop(void)
{
    return stop_when;
}

bool client_stopped(void)
{
    return stop_when && *stop_when;
}

bool client_wait(long ms)
{
    enum { LOOK_MS = 200 };
    for (; ms > 0 && !client_stopped(); ms -= LOOK_MS)
        curl_wait(ms < LOOK_MS ? ms : LOOK_MS);
    return !client_stopped();
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    (void)ctx, (void)total, (void)now, (void)up_total, (void)up;
    return client_stopped();
}

static int set_options(struct transfer *x, const struct hop *hop, struct curl_slist *headers, long ms)
{
    const struct client_request *r = x->request;
    CURL *handle = x->handle;
    int status = curl_prepare(handle, hop->url);
    if (status < 0)
        return status;
    set_method(handle, hop);
    curl.easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl.easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L); /* what was signed is what is sent */
    curl.easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl.easy_setopt(handle, CURLOPT_TIMEOUT_MS, ms);
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
    curl.easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                     (long)(r->quiet_seconds ? r->quiet_seconds : QUIET_SECONDS));
    curl.easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl.easy_setopt(handle, CURLOPT_HEADERDATA, x);
    curl.easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl.easy_setopt(handle, CURLOPT_WRITEDATA, x);
    if (stop_when) {
        curl.easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        curl.easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_progress);
    }
    if (r->user && hop->trusted) {
        curl.easy_setopt(handle, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl.easy_setopt(handle, CURLOPT_USERNAME, r->user);
        curl.easy_setopt(handle, CURLOPT_PASSWORD, r->password ? r->password : "");
    }
    if (r->ca.n) {
        struct curl_blob blob = {(void *)(uintptr_t)r->ca.p, r->ca.n, CURL_BLOB_NOCOPY};
        if (curl.easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob) != CURLE_OK)
            return err_set(ERR_UNSUPPORTED, "this libcurl takes no authorities of one's own");
        curl.easy_setopt(handle, CURLOPT_CAPATH, NULL);
    }
    if (r->insecure && url_is_loopback(&hop->parts)) {
        curl.easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
        curl.easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return 0;
}

static void list_cleanup(struct curl_slist **list)
{
    curl.slist_free_all(*list);
}

/* ---- one attempt: a request and what it is redirected to ---- */

struct outcome {
    bool again;       /* another attempt makes sense */
    long retry_after; /* seconds; -1: not said */
};

static bool may_pass(CURLcode code)
{
    return code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
           code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_ABORTED_BY_CALLBACK &&
           code != CURLE_OPERATION_TIMEDOUT;
}

static int perform(struct transfer *x, const struct hop *hop, long ms, struct outcome *o)
{
    _cleanup_(list_cleanup) struct curl_slist *headers = NULL;
    char text[CURL_ERROR_SIZE] = "";
    long status = 0;
    add_headers(x, hop, &headers);
    int r = set_options(x, hop, headers, ms);
    if (r < 0)
        return r;
    curl.easy_setopt(x->handle, CURLOPT_ERRORBUFFER, text);
    CURLcode code = curl.easy_perform(x->handle);
    curl.easy_setopt(x->handle, CURLOPT_ERRORBUFFER, NULL);
    if (x->fault)
        return err_context(x->fault, "%s", hop->url);
    o->again = code != CURLE_OK && may_pass(code);
    if (code == CURLE_SSL_CONNECT_ERROR && strstr(text, "wrong version number"))
        return err_set(ERR_IO, "%s: plain HTTP is spoken there, not TLS", hop->url);
    if (code != CURLE_OK)
        return err_set(ERR_IO, "%s: %s", hop->url, *text ? text : curl.easy_strerror(code));
    if (!x->started && (r = begin_body(x)) < 0)
        return r;
    curl.easy_getinfo(x->handle, CURLINFO_RESPONSE_CODE, &status);
    x->reply.status = (unsigned)status;
    return 0;
}

/* 303 asks for a GET, and so do browsers' habits of 301 and 302 (RFC 9110, 15.4). */
static void follow_method(struct hop *hop, unsigned status)
{
    bool post = !strcmp(hop->method, "POST");
    if ((status == 303 && strcmp(hop->method, "HEAD") != 0) || (post && (status == 301 || status == 302))) {
        hop->method = "GET";
        hop->body = (struct str){0};
        hop->has_body = false;
    }
}

/* 1: *hop leads on; 0: this is the answer. */
static int follow(struct transfer *x, struct hop *hop)
{
    unsigned status = x->reply.status;
    char *location = NULL;
    struct url next;
    if (x->request->no_redirects ||
        (status != 301 && status != 302 && status != 303 && status != 307 && status != 308))
        return 0;
    curl.easy_getinfo(x->handle, CURLINFO_REDIRECT_URL, &location);
    if (!location)
        return 0;
    const char *url = arena_cstr(x->arena, str_from(location));
    int r = url_parse(x->arena, str_from(url), &next);
    if (r < 0)
        return r;
    if (hop->parts.tls && !next.tls)
        return err_set(ERR_IO, "%s: redirected from https to %s", hop->url, url);
    hop->trusted &= url_same_host(&hop->parts, &next);
    follow_method(hop, status);
    hop->url = url;
    hop->parts = next;
    return 1;
}

static int64_t now_ms(void)
{
    return (int64_t)(time_monotonic_ns() / 1000000);
}

static void transfer_clean(struct transfer *x)
{
    buf_free(&x->body);
    if (x->saving)
        draft_cleanup(&x->draft);
}

static int finish(struct transfer *x, struct client_reply *ret_reply)
{
    if (x->saving) {
        int r = draft_finish(&x->draft, x->request->save_to);
        if (r < 0)
            return r;
    }
    struct http_field *headers = arena_new_array(x->arena, struct http_field, x->reply.n_headers);
    if (x->reply.n_headers)
        memcpy(headers, x->headers, x->reply.n_headers * sizeof *headers);
    *ret_reply = (struct client_reply){.status = x->reply.status,
                                       .headers = headers,
                                       .n_headers = x->reply.n_headers,
                                       .body = arena_str(x->arena, buf_str(&x->body))};
    return 0;
}

static int attempt(struct arena *a, const struct client_request *r, struct hop hop, int64_t deadline,
                   struct outcome *o, struct client_reply *ret_reply)
{
    uint64_t seconds;
    for (unsigned i = 0; i <= REDIRECTS_MAX; i++) {
        _cleanup_(transfer_clean) struct transfer x = {.arena = a, .request = r, .handle = take_handle()};
        long left = (long)(deadline - now_ms());
        x.cap = r->cap ? r->cap : ANSWER_MAX;
        x.body = buf_new(r->save_to && x.cap > ANSWER_MAX ? ANSWER_MAX : x.cap);
        if (!x.handle)
            return err_set(ERR_IO, "libcurl does not start");
        int status = perform(&x, &hop, left > 0 ? left : 1, o);
        if (!status)
            status = follow(&x, &hop);
        if (status < 0)
            return status;
        if (status)
            continue;
        x.reply.headers = x.headers;
        o->again = x.reply.status == 429 ||
                   (x.reply.status >= 500 && x.reply.status <= 504 && x.reply.status != 501);
        if (str_u64(client_header(&x.reply, "retry-after"), &seconds) && seconds < INT32_MAX)
            o->retry_after = (long)seconds;
        return finish(&x, ret_reply);
    }
    return err_set(ERR_IO, "%s: more than %d redirects", r->url, REDIRECTS_MAX);
}

/* ---- attempts ---- */

static int check(struct arena *a, const struct client_request *r, struct hop *hop)
{
    for (size_t i = 0; i < r->n_headers; i++) {
        const struct http_field *f = &r->headers[i];
        if (!f->name.n || str_find(f->name, '\n') >= 0 || str_find(f->value, '\n') >= 0 ||
            str_find(f->value, '\r') >= 0)
            return err_set(ERR_INVALID, "%s: a header is not one", r->url);
    }
    int status = url_parse(a, str_from(r->url), &hop->parts);
    if (status < 0)
        return status;
    if (r->insecure && !url_is_loopback(&hop->parts))
        return err_set(ERR_INVALID, "%s: only servers on this machine may go without verified TLS", r->url);
    hop->method = r->method;
    hop->url = r->url;
    hop->body = r->body;
    hop->has_body = r->body.n || !strcmp(r->method, "POST") || !strcmp(r->method, "PUT");
    hop->trusted = true;
    return 0;
}

int client_send(struct arena *a, const struct client_request *r, struct client_reply *ret_reply)
{
    struct hop hop = {0};
    int64_t deadline = now_ms() + (int64_t)(r->seconds ? r->seconds : 60) * 1000;
    unsigned attempts = r->attempts ? r->attempts : 3;
    int status = curl_load();
    if (!status)
        status = check(a, r, &hop);
    if (status < 0)
        return status;
    for (unsigned i = 0;; i++) {
        struct outcome o = {.retry_after = -1};
        status = attempt(a, r, hop, deadline, &o, ret_reply);
        long wait = curl_backoff(i, o.retry_after);
        if (!o.again || i + 1 >= attempts || o.retry_after > CURL_RETRY_MAX_MS / 1000 ||
            now_ms() + wait >= deadline || !client_wait(wait))
            return status;
    }
}
