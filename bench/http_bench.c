/* The HTTP server without anything behind it: http_bench [CERTIFICATE KEY]. Signatures verified in a second,
 * memory with 10,000 idle connections; then it serves a small answer for wrk until its input ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/time.h"
#include "net/sigv4.h"

enum { CONNECTIONS = 10000, VERIFICATIONS = 100000 };

static void on_request(void *ctx, struct http_request *r, struct http_reply *reply)
{
    (void)ctx, (void)r;
    reply->status = 200;
    http_reply_header(reply, "Content-Type", STR("application/json"));
    reply->body = STR("{\"findings\":[],\"nextToken\":null}");
}

static long resident_kb(void)
{
    char line[256];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "VmRSS: %ld", &kb) == 1)
            break;
    }
    if (f)
        fclose(f);
    return kb;
}

/* In a child, for the descriptors are counted by process: each asks once and stays. */
static void hold_connections(unsigned port)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < CONNECTIONS; i++) {
        char answer[1000];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
            _exit(1);
        (void)!write(fd, request, sizeof request - 1);
        (void)!read(fd, answer, sizeof answer);
    }
    pause();
    _exit(0);
}

static void bench_idle(struct server *s)
{
    long before = resident_kb();
    pid_t child = fork();
    if (!child)
        hold_connections(server_port(s));
    while (server_counts(s).open < CONNECTIONS && !waitpid(child, NULL, WNOHANG))
        usleep(10000);
    sleep(1);
    printf("idle\t%llu connections\t%ld KiB\tof them\t%ld KiB\n", (unsigned long long)server_counts(s).open,
           resident_kb(), resident_kb() - before);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void bench_sigv4(void)
{
    struct arena *a = arena_new(0), *each = arena_new(0);
    struct sigv4_cache *cache = sigv4_cache_new();
    struct sigv4_key key = {STR("AKIDEXAMPLE"), STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {0}};
    struct http_field headers[2 + SIGV4_HEADERS] = {{STR("Host"), STR("127.0.0.1:8440")},
                                                    {STR("Content-Type"), STR("application/json")}};
    struct sigv4_request r = {.method = STR("POST"),
                              .path = STR("/findings/list"),
                              .body = STR("{\"maxResults\":100,\"filterCriteria\":{}}"),
                              .headers = headers,
                              .n_headers = 2,
                              .region = STR("eu-west-1"),
                              .service = STR("inspector2")};
    int64_t now = time_now();
    size_t n = sigv4_sign(a, &r, &key, now, headers + 2), good = 0;
    struct http_request in = {.arena = each,
                              .method = r.method,
                              .path = r.path,
                              .headers = headers,
                              .n_headers = n + 2,
                              .body = r.body};
    uint64_t started = time_monotonic_ns();
    for (int i = 0; i < VERIFICATIONS; i++) {
        struct sigv4_claim claim;
        good += sigv4_claim(&in, now, &claim) == SIGV4_OK &&
                sigv4_verify(cache, &in, &claim, key.secret, now) == SIGV4_OK;
        arena_reset(each);
    }
    double seconds = (double)(time_monotonic_ns() - started) / 1e9;
    printf("sigv4\t%zu good\t%.0f a second\n", good, VERIFICATIONS / seconds);
    sigv4_cache_free(cache);
    arena_free(each);
    arena_free(a);
}

int main(int argc, char **argv)
{
    struct server *s;
    struct server_options options = {.listen = "127.0.0.1:0",
                                     .certificate = argc > 2 ? argv[1] : NULL,
                                     .key = argc > 2 ? argv[2] : NULL,
                                     .idle_seconds = 60,
                                     .handle = on_request};
    if (server_start(&options, &s) < 0) {
        fprintf(stderr, "http_bench: %s\n", err_text());
        return EXIT_FAILURE;
    }
    if (!options.certificate) {
        bench_sigv4();
        bench_idle(s);
    }
    printf("port\t%u\n", server_port(s));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    server_stop(s, 1);
    return EXIT_SUCCESS;
}
