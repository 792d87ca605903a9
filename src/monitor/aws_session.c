#include "monitor/aws_session.h"

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "monitor/runtime.h"

enum { CHAIN_MAX = 3 }; /* members of members there are none */

/* By "KEY REGION", KEY being a digest of all that credentials depend on: who changes an origin's options gets
 * new ones, and the old ones serve those who still use them. */
struct aws_sessions {
    pthread_mutex_t lock;
    struct arena *arena;
    struct map by_key;
};

struct aws_sessions *aws_sessions_new(void)
{
    struct aws_sessions *s = mem_alloc(sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->arena = arena_new(0);
    return s;
}

/* Those in other regions and roles may refer to the first. */
void aws_sessions_free(struct aws_sessions *s)
{
    if (!s)
        return;
    for (size_t i = s->by_key.n; i > 0; i--)
        aws_free(s->by_key.entries[i - 1].value);
    map_free(&s->by_key);
    arena_free(s->arena);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static int find_origin(struct store *s, const struct master_key *k, struct arena *a, account_id account,
                       struct scan_origin *ret_origin)
{
    char digits[ACCOUNT_TEXT];
    struct str url = arena_printf(a, "aws:%s", account_text(account, digits));
    return origin_read(s, k, a, account, origin_id(a, ORIGIN_AWS_ACCOUNT, url), ret_origin);
}

int aws_origin(struct monitor *m, struct arena *a, account_id account, struct scan_origin *ret_origin)
{
    return find_origin(monitor_store(m), monitor_options(m)->master, a, account, ret_origin);
}

static struct str home_region(struct store *s, const struct origin_options *o)
{
    return o->aws.n_regions ? o->aws.regions[0] : str_from(store_place(s)->region);
}

static void add_key(struct sha256 *h, struct str text)
{
    sha256_update(h, &text.n, sizeof text.n);
    sha256_update(h, text.p, text.n);
}

/* Of the origin and those whose credentials it uses. */
static struct str key_of(struct arena *a, const struct scan_origin *chain, size_t n, struct str region)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    struct sha256 *h = sha256_new();
    for (size_t i = 0; i < n; i++) {
        add_key(h, chain[i].origin.id);
        add_key(h, chain[i].origin.options);
        add_key(h, chain[i].secret);
    }
    sha256_finish(h, digest);
    sha256_hex(digest, hex);
    return arena_printf(a, "%s %.*s", hex, STR_ARG(region));
}

static int make(struct store *s, const struct scan_origin *o, struct aws **ret_aws)
{
    const struct origin_options *options = &o->options;
    return aws_new(&(struct aws_options){.key = {.id = options->key_id, .secret = o->secret},
                                         .profile = options->aws.profile,
                                         .role = options->role,
                                         .external_id = options->aws.external_id,
                                         .region = home_region(s, options),
                                         .ca = options->ca,
                                         .endpoints = options->aws.endpoints,
                                         .n_endpoints = options->aws.n_endpoints,
                                         .call_seconds = options->aws.call_seconds},
                   ret_aws);
}

static struct aws *keep(struct aws_sessions *s, struct str key, struct aws *aws)
{
    map_set(&s->by_key, arena_str(s->arena, key), aws);
    return aws;
}

/* Holding the lock; chain[0] in its home region. */
static int home(struct monitor *m, struct arena *a, const struct scan_origin *chain, size_t n,
                struct aws **ret_aws)
{
    struct aws_sessions *s = m->aws;
    struct str key = key_of(a, chain, n, STR("home"));
    struct aws *aws = map_get(&s->by_key, key), *parent = NULL;
    int status = 0;
    if (!aws && n > 1) {
        status = home(m, a, chain + 1, n - 1, &parent);
        if (status == 0)
            aws = aws_in_role(parent, chain[0].options.role, chain[0].options.aws.external_id);
    } else if (!aws) {
        status = make(monitor_store(m), &chain[0], &aws);
    }
    if (status == 0)
        *ret_aws = map_get(&s->by_key, key) ? aws : keep(s, key, aws);
    return status;
}

static int read_chain(struct store *s, const struct master_key *k, struct arena *a,
                      const struct scan_origin *o, struct scan_origin chain[CHAIN_MAX], size_t *ret_n)
{
    size_t n = 1;
    chain[0] = *o;
    while (chain[n - 1].options.aws.member_of >= 0) {
        account_id parent = chain[n - 1].options.aws.member_of;
        if (n == CHAIN_MAX)
            return err_set(ERR_LIMIT, "%.*s: a member of a member of a member", STR_ARG(o->origin.url));
        int status = find_origin(s, k, a, parent, &chain[n]);
        if (status < 0)
            return err_context(status, "%.*s", STR_ARG(o->origin.url));
        n++;
    }
    *ret_n = n;
    return 0;
}

int aws_session(struct monitor *m, const struct scan_origin *o, struct str region, struct aws **ret_aws)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct scan_origin chain[CHAIN_MAX];
    struct aws_sessions *s = m->aws;
    size_t n = 0;
    int status = read_chain(monitor_store(m), monitor_options(m)->master, a, o, chain, &n);
    if (status < 0)
        return status;
    if (!region.n)
        region = home_region(monitor_store(m), &o->options);
    struct str key = key_of(a, chain, n, region);
    struct aws *at_home;
    pthread_mutex_lock(&s->lock);
    struct aws *aws = map_get(&s->by_key, key);
    if (!aws)
        status = home(m, a, chain, n, &at_home);
    if (!aws && status == 0)
        aws = keep(s, key, aws_in_region(at_home, region));
    pthread_mutex_unlock(&s->lock);
    if (status == 0)
        *ret_aws = aws;
    return status;
}

int aws_connect(struct store *s, const struct master_key *k, const struct scan_origin *o, struct str region,
                struct aws **ret_aws)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct scan_origin chain[CHAIN_MAX];
    struct aws *aws = NULL;
    size_t n = 0;
    int status = read_chain(s, k, a, o, chain, &n);
    if (status == 0)
        status = make(s, &chain[n - 1], &aws);
    if (status < 0)
        return status;
    for (size_t i = n - 1; i-- > 0;) {
        struct aws *outer = aws;
        aws = aws_in_role(outer, chain[i].options.role, chain[i].options.aws.external_id);
        aws_free(outer);
    }
    *ret_aws = aws_in_region(aws, region.n ? region : home_region(s, &o->options));
    aws_free(aws);
    return 0;
}
