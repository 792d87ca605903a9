/* heartbeat PORT TOKEN HOSTS SECONDS [THREADS]: how many unchanged reports a server on this machine takes in
 * a second. Enrols HOSTS hosts, sends the inventory of each once, then signed heartbeats of one after the
 * other. */
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
    char id[WORD], key[WORD], secret[WORD];
};

static unsigned port, n_hosts, n_threads = 8;
static struct host *hosts;
static const char *token;
static char digest[SHA256_HEX + 1], authority[32], region[WORD];
static _Atomic uint64_t done, failed;
static _Atomic bool stop;
static const char inventory[] =
    "{\"os\":{\"family\":\"debian\",\"version\":\"12\",\"codename\":\"bookworm\"},\"packages\":[{\"type\":"
    "\"deb\","
    "\"name\":\"bash\",\"version\":\"5.2.15-2\",\"arch\":\"amd64\",\"packageManager\":\"OS\"}]}";

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
                                  .region = str_from(region),
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

static void take(struct arena *a, struct str body, struct host *h)
{
    json_val *root;
    if (json_parse(a, body, &root) < 0)
        exit(1);
    snprintf(h->id, WORD, "%.*s", STR_ARG(json_get_str(root, "resourceId")));
    snprintf(h->key, WORD, "%.*s", STR_ARG(json_get_str(root, "accessKeyId")));
    snprintf(h->secret, WORD, "%.*s", STR_ARG(json_get_str(root, "secretAccessKey")));
    snprintf(region, WORD, "%.*s", STR_ARG(json_get_str(root, "region")));
}

static void enrol(int fd, unsigned i)
{
    struct arena *a = arena_new(0);
    char answer[ANSWER];
    struct str body;
    int status;
    do {
        status = send_to(fd, "POST", STR("/assay/v1/enrol"), STR(""),
                         arena_printf(a, "{\"token\":\"%s\",\"machineId\":\"m%u\"}", token, i), NULL, answer,
                         &body);
        if (status == 429)
            usleep(100000);
    } while (status == 429);
    if (status != 200) {
        fprintf(stderr, "enrol: %d %.*s\n", status, STR_ARG(body));
        exit(1);
    }
    take(a, body, &hosts[i]);
    status = send_to(fd, "PUT", arena_printf(a, "/assay/v1/hosts/%s/inventory", hosts[i].id),
                     arena_printf(a, "digest=%s", digest), str_from(inventory), &hosts[i], answer, &body);
    if (status != 200) {
        fprintf(stderr, "report: %d %.*s\n", status, STR_ARG(body));
        exit(1);
    }
    arena_free(a);
}

static void *beat(void *ctx)
{
    unsigned first = (unsigned)(uintptr_t)ctx;
    int fd = connected();
    char answer[ANSWER];
    struct str body;
    for (unsigned i = first; !stop; i = i + n_threads < n_hosts ? i + n_threads : first) {
        struct arena *a = arena_new(0);
        int status =
            send_to(fd, "POST", arena_printf(a, "/assay/v1/hosts/%s/heartbeat", hosts[i].id), STR(""),
                    arena_printf(a, "{\"digest\":\"%s\"}", digest), &hosts[i], answer, &body);
        if (status == 200 && str_is(body, "{\"wanted\":false}"))
            done++;
        else if (!failed++)
            fprintf(stderr, "heartbeat: %d %.*s\n", status, STR_ARG(body));
        arena_free(a);
    }
    close(fd);
    return NULL;
}

static void digest_inventory(void)
{
    unsigned char bytes[SHA256_SIZE];
    struct sha256 *h = sha256_new();
    sha256_update(h, inventory, sizeof inventory - 1);
    sha256_finish(h, bytes);
    sha256_hex(bytes, digest);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: heartbeat PORT TOKEN HOSTS SECONDS [THREADS]\n");
        return 2;
    }
    port = (unsigned)atoi(argv[1]);
    token = argv[2];
    n_hosts = (unsigned)atoi(argv[3]);
    if (argc > 5)
        n_threads = (unsigned)atoi(argv[5]);
    snprintf(authority, sizeof authority, "127.0.0.1:%u", port);
    hosts = calloc(n_hosts, sizeof *hosts);
    digest_inventory();
    int fd = connected();
    uint64_t begun = time_monotonic_ns();
    for (unsigned i = 0; i < n_hosts; i++)
        enrol(fd, i);
    printf("%u hosts enrolled and reported in %.1f s\n", n_hosts,
           (double)(time_monotonic_ns() - begun) / 1e9);

    pthread_t *threads = calloc(n_threads, sizeof *threads);
    begun = time_monotonic_ns();
    for (unsigned i = 0; i < n_threads; i++)
        pthread_create(&threads[i], NULL, beat, (void *)(uintptr_t)i);
    sleep((unsigned)atoi(argv[4]));
    stop = true;
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    double seconds = (double)(time_monotonic_ns() - begun) / 1e9;
    printf("%.0f heartbeats/s (%llu, %llu failed, %u connections)\n", (double)done / seconds,
           (unsigned long long)done, (unsigned long long)failed, n_threads);
    return failed ? 1 : 0;
}
