/* The API over a real state and a monitor without workers, in a directory of its own that goes away with it;
 * calls are signed as clients do. Faults end the process: fuzz targets use it, too. */
#ifndef ASSAY_TEST_API_STACK_H
#define ASSAY_TEST_API_STACK_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/api.h"
#include "base/err.h"
#include "net/sigv4.h"

struct api_stack {
    char dir[64];
    struct store *store;
    struct master_key *master;
    struct monitor *monitor;
    struct api *api;
    struct access_key key; /* an administrator's */
};
static const account_id stack_account = 123456789012;

static void stack_must(int code)
{
    if (code < 0) {
        fprintf(stderr, "%s\n", err_text());
        abort();
    }
}

static int stack_remove(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s;
    (void)type;
    (void)at;
    return remove(path);
}

/* A database of one vulnerability that CISA knows. */
static void stack_advisories(const char *path)
{
    struct db_writer *w = db_writer_new(&(struct db_writer_options){0});
    db_writer_feed(w, &(struct db_feed){.name = STR("osv/npm"), .date = 1622505600, .state = STR("ok")});
    const struct advisory_severity severity = {.source = STR("nvd@nist.gov"),
                                               .vector = STR("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")};
    const struct advisory_range range = {.introduced = STR("0"), .fixed = STR("4.17.21")};
    const struct advisory_affected affected = {
        .ecosystem = STR("npm"), .name = STR("lodash"), .ranges = &range, .n_ranges = 1};
    stack_must(db_writer_add(w, &(struct advisory){.id = STR("CVE-2021-0001"),
                                                   .published = 1600000000,
                                                   .modified = 1600000001,
                                                   .withdrawn = TIME_NONE,
                                                   .severities = &severity,
                                                   .n_severities = 1,
                                                   .summary = STR("Lodash runs what it is told."),
                                                   .affected = &affected,
                                                   .n_affected = 1,
                                                   .kev = {.added = 1610000000, .due = TIME_NONE}}));
    stack_must(db_writer_finish(w, path));
    db_writer_free(w);
}

static struct access_key stack_key(struct api_stack *s, enum role role, int64_t expires)
{
    struct access_key key;
    struct sql *db = store_writer(s->store);
    stack_must(user_add(db, stack_account, str_from(role_names.at[role]), role));
    stack_must(access_key_add(db, s->master, stack_account, str_from(role_names.at[role]), role,
                              (struct str){0}, expires, &key));
    stack_must(store_commit(db));
    return key;
}

static void stack_start(struct api_stack *s)
{
    static const struct place place = {"aws", "eu-central-1"};
    char path[128];
    *s = (struct api_stack){.dir = "/tmp/assay-api.XXXXXX"};
    if (!mkdtemp(s->dir))
        abort();
    snprintf(path, sizeof path, "%s/state.db", s->dir);
    stack_must(store_open(path, &place, &s->store));
    snprintf(path, sizeof path, "%s/master.key", s->dir);
    stack_must(master_key_open(path, &s->master));
    struct sql *db = store_writer(s->store);
    account_add(db, stack_account);
    stack_must(store_commit(db));
    s->key = stack_key(s, ROLE_admin, TIME_NONE);
    snprintf(path, sizeof path, "%s/advisories.db", s->dir);
    stack_advisories(path);
    stack_must(monitor_new(
        &(struct monitor_options){
            .store = s->store, .master = s->master, .directory = s->dir, .db = path, .program = "/bin/false"},
        &s->monitor));
    stack_must(api_new(&(struct api_options){.store = s->store,
                                             .monitor = s->monitor,
                                             .master = s->master,
                                             .public_url = "http://127.0.0.1:8440",
                                             .directory = s->dir,
                                             .requests_per_second = 1000000},
                       &s->api));
}

static void stack_stop(struct api_stack *s)
{
    api_free(s->api);
    monitor_free(s->monitor);
    master_key_close(s->master);
    store_close(s->store);
    nftw(s->dir, stack_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A request, before it is signed. */
struct stack_request {
    const char *method;
    struct str target, body;
    const struct access_key *key; /* NULL: not signed */
    const char *service, *region; /* NULL: as they should be */
    struct str token;
    int64_t at; /* 0: now */
};

/* The reply is in the arena. */
static struct http_reply stack_send(struct api_stack *s, struct arena *a, const struct stack_request *q)
{
    struct http_field *headers = arena_new_array(a, struct http_field, 1 + SIGV4_HEADERS);
    headers[0] = (struct http_field){STR("Host"), STR("127.0.0.1:8440")};
    size_t n = 1;
    struct str path = q->target, query = {0};
    str_cut(q->target, '?', &path, &query);
    if (q->key)
        n += sigv4_sign(a,
                        &(struct sigv4_request){.method = str_from(q->method),
                                                .path = path,
                                                .query = query,
                                                .body = q->body,
                                                .headers = headers,
                                                .n_headers = 1,
                                                .region = str_from(q->region ? q->region : "eu-central-1"),
                                                .service = str_from(q->service ? q->service : "inspector2")},
                        &(struct sigv4_key){str_from(q->key->id), str_from(q->key->secret), q->token},
                        q->at ? q->at : time_now(), headers + 1);
    struct http_request r = {.arena = a,
                             .method = str_from(q->method),
                             .target = q->target,
                             .path = path,
                             .query = query,
                             .headers = headers,
                             .n_headers = n,
                             .body = q->body,
                             .peer = STR("192.0.2.1")};
    struct http_reply reply = {0};
    api_handle(s->api, &r, &reply);
    return reply;
}

#endif
