/* heartbeat PORT HOSTS SECONDS [THREADS]: how many unchanged reports a server on this machine takes in a
 * second, signed, of one host after the other, each connection kept. HOSTS has a line a host: id, key,
 * secret, digest of its last report. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "net/sigv4.h"

enum { ANSWER = 16384, WORD = 64 };

struct host {
    char id[WORD], key[WORD], secret[WORD], digest[SHA256_HEX + 1];
};

static unsigned port, n_hosts, n_threads = 8;
static struct host *hosts;
static char authority[32];
static _Atomic uint64_t done, failed;
static _Atomic bool stop;

static int connected(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) < 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

/* Status, and the body in `answer` (short ones with Content-Length). */
static int exchange(int fd, struct str request, char answer[ANSWER], struct str *body)
{
    size_t n = 0, length = 0;
    char *end = NULL;
    if (write(fd, request.p, request.n) != (ssize_t)request.n)
        return -1;
    while (!end || n < (size_t)(end - answer) + length) {
        ssize_t got = read(fd, answer + n, ANSWER - 1 - n);
        if (got <= 0)
            return -1;
        n += (size_t)got;
        answer[n] = 0;
        if (!end && (end = strstr(answer, "\r\n\r\n"))) {
            const char *header = strcasestr(answer, "content-length:");
            end += 4;
            length = header ? strtoul(header + 15, NULL, 10) : 0;
        }
    }
    *body = (struct str){end, length};
    return atoi(answer + 9);
}

static int send_to(int fd, const char *method, struct str path, struct str query, struct str content,
                   const struct host *h, char answer[ANSWER], struct str *ret_body)
{
    struct arena *a = arena_new(0);
    struct buf text = buf_new(1 << 20);
    struct http_field host = {STR("Host"), str_from(authority)}, signature[SIGV4_HEADERS];
    size_t n = 0;
    buf_printf(
        &text,
        "%s %.*s%s%.*s HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\nContent-Type: application/json\r\n",
        method, STR_ARG(path), query.n ? "?" : "", STR_ARG(query), authority, content.n);
    if (h) {
        struct sigv4_request r = {.method = str_from(method),
                                  .path = path,
                                  .query = query,
                                  .body = content,
                                  .headers = &host,
                                  .n_headers = 1,
                                  .region = STR("us-east-1"),
                                  .service = STR("inspector2")};
        struct sigv4_key key = {.id = str_from(h->key), .secret = str_from(h->secret)};
        n = sigv4_sign(a, &r, &key, time_now(), signature);
    }
    for (size_t i = 0; i < n; i++)
        buf_printf(&text, "%.*s: %.*s\r\n", STR_ARG(signature[i].name), STR_ARG(signature[i].value));
    buf_add(&text, "\r\n", 2);
    buf_add_str(&text, content);
    int status = exchange(fd, buf_str(&text), answer, ret_body);
    buf_free(&text);
    arena_free(a);
    return status;
}

static void read_hosts(const char *path)
{
    FILE *f = fopen(path, "re");
    struct host h;
    while (f && fscanf(f, "%63s %63s %63s %64s", h.id, h.key, h.secret, h.digest) == 4) {
        if (!(n_hosts & (n_hosts - 1)))
            hosts = realloc(hosts, (n_hosts ? n_hosts * 2 : 1) * sizeof h);
        hosts[n_hosts++] = h;
    }
    if (!n_hosts) {
        fprintf(stderr, "%s: no hosts\n", path);
        exit(1);
    }
    fclose(f);
}

static void *beat(void *ctx)
{
    unsigned first = (unsigned)(uintptr_t)ctx;
    int fd = connected();
    char answer[ANSWER];
    struct str body = {0};
    for (unsigned i = first; !stop; i = i + n_threads < n_hosts ? i + n_threads : first) {
        struct arena *a = arena_new(0);
        int status =
            send_to(fd, "POST", arena_printf(a, "/assay/v1/hosts/%s/heartbeat", hosts[i].id), STR(""),
                    arena_printf(a, "{\"digest\":\"%s\"}", hosts[i].digest), &hosts[i], answer, &body);
        if (status == 200 && str_is(body, "{\"wanted\":false}"))
            done++;
        else if (!failed++)
            fprintf(stderr, "heartbeat: %d %.*s\n", status, STR_ARG(body));
        arena_free(a);
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: heartbeat PORT HOSTS SECONDS [THREADS]\n");
        return 2;
    }
    port = (unsigned)atoi(argv[1]);
    read_hosts(argv[2]);
    if (argc > 4)
        n_threads = (unsigned)atoi(argv[4]);
    snprintf(authority, sizeof authority, "127.0.0.1:%u", port);
    pthread_t *threads = calloc(n_threads, sizeof *threads);
    uint64_t begun = time_monotonic_ns();
    for (unsigned i = 0; i < n_threads; i++)
        pthread_create(&threads[i], NULL, beat, (void *)(uintptr_t)i);
    sleep((unsigned)atoi(argv[3]));
    stop = true;
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    double seconds = (double)(time_monotonic_ns() - begun) / 1e9;
    printf("%.0f heartbeats/s (%llu, %llu failed, %u hosts, %u connections)\n", (double)done / seconds,
           (unsigned long long)done, (unsigned long long)failed, n_hosts, n_threads);
    return failed ? 1 : 0;
}
