/* assay serve: the server, from its start to its end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "cmd/serve.h"

extern const struct command command_serve;

enum { STOP_SECONDS = 10, URL_MAX = 300 };

struct serving {
    struct serve_config config;
    char folder[DATA_PATH_MAX]; /* of the state */
    char program[PATH_MAX], url[URL_MAX];
    account_id account;
    struct place place;
    struct bucket bucket;
    int lock;
    struct store *store;
    struct master_key *master;
    struct monitor *monitor;
    struct api *api;
    struct server *server;
    struct self *self;
};

/* ---- systemd ---- */

/* sd_notify(3): one datagram to the socket that $NOTIFY_SOCKET names. */
static void tell_service_manager(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    if (!path || !*path || strlen(path) >= sizeof to.sun_path)
        return;
    memcpy(to.sun_path, path, strlen(path));
    if (to.sun_path[0] == '@')
        to.sun_path[0] = 0;
    _cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
    if (fd >= 0 && sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, n) < 0)
        log_printf(LOG_WARNING, "NOTIFY_SOCKET: %s", strerror(errno));
}

/* ---- where it listens ---- */

/* "127.0.0.1" of "127.0.0.1:8440", "[::1]" of "[::1]:8440". */
static struct str host_of(const char *listen)
{
    struct str s = str_from(listen);
    ptrdiff_t colon = str_rfind(s, ':');
    return colon < 0 ? s : str_slice(s, 0, (size_t)colon);
}

static bool is_loopback(struct str host)
{
    return str_starts(host, STR("127.")) || str_is(host, "[::1]") || str_is(host, "localhost");
}

static int check_listen(const struct serve_config *c)
{
    struct str host = host_of(c->listen);
    if (host.n == strlen(c->listen))
        return 0; /* no port: server_listen() says so */
    if (is_loopback(host) || c->tls_certificate || c->insecure)
        return 0;
    return err_set(
        ERR_INVALID,
        "%s is no loopback address: without TLS everybody on the way can read findings and "
        "replay requests. Give --tls-cert and --tls-key, or --insecure behind a proxy that has TLS",
        c->listen);
}

static void make_url(struct serving *s)
{
    const struct serve_config *c = &s->config;
    struct str host = host_of(c->listen);
    char name[256] = "localhost";
    if (c->public_url) {
        snprintf(s->url, sizeof s->url, "%s", c->public_url);
        return;
    }
    bool any = !host.n || str_is(host, "0.0.0.0") || str_is(host, "[::]");
    if (any)
        gethostname(name, sizeof name - 1);
    else
        snprintf(name, sizeof name, "%.*s", STR_ARG(host));
    snprintf(s->url, sizeof s->url, "%s://%s:%u", c->tls_certificate ? "https" : "http", name,
             server_port(s->server));
}

/* ---- start and end ---- */

static int start_monitor(struct serving *s)
{
    const struct serve_config *c = &s->config;
    if (c->s3_endpoint)
        s->bucket = (struct bucket){
            .endpoint = str_from(c->s3_endpoint),
            .region = str_from(c->s3_region ? c->s3_region : c->region),
            .key = {.id = str_from(c->s3_access_key), .secret = str_from(c->s3_secret_key)},
        };
    struct monitor_options o = {
        .store = s->store,
        .master = s->master,
        .directory = s->folder,
        .db = c->db,
        .program = s->program,
        .mirror = c->mirror,
        .workers = (unsigned)c->workers,
        .update_hours = (unsigned)c->update_hours,
        .days = c->days,
        .reports = c->reports,
        .bucket = c->s3_endpoint ? &s->bucket : NULL,
        .log = log_write,
    };
    return monitor_new(&o, &s->monitor);
}

static int start_server(struct serving *s)
{
    const struct serve_config *c = &s->config;
    struct api_options api = {
        .store = s->store,
        .monitor = s->monitor,
        .master = s->master,
        .server = &s->server,
        .public_url = s->url,
        .directory = s->folder,
        .log = log_write,
        .requests_per_second = (unsigned)c->requests_per_second,
        .prices = &c->prices,
    };
    int r = api_new(&api, &s->api);
    if (r < 0)
        return r;
    struct server_options server = {
        .listen = c->listen,
        .certificate = c->tls_certificate,
        .key = c->tls_key,
        .connections = (unsigned)c->connections,
        .accept = api_accept,
        .handle = api_handle,
        .ctx = s->api,
    };
    r = server_start(&server, &s->server);
    if (r == 0)
        make_url(s);
    return r;
}

