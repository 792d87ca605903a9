/* The collector that stays: it waits, for a change or for the time to look at everything, and has each report
 * made and sent by a process of its own. What that process loads and reads is gone when it ends: this one
 * holds next to nothing. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "cmd/collect.h"
#include "cmd/command.h"

/* A change is reported when it has been quiet for QUIET_MS, or after LATEST_MS of changes. */
enum { QUIET_MS = 200, LATEST_MS = 2000, RETRY_FIRST_MS = 5000, RETRY_MOST_MS = 600000 };

enum want { WANT_NOTHING, WANT_QUICK, WANT_ALL };

struct resident {
    const struct collect *c;
    char **argv;
    struct watch *watch;
    int signals;
    pid_t child; /* 0: none */
    enum want doing, want;
    int64_t full_at;                   /* when everything is looked at next; milliseconds, as all here */
    int64_t first_change, last_change; /* 0: none that waits */
    int64_t not_before, backoff;       /* after a failure */
    bool stop;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t); /* a machine that slept looks again when it wakes */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Within a tenth of it, so that a fleet does not report all at once. */
static int64_t jittered(int64_t ms)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return ms;
    return ms - ms / 10 + (int64_t)(random % (uint64_t)(ms / 5 + 1));
}

/* ---- the process that reports ---- */

/* This program again: the same words, and what to do once. */
static _Noreturn void report(const struct resident *r)
{
    VEC(char *) words = {0};
    sigset_t none;
    vec_add(&words, (char *)(uintptr_t) "assay");
    for (char **w = r->argv; *w; w++)
        vec_add(&words, *w);
    vec_add(&words, (char *)(uintptr_t) "--once");
    if (r->doing == WANT_QUICK)
        vec_add(&words, (char *)(uintptr_t) "--quick");
    vec_add(&words, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execv("/proc/self/exe", words.at);
    perror("assay: starting a report");
    _exit(EXIT_FAILED);
}

static void begin(struct resident *r)
{
    r->doing = r->want;
    r->want = WANT_NOTHING;
    r->first_change = r->last_change = 0;
    fflush(NULL);
    r->child = fork();
    if (r->child == 0)
        report(r);
    if (r->child < 0) {
        perror("assay: starting a report");
        r->child = 0;
        r->want = r->doing;
        r->not_before = now_ms() + RETRY_FIRST_MS;
    }
}

static void failed(struct resident *r)
{
    r->want = r->doing > r->want ? r->doing : r->want;
    r->backoff = !r->backoff                      ? RETRY_FIRST_MS
                 : r->backoff * 2 < RETRY_MOST_MS ? r->backoff * 2
                                                  : RETRY_MOST_MS;
    int64_t wait = jittered(r->backoff);
    r->not_before = now_ms() + wait;
    fprintf(stderr, "assay collect: trying again in %lld s\n", (long long)(wait + 999) / 1000);
}

static void ended(struct resident *r, int status)
{
    r->child = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_OK) {
        failed(r);
        return;
    }
    r->backoff = r->not_before = 0;
    if (r->doing == WANT_ALL)
        r->full_at = now_ms() + jittered((int64_t)r->c->interval * 1000);
}

/* ---- waiting ---- */

static void note_change(struct resident *r)
{
    int64_t now = now_ms();
    if (!r->first_change)
        r->first_change = now;
    r->last_change = now;
    if (r->want < WANT_QUICK)
        r->want = WANT_QUICK;
}

/* When what is wanted is due; INT64_MAX: when something happens. */
static int64_t due(const struct resident *r)
{
    int64_t at = INT64_MAX;
    if (r->child)
        return at;
    if (r->want == WANT_ALL)
        at = 0;
    else if (r->want == WANT_QUICK && r->first_change)
        at = r->last_change + QUIET_MS < r->first_change + LATEST_MS ? r->last_change + QUIET_MS
                                                                     : r->first_change + LATEST_MS;
    else if (r->want == WANT_QUICK)
        at = 0;
    if (r->full_at < at)
        at = r->full_at;
    return at > r->not_before ? at : r->not_before;
}

static void read_signals(struct resident *r)
{
    struct signalfd_siginfo info;
    int status;
    while (read(r->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
            r->stop = true;
    if (r->child && waitpid(r->child, &status, WNOHANG) == r->child)
        ended(r, status);
}

static void wait_and_note(struct resident *r)
{
    struct pollfd fds[] = {{r->signals, POLLIN, 0}, {r->watch ? watch_fd(r->watch) : -1, POLLIN, 0}};
    int64_t at = due(r), wait = at == INT64_MAX ? -1 : at - now_ms();
    if (at != INT64_MAX && wait < 0)
        wait = 0;
    if (poll(fds, 2, wait > 60000 ? 60000 : (int)wait) <= 0)
        return;
    read_signals(r);
    if (fds[1].revents && watch_read(r->watch))
        note_change(r);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void end_child(struct resident *r)
{
    if (!r->child)
        return;
    kill(r->child, SIGTERM);
    waitpid(r->child, NULL, 0);
}

int collect_for_ever(const struct collect *c, char **argv)
{
    struct resident r = {.c = c, .argv = argv, .signals = open_signals(), .want = WANT_ALL};
    if (r.signals < 0) {
        err_errno("signals");
        return command_failed();
    }
    if (watch_new(c->root, &r.watch) < 0)
        fprintf(stderr, "assay collect: %s: changes are seen every %u s only\n", err_text(), c->interval);
    r.full_at = now_ms();
    while (!r.stop) {
        int64_t at = due(&r);
        if (at != INT64_MAX && at <= now_ms()) {
            if (r.full_at <= now_ms())
                r.want = WANT_ALL;
            begin(&r);
        }
        wait_and_note(&r);
    }
    end_child(&r);
    watch_free(r.watch);
    close(r.signals);
    return EXIT_OK;
}
