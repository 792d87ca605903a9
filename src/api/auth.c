#include "api/auth.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>

#include "api/error.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/mem.h"
#include "net/limit.h"
#include "net/sigv4.h"

/* Keys that were looked up within the last second: a fleet that reports, a page that loads call many times.
 * A key that is removed or disabled is so refused a second later at most. Which slot a key has its digest
 * says; keys that share one push each other out, which harms nobody. */
enum { SLOTS = 4096 };
#define KEPT_NS 1000000000ULL
struct slot {
    struct access_key key;
    uint64_t fetched; /* 0: empty */
};
struct auth {
    const struct api_options *options;
    struct sigv4_cache *signatures;
    struct limit *limit;
    pthread_mutex_t lock;
    struct slot *slots;
};

struct auth *auth_new(const struct api_options *options)
{
    struct auth *a = mem_alloc(sizeof *a);
    a->options = options;
    a->signatures = sigv4_cache_new();
    unsigned rate = options->requests_per_second ? options->requests_per_second : 5000;
    a->limit = limit_new(rate, 2 * rate);
    pthread_mutex_init(&a->lock, NULL);
    a->slots = mem_alloc(SLOTS * sizeof *a->slots);
    return a;
}

void auth_free(struct auth *a)
{
    if (!a)
        return;
    sigv4_cache_free(a->signatures);
    limit_free(a->limit);
    pthread_mutex_destroy(&a->lock);
    explicit_bzero(a->slots, SLOTS * sizeof *a->slots);
    free(a->slots);
    free(a);
}

static struct slot *slot_of(struct auth *a, struct str key_id)
{
    return &a->slots[hash64(key_id) % SLOTS];
}

static bool cached_key(struct auth *a, struct str key_id, struct access_key *ret_key)
{
    struct slot *s = slot_of(a, key_id);
    pthread_mutex_lock(&a->lock);
    bool found = s->fetched && time_monotonic_ns() - s->fetched < KEPT_NS && str_is(key_id, s->key.id);
    if (found)
        *ret_key = s->key;
    pthread_mutex_unlock(&a->lock);
    return found;
}

static int find_key(struct auth *a, struct str key_id, struct access_key *ret_key)
{
    if (cached_key(a, key_id, ret_key))
        return 0;
    uint64_t now = time_monotonic_ns();
    _cleanup_(store_release_cleanup) struct sql *db = store_reader(a->options->store);
    int r = access_key_find(db, a->options->master, key_id, ret_key);
    if (r == 0)
        r = sql_status(db);
    if (r < 0)
        return r;
    struct slot *s = slot_of(a, key_id);
    pthread_mutex_lock(&a->lock);
    s->key = *ret_key;
    s->fetched = now;
    pthread_mutex_unlock(&a->lock);
    return 0;
}

struct str session_token(struct arena *a, const struct master_key *k, const struct access_key *key)
{
    struct str sealed = seal(a, k, str_from(key->id), STR("session"));
    char *hex = arena_alloc(a, 2 * sealed.n + 1);
    hex_write(sealed.p, sealed.n, hex);
    return (struct str){hex, 2 * sealed.n};
}

bool session_token_holds(struct arena *a, const struct master_key *k, const struct access_key *key,
                         struct str token)
{
    enum { SEALED = SEAL_OVERHEAD + 7 };
    char sealed[SEALED];
    struct str content;
    return hex_read(token, sealed, SEALED) &&
           unseal(a, k, str_from(key->id), (struct str){sealed, SEALED}, &content) == 0 &&
           str_is(content, "session");
}

static int refuse(struct call *c, const char *type, const char *message)
{
    return call_error(c, &(struct error_reply){.status = 403, .type = type, .message = str_from(message)});
}

static const char wrong_signature[] =
    "The request signature we calculated does not match the signature you provided. Check the secret access "
    "key and the signing method.";
static const char unknown_key[] = "The security token included in the request is invalid.";