static int start_self(struct serving *s)
{
    struct self_options o = {.monitor = s->monitor,
                             .store = s->store,
                             .account = s->account,
                             .program = s->program,
                             .directory = s->folder};
    return s->config.no_self ? 0 : self_start(&o, &s->self);
}

/* ---- the state ---- */

/* One server a folder: the lock goes with the process, however it ends. Unlike one of flock(2) it is not
 * shared by children, of which one may live for a moment longer. */
static int lock_folder(struct serving *s)
{
    char path[DATA_PATH_MAX], holder[32] = "?";
    int r = data_path(s->folder, "lock", path);
    if (r < 0)
        return r;
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock < 0)
        return err_errno("%s", path);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(s->lock, F_SETLK, &whole) < 0) {
        if (errno != EACCES && errno != EAGAIN)
            return err_errno("%s", path);
        if (pread(s->lock, holder, sizeof holder - 1, 0) > 0)
            holder[strcspn(holder, "\n")] = 0;
        return err_set(ERR_IO, "%s: another server, process %s, runs on this folder", s->folder, holder);
    }
    int n = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(s->lock, 0) < 0 || pwrite(s->lock, holder, (size_t)n, 0) != n)
        return err_errno("%s", path);
    return 0;
}

/* A new account has all that can be scanned switched on. */
static int make_account(struct serving *s)
{
    static const enum resource_scan_type types[] = {SCAN_OF_EC2, SCAN_OF_ECR, SCAN_OF_LAMBDA};
    struct sql *db = store_writer(s->store);
    if (account_exists(db, s->account)) {
        store_release(db);
        return 0;
    }
    account_add(db, s->account);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        account_scan_set(db, s->account, types[i], ACCOUNT_ENABLED);
    return store_commit(db);
}

static int open_state(struct serving *s)
{
    char state[DATA_PATH_MAX], master[DATA_PATH_MAX], credentials[DATA_PATH_MAX];
    int r = data_directory(s->config.data, s->folder);
    if (r == 0 && (r = data_make(s->folder)) < 0)
        r = err_context(r, "the server's folder (--data)");
    if (r == 0)
        r = lock_folder(s);
    if (r == 0)
        r = data_path(s->folder, DATA_STATE, state);
    if (r == 0)
        r = data_path(s->folder, DATA_MASTER, master);
    if (r == 0)
        r = data_path(s->folder, DATA_CREDENTIALS, credentials);
    if (r == 0)
        r = store_open(state, &s->place, &s->store);
    if (r == 0)
        r = master_key_open(master, &s->master);
    if (r == 0)
        r = make_account(s);
    if (r == 0)
        r = credentials_make(s->store, s->master, s->account, s->config.region, credentials);
    return r;
}

static int start(struct serving *s)
{
    ssize_t n = readlink("/proc/self/exe", s->program, sizeof s->program - 1);
    int r = n < 0 ? err_errno("/proc/self/exe") : check_listen(&s->config);
    account_parse(str_from(s->config.account), &s->account);
    s->place = (struct place){.partition = "aws", .region = s->config.region};
    if (r == 0)
        r = open_state(s);
    if (r == 0)
        r = start_monitor(s);
    if (r == 0)
        r = start_server(s);
    if (r == 0)
        r = monitor_start(s->monitor);
    if (r == 0)
        r = start_self(s);
    return r;
}

/* In the reverse order; also of what was started when the rest could not be. */
static void stop(struct serving *s)
{
    if (s->self)
        self_stop(s->self);
    if (s->server)
        server_stop(s->server, STOP_SECONDS);
    if (s->monitor)
        monitor_stop(s->monitor);
    if (s->api)
        api_free(s->api);
    if (s->monitor)
        monitor_free(s->monitor);
    if (s->master)
        master_key_close(s->master);
    if (s->store)
        store_close(s->store);
    if (s->lock >= 0)
        close(s->lock);
}

