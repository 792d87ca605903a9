/* assay collect: reports what is in this host to a server, and again whenever that changes. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "api/host_report.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "cmd/collect.h"
#include "cmd/command.h"
#include "net/url.h"

extern const struct command command_collect;

enum {
    OPTION_SERVER = 256,
    OPTION_TOKEN,
    OPTION_TOKEN_FILE,
    OPTION_STATE,
    OPTION_ONCE,
    OPTION_QUICK,
    OPTION_ROOT,
    OPTION_TAG,
    OPTION_INTERVAL,
    OPTION_CA,
    OPTION_INSECURE
};

static const struct option options[] = {
    {"server", required_argument, NULL, OPTION_SERVER},
    {"token", required_argument, NULL, OPTION_TOKEN},
    {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
    {"state", required_argument, NULL, OPTION_STATE},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"tag", required_argument, NULL, OPTION_TAG},
    {"interval", required_argument, NULL, OPTION_INTERVAL},
    {"ca", required_argument, NULL, OPTION_CA},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {0},
};

enum { INTERVAL_LEAST = 60, INTERVAL_MOST = 7 * 86400, ZSTD_LEVEL = 9 };

/* "6h", "30m", "90s", "1d". */
static bool parse_interval(const char *text, unsigned *ret_seconds)
{
    struct str s = str_from(text);
    uint64_t n, unit = 1;
    if (!s.n)
        return false;
    switch (s.p[s.n - 1]) {
    case 'd':
        unit *= 24;
        /* fall through */
    case 'h':
        unit *= 60;
        /* fall through */
    case 'm':
        unit *= 60;
        /* fall through */
    case 's':
        s.n--;
    }
    if (!str_u64(s, &n) || n > INTERVAL_MOST || n * unit < INTERVAL_LEAST || n * unit > INTERVAL_MOST)
        return false;
    *ret_seconds = (unsigned)(n * unit);
    return true;
}

static int take_tag(struct collect *c, const char *text)
{
    struct str key, value, tag = str_from(text);
    if (!str_cut(tag, '=', &key, &value) || !key.n || key.n > 128 || value.n > 256)
        return usage_error(&command_collect, "--tag takes KEY=VALUE, not '%s'", text);
    if (c->n_tags == COLLECT_TAGS_MAX)
        return usage_error(&command_collect, "at most %d tags", COLLECT_TAGS_MAX);
    c->tags[c->n_tags++] = tag;
    return EXIT_OK;
}

static int take_option(struct collect *c, int option)
{
    switch (option) {
    case OPTION_SERVER:
        c->server = optarg;
        break;
    case OPTION_TOKEN:
        c->token = optarg;
        break;
    case OPTION_TOKEN_FILE:
        c->token_file = optarg;
        break;
    case OPTION_STATE:
        c->state = optarg;
        break;
    case OPTION_ONCE:
        c->once = true;
        break;
    case OPTION_QUICK:
        c->quick = true;
        break;
    case OPTION_ROOT:
        c->root = optarg;
        break;
    case OPTION_TAG:
        return take_tag(c, optarg);
    case OPTION_INTERVAL:
        if (!parse_interval(optarg, &c->interval))
            return usage_error(&command_collect, "--interval takes 1m to 7d, as 6h, not '%s'", optarg);
        break;
    case OPTION_CA:
        setenv("SSL_CERT_FILE", optarg, 1);
        break;
    case OPTION_INSECURE:
        c->insecure = true;
        break;
    }
    return EXIT_OK;
}

static int check_server(struct collect *c, struct arena *a)
{
    struct str url = str_from(c->server);
    struct url parts;
    if (!c->server)
        return usage_error(&command_collect, "--server URL is needed");
    if (url_parse(a, url, &parts) < 0)
        return usage_error(&command_collect, "--server takes a URL, as https://assay.example:8440, not '%s'",
                           c->server);
    if (!parts.tls && !c->insecure && !url_is_loopback(&parts))
        return usage_error(&command_collect,
                           "over plain http everybody on the way to %s can read what it takes to speak for "
                           "this host: use https, or give --insecure",
                           c->server);
    while (str_ends(url, STR("/")))
        url.n--;
    c->server = arena_cstr(a, url);
    return EXIT_OK;
}

static int parse_options(struct collect *c, struct arena *a, int argc, char **argv)
{
    int status = EXIT_OK;
    optind = 1;
    opterr = 0;
    for (int o; status == EXIT_OK && (o = getopt_long(argc, argv, ":", options, NULL)) != -1;)
        status = o == '?' || o == ':' ? option_error(&command_collect, o, argv) : take_option(c, o);
    if (status == EXIT_OK && optind != argc)
        status = usage_error(&command_collect, "no argument is taken: '%s'", argv[optind]);
    if (status == EXIT_OK && c->token && c->token_file)
        status = usage_error(&command_collect, "--token or --token-file, not both");
    if (status == EXIT_OK && c->quick && !c->once)
        status = usage_error(&command_collect, "--quick goes with --once");
    return status == EXIT_OK ? check_server(c, a) : status;
}

/* ---- one report ---- */

static void digest_of(struct str text, char ret_hex[SHA256_HEX + 1])
{
    unsigned char digest[SHA256_SIZE];
    sha256_of(text, digest);
    sha256_hex(digest, ret_hex);
}

