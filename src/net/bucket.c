/* S3's REST API as far as files in a bucket need it, in path style, which every compatible server knows. */
#include "base/err.h"
#include "base/time.h"
#include "base/xml.h"
#include "net/client.h"

enum { OBJECT_SECONDS = 900, LIST_MAX = 1000 };
static const size_t object_max = (size_t)4 << 30;

/* ---- errors ---- */

static int on_error_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    char *code = ctx;
    if (str_is(path, "Error/Code") && text.n < 64) {
        memcpy(code, text.p, text.n);
        code[text.n] = 0;
    }
    return 0;
}

static int judge(const struct bucket *b, struct str object, const struct client_reply *reply)
{
    char code[64] = "";
    int r = ERR_IO;
    if (reply->status >= 200 && reply->status <= 299)
        return 0;
    xml_parse(reply->body, STR("answer"), &(struct xml_handler){.close = on_error_close, .ctx = code});
    if (reply->status == 404)
        r = ERR_MISSING;
    else if (reply->status == 401 || reply->status == 403)
        r = ERR_DENIED;
    return err_set(r, "bucket %.*s: %.*s: %sHTTP status %u %s", STR_ARG(b->name), STR_ARG(object),
                   r == ERR_DENIED ? "access denied: " : "", reply->status, code);
}

/* ---- requests ---- */

static int send_signed(struct arena *a, const struct bucket *b, struct str object, struct str query,
                       struct client_request *r, struct client_reply *ret_reply)
{
    struct str endpoint = b->endpoint;
    if (str_ends(endpoint, STR("/")))
        endpoint.n--;
    r->url = arena_printf(a, "%.*s/%.*s%s%.*s%s%.*s", STR_ARG(endpoint),
                          STR_ARG(http_encode(a, b->name, false)), object.n ? "/" : "",
                          STR_ARG(http_encode(a, object, true)), query.n ? "?" : "", STR_ARG(query))
                 .p;
    r->key = b->key.id.n ? &b->key : NULL; /* public ones are read without */
    r->region = b->region;
    r->service = STR("s3");
    int status = client_send(a, r, ret_reply);
    return status < 0 ? status : judge(b, object, ret_reply);
}

int bucket_put(struct arena *a, const struct bucket *b, struct str object, struct str content_type,
               struct str content)
{
    struct http_field type = {STR("Content-Type"), content_type};
    struct client_request r = {
        .method = "PUT", .headers = &type, .n_headers = 1, .body = content, .seconds = OBJECT_SECONDS};
    struct client_reply reply;
    return send_signed(a, b, object, (struct str){0}, &r, &reply);
}

int bucket_get(struct arena *a, const struct bucket *b, struct str object, const char *save_to)
{
    struct client_request r = {
        .method = "GET", .save_to = save_to, .cap = object_max, .seconds = OBJECT_SECONDS};
    struct client_reply reply;
    return send_signed(a, b, object, (struct str){0}, &r, &reply);
}

/* ---- lists ---- */

struct listing {
    struct arena *arena;
    struct bucket_object objects[LIST_MAX], now;
    size_t n;
    struct str next;
    bool encoded;
};

static struct str unquoted(struct str s)
{
    return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_slice(s, 1, s.n - 1) : s;
}

static int on_list_close(void *ctx, const struct xml *x, struct str path, struct str text)
{
    (void)x;
    struct listing *l = ctx;
    if (str_is(path, "ListBucketResult/Contents/Key")) {
        l->now.name = arena_str(l->arena, text);
    } else if (str_is(path, "ListBucketResult/Contents/ETag")) {
        l->now.etag = arena_str(l->arena, unquoted(text));
    } else if (str_is(path, "ListBucketResult/Contents/Size")) {
        if (!str_u64(text, &l->now.size))
            return err_set(ERR_INVALID, "an object without a size");
    } else if (str_is(path, "ListBucketResult/Contents/LastModified")) {
        l->now.modified = time_parse_or_none(text);
    } else if (str_is(path, "ListBucketResult/Contents")) {
        if (l->n == LIST_MAX)
            return err_set(ERR_LIMIT, "more than %d objects in a page", LIST_MAX);
        l->objects[l->n++] = l->now;
        l->now = (struct bucket_object){.modified = TIME_NONE};
    } else if (str_is(path, "ListBucketResult/NextContinuationToken")) {
        l->next = arena_str(l->arena, text);
    } else if (str_is(path, "ListBucketResult/EncodingType")) {
        l->encoded = str_is(text, "url");
    }
    return 0;
}

int bucket_list(struct arena *a, const struct bucket *b, struct str prefix, struct str token,
                struct bucket_object **ret_objects, size_t *ret_n, struct str *ret_next)
{
    struct listing *l = arena_alloc(a, sizeof *l);
    struct client_request r = {.method = "GET"};
    struct client_reply reply;
    /* Names may hold what XML cannot: they come percent-encoded. */
    struct str query =
        arena_printf(a, "encoding-type=url&list-type=2&max-keys=%d&prefix=%.*s%s%.*s", LIST_MAX,
                     STR_ARG(http_encode(a, prefix, false)), token.n ? "&continuation-token=" : "",
                     STR_ARG(http_encode(a, token, false)));
    int status = send_signed(a, b, (struct str){0}, query, &r, &reply);
    l->arena = a;
    l->now.modified = TIME_NONE;
    if (!status)
        status = xml_parse(reply.body, b->name, &(struct xml_handler){.close = on_list_close, .ctx = l});
    for (size_t i = 0; !status && l->encoded && i < l->n; i++) {
        if (!http_decode(a, l->objects[i].name, true, &l->objects[i].name))
            status = err_set(ERR_INVALID, "bucket %.*s: a name does not decode", STR_ARG(b->name));
    }
    if (status)
        return status;
    *ret_objects = l->objects;
    *ret_n = l->n;
    *ret_next = l->next;
    return 0;
}
