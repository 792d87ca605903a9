/* Registries over HTTP (OCI Distribution Specification 1.1). */
#include "source/registry_methods.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/time.h"
#include "net/client.h"
#include "source/challenge.h"
#include "view/io.h"

enum {
    PAGE = 1000,
    LIST_CAP = 8 << 20,
    TOKEN_CAP = 64 << 10,
    TOKEN_SECONDS = 60, /* what a token lasts that does not say ("Token Authentication Specification") */
    TOKENS_MAX = 1000,
};

/* For a scope of one repository. */
struct token {
    struct str text;
    int64_t expires;
};

struct oci {
    struct arena *arena, *token_arena;
    struct str url, host, user, password, ca;
    bool insecure;
    bool basic;        /* the registry asked for it */
    struct map tokens; /* repository -> token; "" for the catalogue */
};

/* Tokens */

static void url_encode(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (is_alnum(s.p[i]) || (s.p[i] && strchr("-._~", s.p[i])))
            buf_add_c(b, s.p[i]);
        else
            buf_printf(b, "%%%02X", (unsigned char)s.p[i]);
}

/* GET realm?service=...&scope=...: the anonymous or, with a user, the user's token ("Token Authentication
 * Specification" of the distribution project). */
static int fetch_token(struct oci *r, struct arena *a, const struct challenge *c, struct token *ret_token)
{
    _cleanup_(buf_free) struct buf url = buf_new(16384);
    if (str_starts(r->url, STR("https://")) && !str_starts(c->realm, STR("https://")))
        return err_set(ERR_DENIED, "%.*s sends us for a token to %.*s, which is not https", STR_ARG(r->host),
                       STR_ARG(c->realm));
    buf_add_str(&url, c->realm);
    buf_printf(&url, "%sservice=", str_find(c->realm, '?') >= 0 ? "&" : "?");
    url_encode(&url, c->service);
    if (c->scope.n) {
        buf_printf(&url, "&scope=");
        url_encode(&url, c->scope);
    }
    if (buf_status(&url) < 0)
        return err_set(ERR_LIMIT, "%.*s asks for a token of a scope too long", STR_ARG(r->host));
    const struct client_request request = {
        .method = "GET",
        .url = url.p,
        .cap = TOKEN_CAP,
        .user = r->user.n ? r->user.p : NULL,
        .password = r->user.n ? r->password.p : NULL,
        .ca = r->ca,
        .insecure = r->insecure,
    };
    struct client_reply reply;
    json_val *root;
    int status = client_send(a, &request, &reply);
    if (status < 0)
        return status;
    if (reply.status == 401 || reply.status == 403)
        return err_set(ERR_DENIED, "%.*s: no token: %u", STR_ARG(c->realm), reply.status);
    if (reply.status != 200)
        return err_set(ERR_IO, "%.*s: no token: %u", STR_ARG(c->realm), reply.status);
    status = json_parse(a, reply.body, &root);
    if (status < 0)
        return err_context(status, "%.*s", STR_ARG(c->realm));
    struct str text = json_get_str(root, "token");
    if (!text.n)
        text = json_get_str(root, "access_token");
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            text.n = 0;
    if (!text.n)
        return err_set(ERR_INVALID, "%.*s: no token in the answer", STR_ARG(c->realm));
    int64_t seconds = yyjson_get_int(json_get(root, "expires_in"));
    ret_token->text = text;
    ret_token->expires = time_now() + (seconds >= TOKEN_SECONDS ? seconds : TOKEN_SECONDS) - 10;
    return 0;
}

static void keep_token(struct oci *r, struct str scope, const struct token *token)
{
    if (r->tokens.n >= TOKENS_MAX) {
        map_free(&r->tokens);
        arena_reset(r->token_arena);
    }
    struct token *kept = arena_alloc(r->token_arena, sizeof *kept);
    *kept = (struct token){arena_str(r->token_arena, token->text), token->expires};
    map_set(&r->tokens, arena_str(r->token_arena, scope), kept);
}

static struct str challenges_of(struct arena *a, const struct client_reply *reply)
{
    struct str all = {NULL, 0};
    for (size_t i = 0; i < reply->n_headers; i++)
        if (str_ieq(reply->headers[i].name, STR("www-authenticate")))
            all = arena_printf(a, "%.*s%s%.*s", STR_ARG(all), all.n ? ", " : "",
                               STR_ARG(reply->headers[i].value));
    return all;
}

/* Requests */

struct request {
    const char *method;
    struct str path;  /* "/v2/..." */
    struct str scope; /* the repository; or empty */
    size_t cap;
    unsigned seconds;
    const char *save_to;
};

