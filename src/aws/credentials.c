#include "aws/credentials.h"

#include <pthread.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/mem.h"

enum {
    FRESH_SECONDS = 600, /* with less left they are renewed, */
    GOOD_SECONDS = 60,   /* and with less than this not used any more */
    PAUSE_SECONDS = 60,  /* between attempts to renew what is good still, */
    WAIT_SECONDS = 3,    /* and between attempts to get any */
};

struct credential_source {
    struct aws_config *config;
    struct credential_source *base; /* whose keys assume the role; NULL: the options' key, or the providers */
    struct str region, role, external_id;
    struct arena *arena; /* of these */
    _Atomic unsigned references;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t done;
    struct arena *current; /* owns `now`; NULL: there is none yet */
    struct credentials now;
    bool renewing, refused;
    int64_t again; /* no attempt before */
    int fault;     /* of the last attempt; 0: none */
    char text[512];
};

int credentials_from_json(struct arena *a, const char *who, struct str text, const char *token,
                          struct credentials *ret_credentials)
{
    json_val *root;
    if (json_parse(a, text, &root) < 0)
        return err_set(ERR_INVALID, "%s: the answer is no JSON", who);
    struct credentials c = {.key = {json_get_str(root, "AccessKeyId"), json_get_str(root, "SecretAccessKey"),
                                    json_get_str(root, token)},
                            .expires = TIME_NONE};
    struct str expires = json_get_str(root, "Expiration");
    if (!c.key.id.n || !c.key.secret.n)
        return err_set(ERR_INVALID, "%s: no key in the answer", who);
    if (expires.n && time_parse(expires, &c.expires) < 0)
        return err_set(ERR_INVALID, "%s: the time at which the key expires is none", who);
    *ret_credentials = c;
    return 0;
}

/* ---- fetching ---- */

static bool has_static_key(const struct aws_config *config)
{
    return config->options.key.id.n > 0;
}

static int ask_providers(const struct credential_request *r, struct credentials *ret_credentials)
{
    for (const struct credential_provider *const *p = credential_providers; *p; p++) {
        int status = (*p)->find(r, ret_credentials);
        if (status != ERR_MISSING)
            return status < 0 ? err_context(status, "credentials: %s", (*p)->name) : 0;
    }
    /* The last of them, the instance, says why. */
    return err_context(ERR_DENIED,
                       "no credentials: neither the environment, the profile \"%.*s\", a container nor "
                       "an instance has any",
                       STR_ARG(r->profile));
}

/* Keys that the service calls expired are renewed before the role is given up. */
static int assume(struct credential_source *s, struct arena *a, struct credentials *ret_credentials)
{
    struct sts_role role = {.arn = s->role, .external_id = s->external_id};
    struct sigv4_key key;
    int status = source_get(s->base, a, &key);
    if (status == 0)
        status = sts_assume(s->config, a, s->region, &key, &role, ret_credentials);
    if (status != ERR_DENIED || !answer_says_expired() || !source_expired(s->base, &key))
        return status;
    status = source_get(s->base, a, &key);
    return status < 0 ? status : sts_assume(s->config, a, s->region, &key, &role, ret_credentials);
}

static int fetch(struct credential_source *s, struct arena *a, struct credentials *ret_credentials)
{
    if (s->base)
        return assume(s, a, ret_credentials);
    if (has_static_key(s->config)) {
        *ret_credentials = (struct credentials){s->config->options.key, TIME_NONE};
        return 0;
    }
    return ask_providers(&(struct credential_request){.config = s->config,
                                                      .arena = a,
                                                      .region = s->region,
                                                      .profile = s->config->profile,
                                                      .only_profile = s->config->options.profile.n > 0},
                         ret_credentials);
}

/* ---- the present ones ---- */

static struct sigv4_key copy_key(struct arena *a, const struct sigv4_key *key)
{
    return (struct sigv4_key){arena_str(a, key->id), arena_str(a, key->secret), arena_str(a, key->token)};
}

static bool has_left(const struct credential_source *s, int64_t now, int64_t seconds)
{
    return s->current && !s->refused && (s->now.expires == TIME_NONE || s->now.expires - now > seconds);
}

static void forget(struct credential_source *s)
{
    arena_free(s->current);
    s->current = NULL;
}

/* With the lock held, which is let go of meanwhile. */
static void renew(struct credential_source *s)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct credentials found;
    s->renewing = true;
    pthread_mutex_unlock(&s->lock);
    int status = fetch(s, a, &found);
    int64_t now = time_now();
    pthread_mutex_lock(&s->lock);
    s->renewing = false;
    s->fault = status;
    if (status < 0) {
        snprintf(s->text, sizeof s->text, "%s", err_text());
        s->again = now + (has_left(s, now, GOOD_SECONDS) ? PAUSE_SECONDS : WAIT_SECONDS);
    } else {
        forget(s);
        s->current = arena_new(0);
        s->now = (struct credentials){copy_key(s->current, &found.key), found.expires};
        s->refused = false;
        s->again = has_left(s, now, FRESH_SECONDS) ? 0 : now + PAUSE_SECONDS;
        if (!has_left(s, now, GOOD_SECONDS)) {
            s->fault = ERR_DENIED;
            snprintf(s->text, sizeof s->text, "the credentials that were found have expired");
            s->again = now + WAIT_SECONDS;
        }
    }
    pthread_cond_broadcast(&s->done);
}

int source_get(struct credential_source *s, struct arena *a, struct sigv4_key *ret_key)
{
    int status = 0;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        int64_t now = time_now();
        bool good = has_left(s, now, GOOD_SECONDS);
        bool may = !s->renewing && now >= s->again;
        if (has_left(s, now, FRESH_SECONDS) || (good && !may))
            break;
        if (may)
            renew(s);
        else if (s->renewing)
            pthread_cond_wait(&s->done, &s->lock);
        else if ((status = err_set(s->fault ? s->fault : ERR_DENIED, "%s", s->text)))
            break;
    }
    if (status == 0)
        *ret_key = copy_key(a, &s->now.key);
    pthread_mutex_unlock(&s->lock);
    return status;
}

bool source_expired(struct credential_source *s, const struct sigv4_key *key)
{
    if (!s->base && has_static_key(s->config))
        return false;
    pthread_mutex_lock(&s->lock);
    if (s->current && str_eq(s->now.key.id, key->id) && str_eq(s->now.key.token, key->token)) {
        s->refused = true;
        s->again = 0;
    }
    pthread_mutex_unlock(&s->lock);
    return true;
}

/* ---- life ---- */

struct credential_source *source_new(struct aws_config *config, struct str region)
{
    struct credential_source *s = mem_alloc(sizeof *s);
    s->arena = arena_new(0);
    s->config = config_hold(config);
    s->region = arena_str(s->arena, region);
    s->references = 1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->done, NULL);
    return s;
}

struct credential_source *source_of_role(struct credential_source *base, struct str region, struct str role,
                                         struct str external_id)
{
    struct credential_source *s = source_new(base->config, region);
    s->base = source_hold(base);
    s->role = arena_str(s->arena, role);
    s->external_id = arena_str(s->arena, external_id);
    return s;
}

struct credential_source *source_hold(struct credential_source *s)
{
    s->references++;
    return s;
}

void source_release(struct credential_source *s)
{
    if (!s || --s->references)
        return;
    source_release(s->base);
    config_release(s->config);
    forget(s);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->done);
    arena_free(s->arena);
    free(s);
}