/* The first line is for programs. */
static void print_welcome(const struct serving *s)
{
    char folder[PATH_MAX], certificate[PATH_MAX];
    if (!realpath(s->folder, folder))
        strcpy(folder, s->folder);
    printf("assay: listening on %s\n"
           "\n"
           "%s\n"
           "The AWS CLI, in another terminal:\n"
           "  export AWS_ENDPOINT_URL=%s AWS_DEFAULT_REGION=%s\n"
           "  export AWS_SHARED_CREDENTIALS_FILE=%s/credentials AWS_PROFILE=assay\n",
           s->url,
           api_has_console() ? "The console is there, too; the key to sign in with is in the file below."
                             : "There is no console in it: it was built without npm.",
           s->url, s->place.region, folder);
    if (s->config.tls_certificate && realpath(s->config.tls_certificate, certificate))
        printf("  export AWS_CA_BUNDLE=%s\n", certificate);
    puts("  aws inspector2 list-findings --max-results 10\n"
         "Ctrl-C ends the server.");
    fflush(stdout);
}

/* The file may say other words on logging: the rest takes a restart. */
static void reload(struct serving *s, int argc, char **argv)
{
    struct arena *a = arena_new(0); /* what the configuration points into stays */
    struct serve_config c;
    serve_config_init(&c);
    tell_service_manager("RELOADING=1");
    if (serve_config_read(a, argc, argv, &command_serve, &c) == EXIT_OK) {
        log_set(&(struct log_options){log_level(c.log_level), !strcmp(c.log_format, "json")});
        log_write(LOG_NOTICE, "reloaded: what the configuration says of the log; all else takes a restart");
    }
    arena_free(a);
    monitor_wake(s->monitor);
    tell_service_manager("READY=1");
}

static void wait_for_end(struct serving *s, const sigset_t *signals, int argc, char **argv)
{
    for (;;) {
        int signal = sigwaitinfo(signals, NULL);
        if (signal == SIGHUP)
            reload(s, argc, argv);
        else if (signal > 0)
            return;
    }
}

static int run_serve(int argc, char **argv)
{
    static struct serving s = {.lock = -1};
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    serve_config_init(&s.config);
    int status = serve_config_read(a, argc, argv, &command_serve, &s.config);
    if (status != EXIT_OK)
        return status;
    log_set(&(struct log_options){log_level(s.config.log_level), !strcmp(s.config.log_format, "json")});
    /* Before any thread, so that all of them leave these to us. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (start(&s) < 0) {
        status = command_failed();
        stop(&s);
        return status;
    }
    print_welcome(&s);
    tell_service_manager("READY=1");
    wait_for_end(&s, &signals, argc, argv);
    log_write(LOG_NOTICE, "stopping");
    tell_service_manager("STOPPING=1");
    stop(&s);
    return EXIT_OK;
}

const struct command command_serve = {
    .name = "serve",
    .summary = "watch resources and answer Inspector's API",
    .usage = "assay serve [OPTION]...",
    .help = "Keeps the inventories of hosts, images and functions, judges them again the\n"
            "moment anything changes, and answers Amazon Inspector's API. The first start\n"
            "makes an account, a user and the key in DIR/credentials.\n"
            "\n"
            "options:\n"
            "      --data DIR        where the state is kept (default: /var/lib/assay for\n"
            "                        root, else ~/.local/share/assay/server)\n"
            "      --listen ADDR:PORT\n"
            "                        default 127.0.0.1:8440; port 0 picks a free one\n"
            "      --tls-cert FILE   certificate chain, PEM\n"
            "      --tls-key FILE    its key\n"
            "      --insecure        listen elsewhere than on loopback without TLS\n"
            "      --public-url URL  as people reach it, if a proxy stands before it\n"
            "      --account ID      twelve digits (default 000000000000)\n"
            "      --region NAME     that ARNs name (default us-east-1)\n"
            "      --db FILE         the advisory database to begin with\n"
            "      --mirror FROM     advisories from this folder or URL, not the publishers\n"
            "      --update-hours N  between updates of the advisories (default 6); 0: only\n"
            "                        when asked\n"
            "      --no-self         do not enrol this machine as a host\n"
            "      --log-level WORD  error, warning, notice, info (default), debug\n"
            "      --log-format WORD text (default) or json\n"
            "      --config FILE     all of this and more; see assay-serve(5)\n"
            "  -h, --help            print this\n"
            "\n"
            "exit codes:\n"
            "  0  ended by a signal\n"
            "  2  the command line is wrong\n"
            "  3  it could not start\n"
            "\n"
            "example:\n"
            "  assay serve --data ./state --listen 127.0.0.1:8440\n",
    .run = run_serve,
};