static const char *const accepted = "application/vnd.oci.image.index.v1+json, "
                                    "application/vnd.oci.image.manifest.v1+json, "
                                    "application/vnd.docker.distribution.manifest.list.v2+json, "
                                    "application/vnd.docker.distribution.manifest.v2+json";

static int send_once(struct oci *r, struct arena *a, const struct request *q, struct client_reply *ret_reply)
{
    struct http_field headers[2] = {{STR("Accept"), str_from(accepted)}};
    const struct token *token = map_get(&r->tokens, q->scope);
    struct str bearer = {NULL, 0};
    if (token && token->expires > time_now())
        bearer = token->text;
    else if (!r->user.n && r->password.n && !r->basic)
        bearer = r->password;
    struct client_request request = {
        .method = q->method,
        .url = arena_printf(a, "%.*s%.*s", STR_ARG(r->url), STR_ARG(q->path)).p,
        .headers = headers,
        .n_headers = 1,
        .cap = q->cap,
        .seconds = q->seconds,
        .save_to = q->save_to,
        .ca = r->ca,
        .insecure = r->insecure,
    };
    if (bearer.n) {
        headers[request.n_headers++] =
            (struct http_field){STR("Authorization"), arena_printf(a, "Bearer %.*s", STR_ARG(bearer))};
    } else if (r->basic && r->user.n) {
        request.user = r->user.p;
        request.password = r->password.p;
    }
    return client_send(a, &request, ret_reply);
}

/* Answers the challenge of a 401; whether it is worth trying again. */
static int answer(struct oci *r, struct arena *a, const struct request *q, const struct client_reply *reply,
                  bool *ret_again)
{
    struct challenge c = challenge_parse(a, challenges_of(a, reply));
    struct token token = {0};
    *ret_again = false;
    if (c.scheme == CHALLENGE_BASIC && r->user.n && !r->basic) {
        r->basic = *ret_again = true;
    } else if (c.scheme == CHALLENGE_BEARER) {
        int status = fetch_token(r, a, &c, &token);
        if (status < 0)
            return status;
        keep_token(r, q->scope, &token);
        *ret_again = true;
    }
    return 0;
}

static int failed(const struct oci *r, const struct request *q, const struct client_reply *reply)
{
    int code = reply->status == 401 || reply->status == 403   ? ERR_DENIED
               : reply->status == 404                         ? ERR_MISSING
               : reply->status == 429 || reply->status >= 500 ? ERR_IO
                                                              : ERR_INVALID;
    const char *meaning = code == ERR_MISSING          ? " (not there)"
                          : code != ERR_DENIED         ? ""
                          : r->user.n || r->password.n ? " (the login is refused)"
                                                       : " (a login is wanted)";
    return err_set(code, "%.*s%.*s: %u%s", STR_ARG(r->url), STR_ARG(q->path), reply->status, meaning);
}

static int send_request(struct oci *r, struct arena *a, const struct request *q,
                        struct client_reply *ret_reply)
{
    struct client_reply reply;
    bool again = false;
    int status = send_once(r, a, q, &reply);
    if (status == 0 && reply.status == 401) {
        status = answer(r, a, q, &reply, &again);
        if (status == 0 && again)
            status = send_once(r, a, q, &reply);
    }
    if (status < 0)
        return status;
    if (reply.status != 200)
        return failed(r, q, &reply);
    *ret_reply = reply;
    return 0;
}

static int ping(void *self, struct arena *a)
{
    struct oci *r = self;
    const struct request q = {.method = "GET", .path = STR("/v2/"), .cap = TOKEN_CAP};
    struct client_reply reply;
    return send_request(r, a, &q, &reply);
}

/* Lists */

/* The path of the next page: `</v2/_catalog?last=b&n=2>; rel="next"` (RFC 8288), which may be a whole URL of
 * this registry. */
static struct str next_page(const struct oci *r, struct arena *a, const struct client_reply *reply)
{
    struct str link = client_header(reply, "link"), head, rest;
    if (str_find_str(link, STR("rel=\"next\"")) < 0 || !str_cut(link, '<', &head, &rest) ||
        !str_cut(rest, '>', &link, &rest))
        return (struct str){NULL, 0};
    if (str_starts(link, r->url))
        link = str_slice(link, r->url.n, link.n);
    return str_starts(link, STR("/v2/")) ? arena_str(a, link) : (struct str){NULL, 0};
}