static int pack(struct arena *a, struct str text, struct str *ret_packed)
{
    size_t room = ZSTD_compressBound(text.n);
    char *to = arena_alloc(a, room);
    size_t n = ZSTD_compress(to, room, text.p, text.n, ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return err_set(ERR_IO, "compressing: %s", ZSTD_getErrorName(n));
    *ret_packed = (struct str){to, n};
    return 0;
}

static int make(const struct collect *c, struct arena *a, const struct collect_key *key, struct str last,
                struct buf *text)
{
    if (c->quick && last.n && report_make_quick(c, a, key, last, text) == 0)
        return 0;
    buf_free(text);
    *text = buf_new(REPORT_MAX);
    return report_make(c, a, key, text);
}

/* Sends what is new; when nothing is, a heartbeat, unless only a change was to be looked for. */
static int send_new(const struct collect *c, struct arena *a, const struct collect_key *key, struct str text,
                    const char *last)
{
    char digest[SHA256_HEX + 1];
    struct str packed;
    bool wanted = true;
    digest_of(text, digest);
    bool same = !strcmp(digest, last);
    if (same && c->quick)
        return 0;
    int status = same ? send_heartbeat(c, a, key, digest, &wanted) : 0;
    if (status < 0 || !wanted)
        return status;
    status = pack(a, text, &packed);
    if (status == 0)
        status = send_report(c, a, key, packed, digest);
    return status == 0 ? state_set_report(c, a, packed) : status;
}

static int report_once(const struct collect *c, struct arena *a, const struct collect_key *key)
{
    _cleanup_(buf_free) struct buf last = buf_new(REPORT_MAX), text = buf_new(REPORT_MAX);
    char digest[SHA256_HEX + 1] = "";
    if (state_report(c, a, &last, digest) < 0) {
        digest[0] = 0;
        last.n = 0;
    }
    int status = make(c, a, key, buf_str(&last), &text);
    return status < 0 ? status : send_new(c, a, key, buf_str(&text), digest);
}

static int enrol(const struct collect *c, struct arena *a, struct collect_key *key)
{
    int status = send_enrolment(c, a);
    if (status == 0)
        status = state_key(c, a, key);
    if (status == 0)
        fprintf(stderr, "assay collect: enrolled with %s as %.*s\n", c->server, STR_ARG(key->resource));
    return status;
}

/* A key that the server does not know any more is given up when there is a token to get another with. */
static int collect_once(const struct collect *c, struct arena *a)
{
    struct collect_key key;
    bool fresh = false;
    int status = state_key(c, a, &key);
    if (status == ERR_MISSING) {
        fresh = true;
        status = enrol(c, a, &key);
    }
    if (status == 0)
        status = report_once(c, a, &key);
    if (status == ERR_DENIED && !fresh && (c->token || c->token_file)) {
        fprintf(stderr, "assay collect: %s; enrolling again\n", err_text());
        status = enrol(c, a, &key);
        if (status == 0)
            status = report_once(c, a, &key);
    }
    return status;
}

/* What never gets better by itself is said at once. */
static int check_start(const struct collect *c, struct arena *a)
{
    struct collect_key key;
    struct str token;
    int status = state_open(c);
    if (status == 0)
        status = state_key(c, a, &key);
    return status == ERR_MISSING ? enrolment_token(c, a, &token) : status;
}

static int run_collect(int argc, char **argv)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct collect c = {.state = "/var/lib/assay-collect", .root = "/", .interval = 6 * 3600};
    int status = parse_options(&c, a, argc, argv);
    if (status != EXIT_OK)
        return status;
    if (check_start(&c, a) < 0)
        return command_failed();
    if (!c.once)
        return collect_for_ever(&c, argv);
    return collect_once(&c, a) < 0 ? command_failed() : EXIT_OK;
}

const struct command command_collect = {
    .name = "collect",
    .summary = "report this host to a server, and whenever it changes",
    .usage = "assay collect --server URL [OPTION]...",
    .help = "Reports the packages of this host to an assay server: at once, within a second\n"
            "of an install or removal, and whole every 6 hours. The first time it enrols\n"
            "with a token, as 'assay token create' on the server prints one, and keeps a\n"
            "key of its own. It runs until it is told to end; nothing is changed.\n"
            "\n"
            "options:\n"
            "      --server URL      the server: https://assay.example:8440\n"
            "      --token TOKEN     enrolment token; of use the first time only\n"
            "      --token-file FILE the same, out of a file\n"
            "      --state DIR       where its key and last report are kept\n"
            "                        (/var/lib/assay-collect)\n"
            "      --root DIR        the root file system that is reported (/)\n"
            "      --tag KEY=VALUE   a tag of the host; may be repeated\n"
            "      --interval TIME   between whole reports: 30m, 6h (default), 1d\n"
            "      --ca FILE         authorities that may vouch for the server, in PEM\n"
            "      --insecure        allow plain http to a server that is not this machine\n"
            "      --once            report once, and end\n"
            "      --quick           with --once: read the packages of the distribution\n"
            "                        only; the others are as last reported\n"
            "  -h, --help            print this\n"
            "\n"
            "exit codes:\n"
            "  0  done, or told to end\n"
            "  2  the command line is wrong\n"
            "  3  the report could not be made or sent; without --once, what keeps it\n"
            "     from starting at all\n"
            "\n"
            "examples:\n"
            "  assay collect --server https://assay.example:8440 --token-file token\n"
            "  assay collect --server http://127.0.0.1:8440 --once --tag team=shop\n",
    .run = run_collect,
};