static int refuse_signature(struct call *c, enum sigv4_result result)
{
    switch (result) {
    case SIGV4_NONE:
        return refuse(c, "MissingAuthenticationTokenException",
                      "The request is not signed: an access key of this server is needed.");
    case SIGV4_MALFORMED:
        return refuse(c, "IncompleteSignatureException",
                      "The Authorization header is not a complete AWS4-HMAC-SHA256 signature (presigned "
                      "requests are not accepted).");
    case SIGV4_SKEWED:
        return refuse(c, "InvalidSignatureException",
                      "Signature expired: X-Amz-Date is more than 5 minutes from the clock of this server.");
    case SIGV4_REPLAYED:
        return call_repeated(c);
    case SIGV4_OK:
    case SIGV4_WRONG:
        break;
    }
    return refuse(c, "InvalidSignatureException", wrong_signature);
}

/* The scope must name this service and this Region: the key of another says nothing here. */
static int check_scope(struct auth *a, struct call *c, const struct sigv4_claim *claim)
{
    const char *service = c->operation->service ? c->operation->service : "inspector2";
    const char *region = store_place(a->options->store)->region;
    if (!str_is(claim->service, service))
        return refuse(
            c, "InvalidSignatureException",
            arena_printf(c->arena, "Credential should be scoped to correct service: '%s'.", service).p);
    if (!c->operation->any_region && !str_is(claim->region, region))
        return refuse(c, "InvalidSignatureException",
                      arena_printf(c->arena,
                                   "Credential should be scoped to a valid Region: this server is '%s', not "
                                   "'%.*s'.",
                                   region, STR_ARG(claim->region))
                          .p);
    return 0;
}

static bool session_key(const struct access_key *k)
{
    return k->expires != TIME_NONE;
}

static int check_key(struct auth *a, struct call *c, const struct sigv4_claim *claim, struct access_key *key)
{
    int r = find_key(a, claim->key_id, key);
    if (r == ERR_MISSING || (r == 0 && key->disabled))
        return refuse(c, "UnrecognizedClientException", unknown_key);
    if (r < 0)
        return call_failed(c, r);
    enum sigv4_result result = sigv4_verify(a->signatures, c->http, claim, str_from(key->secret), c->now);
    if (result != SIGV4_OK)
        return refuse_signature(c, result);
    if (session_key(key) && key->expires <= c->now)
        return refuse(c, "ExpiredTokenException", "The security token included in the request is expired");
    if (session_key(key) ? !session_token_holds(c->arena, a->options->master, key, claim->token)
                         : claim->token.n > 0)
        return refuse(c, "UnrecognizedClientException", unknown_key);
    return 0;
}

static unsigned role_bit(enum role role)
{
    return role == ROLE_admin ? ROLE_BIT_ADMIN : role == ROLE_read_only ? ROLE_BIT_READ : ROLE_BIT_COLLECTOR;
}

static int check_role(struct call *c)
{
    if (c->operation->roles & role_bit(c->key->role))
        return 0;
    char account[ACCOUNT_TEXT];
    return call_denied(c, "User: arn:%s:iam::%s:user/%s is not authorized to perform: %s:%s",
                       store_place(c->store)->partition, account_text(c->account, account), c->key->user,
                       c->operation->service ? c->operation->service : "inspector2", c->operation->name);
}

static bool loopback(struct str peer)
{
    return str_is(peer, "::1") || str_starts(peer, STR("127.")) || str_starts(peer, STR("::ffff:127."));
}

bool auth_open(const struct operation *o, const struct http_request *r)
{
    return (o->roles & ROLE_BIT_NONE) || ((o->roles & ROLE_BIT_LOOPBACK) && loopback(r->peer));
}

int auth_call(struct auth *a, struct call *c)
{
    if (auth_open(c->operation, c->http))
        return 0;
    struct sigv4_claim claim;
    enum sigv4_result result = sigv4_claim(c->http, c->now, &claim);
    if (result != SIGV4_OK)
        return refuse_signature(c, result);
    int r = check_scope(a, c, &claim);
    if (r < 0)
        return r;
    struct access_key *key = arena_alloc(c->arena, sizeof *key);
    r = check_key(a, c, &claim, key);
    if (r < 0)
        return r;
    unsigned wait = limit_take(a->limit, claim.key_id, time_monotonic_ns());
    if (wait)
        return call_throttled(c, wait);
    c->key = key;
    c->account = key->account;
    return check_role(c);
}
