/* The machine that the server runs on, as a host like any other: its inventory is read by a child process. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "api/host_report.h"
#include "base/child.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/collect.h"
#include "cmd/command.h"
#include "cmd/serve.h"

enum {
    SCAN_SECONDS = 900,
    REPORT_HOURS = 6,
    SETTLE_MS = 1000, /* a package manager writes for a while */
    RETRY_SECONDS = 60,
    ERRORS_MAX = 4096
};

struct self {
    struct self_options options;
    pthread_t thread;
    atomic_bool stop;
    int wake[2];
    struct watch *watch;
    char id[HOST_ID];
    struct collect machine; /* as a collector here would see it; it keeps its state beside the server's */
};

static bool should_stop(void *ctx)
{
    return ((struct self *)ctx)->stop;
}

/* ---- what is said of it ---- */

static int describe(const struct self *s, struct arena *a, struct resource *r)
{
    _cleanup_(buf_free) struct buf b = buf_new(1 << 16);
    struct json_out o = {.to = &b};
    const struct collect_key none = {0};
    json_val *facts;
    json_begin_object(&o);
    facts_write(&s->machine, a, &none, &o);
    json_end_object(&o);
    int status = json_parse(a, buf_str(&b), &facts);
    return status < 0 ? status : host_facts_read(a, facts, (struct str){0}, r);
}

/* ---- reading it ---- */

static int read_inventory(struct self *s, struct arena *a, struct inventory **ret_inventory)
{
    const char *argv[] = {s->options.program, "inventory", "--format", "json", "/", NULL};
    struct child c = {.argv = argv, .seconds = SCAN_SECONDS, .nice = 5, .stop = should_stop, .ctx = s};
    _cleanup_(buf_free) struct buf output = buf_new(REPORT_MAX), errors = buf_new(ERRORS_MAX);
    int ended, status = child_run(&c, &output, &errors, &ended);
    if (status < 0)
        return status;
    if (ended != EXIT_OK && ended != EXIT_PARTIAL)
        return err_set(ERR_IO, "its inventory ended with %d: %.*s", ended, STR_ARG(buf_str(&errors)));
    json_val *report;
    struct resource none = {0};
    status = json_parse(a, buf_str(&output), &report);
    return status < 0 ? status : host_report_read(a, report, &none, ret_inventory);
}

/* It is there at once, and what is in it when that was read. */
static int enrol(struct self *s)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct resource r = host_resource(s->options.account, str_from(s->id));
    bool is_new, changed;
    int status = describe(s, a, &r);
    if (status < 0)
        return status;
    struct sql *db = store_writer(s->options.store);
    int64_t id = resource_put(db, &r, &is_new, &changed);
    status = store_commit(db);
    return status < 0 ? status : monitor_review(s->options.monitor, id);
}

static int scan(struct self *s)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = NULL;
    struct resource r;
    bool changed;
    int status = read_inventory(s, a, &inv);
    if (status < 0)
        return status;
    struct sql *db = store_reader(s->options.store);
    status = resource_find(db, a, s->options.account, str_from(s->id), &r);
    store_release(db);
    if (status == 0)
        status = monitor_inventory(s->options.monitor, &r, inv, &changed);
    if (status == 0)
        monitor_heard(s->options.monitor, r.id);
    return status;
}

/* ---- when ---- */

/* Until a package database changed and then lay still, the time is over, or the end. */
static void wait_for_change(struct self *s, int64_t seconds)
{
    struct pollfd fds[] = {{s->wake[0], POLLIN, 0}, {watch_fd(s->watch), POLLIN, 0}};
    int64_t end = time_now() + seconds;
    bool changed = false;
    while (!s->stop) {
        int64_t left = end - time_now();
        int n = poll(fds, 2, changed ? SETTLE_MS : left > 0 ? (int)(left * 1000) : 0);
        if (n <= 0)
            return;
        if (fds[1].revents)
            changed |= watch_read(s->watch);
    }
}

static void *run_self(void *ctx)
{
    struct self *s = ctx;
    int status = enrol(s);
    while (!s->stop) {
        if (status == 0)
            status = scan(s);
        if (status < 0 && !s->stop)
            log_printf(LOG_ERR, "this machine (%s): %s", s->id, err_text());
        wait_for_change(s, status < 0 ? RETRY_SECONDS : REPORT_HOURS * 3600);
        status = 0;
    }
    return NULL;
}

/* The id that a collector on this machine would get, too. */
static int identify(struct self *s)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str machine;
    int status = facts_machine(&s->machine, a, &machine);
    if (status == 0)
        host_id(s->options.account, machine, s->id);
    return status;
}

int self_start(const struct self_options *options, struct self **ret_self)
{
    struct self *s = mem_alloc(sizeof *s);
    s->options = *options;
    s->machine = (struct collect){.root = "/", .state = options->directory};
    int status = identify(s);
    if (status == 0)
        status = watch_new(s->machine.root, &s->watch);
    if (status == 0 && pipe2(s->wake, O_CLOEXEC) < 0)
        status = err_errno("pipe");
    if (status < 0) {
        if (s->watch)
            watch_free(s->watch);
        free(s);
        return status;
    }
    int error = pthread_create(&s->thread, NULL, run_self, s);
    if (error) {
        close(s->wake[0]);
        close(s->wake[1]);
        watch_free(s->watch);
        free(s);
        return err_set(ERR_IO, "no thread for this machine: %s", strerror(error));
    }
    *ret_self = s;
    return 0;
}

void self_stop(struct self *s)
{
    s->stop = true;
    if (write(s->wake[1], "", 1) < 0)
        log_printf(LOG_ERR, "wake: %s", strerror(errno));
    pthread_join(s->thread, NULL);
    close(s->wake[0]);
    close(s->wake[1]);
    watch_free(s->watch);
    free(s);
}
