/* assay db build, assay db update: a database from a directory of feeds, or from their publishers. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "cmd/db.h"
#include "feed/update.h"

enum {
    OPTION_FROM = 256,
    OPTION_DB,
    OPTION_FEED,
    OPTION_FACTS_ONLY,
    OPTION_MAX_REFERENCES,
    OPTION_NO_CPE,
    OPTION_ATTEMPTS,
    OPTION_STALL,
    OPTION_QUIET,
};

static const struct option build_options[] = {
    {"from", required_argument, NULL, OPTION_FROM},
    {"output", required_argument, NULL, 'o'},
    {"feed", required_argument, NULL, OPTION_FEED},
    {"facts-only", no_argument, NULL, OPTION_FACTS_ONLY},
    {"max-references", required_argument, NULL, OPTION_MAX_REFERENCES},
    {"no-cpe", no_argument, NULL, OPTION_NO_CPE},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {0},
};

static const struct option update_options[] = {
    {"from", required_argument, NULL, OPTION_FROM},
    {"db", required_argument, NULL, OPTION_DB},
    {"feed", required_argument, NULL, OPTION_FEED},
    {"facts-only", no_argument, NULL, OPTION_FACTS_ONLY},
    {"attempts", required_argument, NULL, OPTION_ATTEMPTS},
    {"stall-seconds", required_argument, NULL, OPTION_STALL},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {0},
};

struct updating {
    struct update_options o;
    VEC(struct str) feeds;
    bool quiet, terminal, bar; /* bar: a progress line is on the screen */
    unsigned now, total;
};

static void updating_cleanup(struct updating *u)
{
    vec_free(&u->feeds);
}

/* ---- what people see: all on standard error ---- */

static void clear_bar(struct updating *u)
{
    if (u->bar)
        fputs("\r\033[K", stderr);
    u->bar = false;
}

static void on_step(void *ctx, const char *name, unsigned now, unsigned total)
{
    struct updating *u = ctx;
    u->now = now, u->total = total;
    if (!u->terminal || u->quiet)
        return;
    fprintf(stderr, "\r\033[K[%3u/%u] %s", now, total, name);
    u->bar = true;
}

/* "[  3/96] osv/Debian [######----] 52.1 of 83.8 MB" */
static void on_progress(void *ctx, const char *name, uint64_t now, uint64_t total)
{
    static const char full[] = "####################", empty[] = "--------------------";
    struct updating *u = ctx;
    int width = (int)sizeof full - 1, done = total ? (int)((double)now / (double)total * width) : 0;
    if (!u->terminal || u->quiet)
        return;
    if (done > width)
        done = width;
    fprintf(stderr, "\r\033[K[%3u/%u] %s", u->now, u->total, name);
    if (total)
        fprintf(stderr, " [%.*s%.*s] %.1f of %.1f MB", done, full, width - done, empty, (double)now / 1e6,
                (double)total / 1e6);
    else
        fprintf(stderr, " %.1f MB", (double)now / 1e6);
    u->bar = true;
}

static void on_problem(void *ctx, const char *name, const char *text)
{
    struct updating *u = ctx;
    clear_bar(u);
    fprintf(stderr, "assay: %s: %s\n", name, text);
}

/* ---- options ---- */

static int parse_count(const char *name, const char *text, unsigned *ret)
{
    uint64_t value;
    if (!str_u64(str_from(text), &value) || !value || value > 1000000)
        return usage_error(&command_db, "--%s takes a number from 1 on, not '%s'", name, text);
    *ret = (unsigned)value;
    return EXIT_OK;
}

static int parse_option(struct updating *u, int c)
{
    switch (c) {
    case OPTION_FROM:
        u->o.fetch.from = optarg;
        return EXIT_OK;
    case OPTION_DB:
    case 'o':
        u->o.output = optarg;
        return EXIT_OK;
    case OPTION_FEED:
        vec_add(&u->feeds, str_from(optarg));
        return EXIT_OK;
    case OPTION_FACTS_ONLY:
        u->o.batch.facts_only = true;
        return EXIT_OK;
    case OPTION_MAX_REFERENCES:
        return parse_count("max-references", optarg, &u->o.batch.max_references);
    case OPTION_NO_CPE:
        u->o.batch.no_cpe = true;
        return EXIT_OK;
    case OPTION_ATTEMPTS:
        return parse_count("attempts", optarg, &u->o.fetch.http.attempts);
    case OPTION_STALL:
        return parse_count("stall-seconds", optarg, &u->o.fetch.http.stall_seconds);
    default: /* OPTION_QUIET */
        u->quiet = true;
        return EXIT_OK;
    }
}