static int list_page(struct oci *r, struct arena *a, const struct request *first, const char *member,
                     struct str *page, struct str **ret_names, size_t *ret_n)
{
    struct request q = *first;
    struct client_reply reply;
    json_val *root;
    if (page->n)
        q.path = *page;
    int status = send_request(r, a, &q, &reply);
    if (status == 0)
        status = json_parse(a, reply.body, &root);
    if (status < 0)
        return status;
    json_val *list = json_get(root, member);
    struct str *names = arena_new_array(a, struct str, yyjson_arr_size(list));
    struct str next = next_page(r, a, &reply);
    size_t n = 0;
    for (json_each(name, list))
        if (json_str(name).n)
            names[n++] = json_str(name);
    *page = str_eq(next, q.path) ? (struct str){NULL, 0} : next; /* it would go on for ever */
    *ret_names = names;
    *ret_n = n;
    return 0;
}

static int repositories(void *self, struct arena *a, struct str *page, struct str **ret_names, size_t *ret_n)
{
    struct oci *r = self;
    const struct request q = {
        .method = "GET", .path = arena_printf(a, "/v2/_catalog?n=%d", PAGE), .cap = LIST_CAP};
    return list_page(r, a, &q, "repositories", page, ret_names, ret_n);
}

static int tags(void *self, struct arena *a, struct str repository, struct str *page, struct str **ret_tags,
                size_t *ret_n)
{
    struct oci *r = self;
    const struct request q = {.method = "GET",
                              .path = arena_printf(a, "/v2/%.*s/tags/list?n=%d", STR_ARG(repository), PAGE),
                              .scope = repository,
                              .cap = LIST_CAP};
    return list_page(r, a, &q, "tags", page, ret_tags, ret_n);
}

/* Manifests and blobs */

static struct request manifest_request(struct arena *a, const char *method, struct str repository,
                                       struct str reference)
{
    return (struct request){
        .method = method,
        .path = arena_printf(a, "/v2/%.*s/manifests/%.*s", STR_ARG(repository), STR_ARG(reference)),
        .scope = repository,
        .cap = MANIFEST_MAX,
    };
}

static int manifest(void *self, struct arena *a, struct str repository, struct str reference,
                    struct str *ret_text, struct str *ret_media_type)
{
    const struct request q = manifest_request(a, "GET", repository, reference);
    struct client_reply reply;
    int status = send_request(self, a, &q, &reply);
    if (status < 0)
        return status;
    *ret_text = reply.body;
    *ret_media_type = client_header(&reply, "content-type");
    return 0;
}

static int resolve(void *self, struct arena *a, struct str repository, struct str reference,
                   struct str *ret_digest)
{
    struct request q = manifest_request(a, "HEAD", repository, reference);
    struct client_reply reply;
    int status = send_request(self, a, &q, &reply);
    if (status < 0)
        return status;
    struct str digest = client_header(&reply, "docker-content-digest");
    if (digest_valid(digest)) {
        *ret_digest = digest;
        return 0;
    }
    q.method = "GET"; /* a registry need not say */
    status = send_request(self, a, &q, &reply);
    if (status == 0)
        *ret_digest = text_digest(a, reply.body);
    return status;
}

static int blob(void *self, struct arena *a, struct str repository, const struct descriptor *d,
                const char *save_to, struct str *ret_text)
{
    const struct request q = {
        .method = "GET",
        .path = arena_printf(a, "/v2/%.*s/blobs/%.*s", STR_ARG(repository), STR_ARG(d->digest)),
        .scope = repository,
        .cap = blob_cap(d),
        .seconds = blob_seconds(d),
        .save_to = save_to,
    };
    struct client_reply reply;
    int status = send_request(self, a, &q, &reply);
    if (status == 0 && !save_to)
        *ret_text = reply.body;
    return status;
}

static void oci_free(void *self)
{
    struct oci *r = self;
    map_free(&r->tokens);
    arena_free(r->token_arena);
    arena_free(r->arena);
    free(r);
}

static const struct registry_methods methods = {
    .free = oci_free,
    .manifest = manifest,
    .blob = blob,
    .ping = ping,
    .repositories = repositories,
    .tags = tags,
    .resolve = resolve,
};

struct registry *registry_new(const struct registry_options *options)
{
    struct oci *r = mem_alloc(sizeof *r);
    r->arena = arena_new(0);
    r->token_arena = arena_new(0);
    r->url = arena_str(r->arena, options->url);
    r->user = arena_str(r->arena, options->user);
    r->password = arena_str(r->arena, options->password);
    r->ca = arena_str(r->arena, options->ca);
    r->insecure = options->insecure;
    ptrdiff_t at = str_find_str(r->url, STR("://"));
    r->host = at < 0 ? r->url : str_slice(r->url, (size_t)at + 3, r->url.n);
    return registry_make(&methods, r, r->host);
}