static int parse(struct updating *u, int argc, char **argv, const struct option *options)
{
    optind = 1;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        int status = c == '?' || c == ':' ? option_error(&command_db, c, argv) : parse_option(u, c);
        if (status != EXIT_OK)
            return status;
    }
    if (optind < argc)
        return usage_error(&command_db, "'%s' takes no argument '%s'", argv[0], argv[optind]);
    u->terminal = isatty(STDERR_FILENO);
    u->o.feeds = u->feeds.at;
    u->o.n_feeds = u->feeds.n;
    u->o.problem = on_problem;
    u->o.step = on_step;
    u->o.ctx = u;
    u->o.fetch.progress = on_progress;
    u->o.fetch.ctx = u;
    return EXIT_OK;
}

/* ---- the work ---- */

static int make_parent(const char *path)
{
    char parent[PATH_MAX];
    struct str folder = str_dirname(str_from(path));
    if (!folder.n)
        return 0;
    snprintf(parent, sizeof parent, "%.*s", STR_ARG(folder));
    return dir_make(parent);
}

static int update(struct updating *u)
{
    struct update_result result;
    if (make_parent(u->o.output) < 0)
        return command_failed();
    int r = feeds_update(&u->o, &result);
    clear_bar(u);
    if (r < 0)
        return command_failed();
    if (!u->quiet) {
        fprintf(stderr, "assay: %s: %zu records from %u files, %u of them new", u->o.output, result.records,
                result.read, result.fresh);
        if (result.skipped)
            fprintf(stderr, "; %zu records made no sense ('assay db info' tells)", result.skipped);
        if (result.problems)
            fprintf(stderr, "; %u files could not be had", result.problems);
        fputc('\n', stderr);
    }
    return result.problems ? EXIT_PARTIAL : EXIT_OK;
}

/* One error instead of one for each file in it. */
static int check_directory(const char *path)
{
    return access(path, R_OK | X_OK) < 0 ? err_errno("%s", path) : 0;
}

int db_build_command(int argc, char **argv)
{
    _cleanup_(updating_cleanup) struct updating u = {.o = {.output = "advisories.db"}};
    const char *directory;
    int status = parse(&u, argc, argv, build_options);
    if (status != EXIT_OK)
        return status;
    if (!u.o.fetch.from || !fetch_is_local(u.o.fetch.from, &directory))
        return usage_error(&command_db, "'build' needs --from DIRECTORY");
    return check_directory(directory) < 0 ? command_failed() : update(&u);
}

/* Two updates of one database would fetch into the same files. */
static int lock_cache(const char *cache, int *ret_fd)
{
    char path[PATH_MAX];
    int r = dir_make(cache);
    if (r < 0)
        return r;
    if ((size_t)snprintf(path, sizeof path, "%s/lock", cache) >= sizeof path)
        return err_set(ERR_LIMIT, "%s: the path is too long", cache);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno("%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int code = errno == EWOULDBLOCK ? err_set(ERR_IO, "%s: another update is at work", path)
                                        : err_errno("%s", path);
        close(fd);
        return code;
    }
    *ret_fd = fd;
    return 0;
}

int db_update_command(int argc, char **argv)
{
    _cleanup_(updating_cleanup) struct updating u = {0};
    _cleanup_fd_ int lock = -1;
    char path[PATH_MAX], cache[PATH_MAX];
    const char *directory;
    int status = parse(&u, argc, argv, update_options);
    if (status != EXIT_OK)
        return status;
    if (fetch_is_local(u.o.fetch.from, &directory) && check_directory(directory) < 0)
        return command_failed();
    const char *given = u.o.output ? u.o.output : getenv("ASSAY_DB");
    if (given && *given)
        snprintf(path, sizeof path, "%s", given);
    else if (db_user_path(path, sizeof path) < 0)
        return command_failed();
    if ((size_t)snprintf(cache, sizeof cache, "%s.cache", path) >= sizeof cache) {
        err_set(ERR_LIMIT, "%s: the path is too long", path);
        return command_failed();
    }
    u.o.output = path;
    u.o.fetch.cache = cache;
    if (lock_cache(cache, &lock) < 0)
        return command_failed();
    return update(&u);
}
