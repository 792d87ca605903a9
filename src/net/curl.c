#include "net/curl.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

struct curl_functions curl;

static struct {
    int status;
    char text[256];
} loaded;

/* The ABI has been 4 since 2006; Debian's GnuTLS flavour differs in name only. NULL with the error set. */
static void *open_library(void)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        err_set(ERR_UNSUPPORTED, "downloads need libcurl: install libcurl4 (%s)", dlerror());
        library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    }
    return library;
}

static int find_functions(void *library)
{
#define FIND(name)                                                                                           \
    curl.name = (__typeof__(curl.name))dlsym(library, "curl_" #name);                                        \
    if (!curl.name)                                                                                          \
        return err_set(ERR_UNSUPPORTED, "libcurl lacks curl_" #name ": %s", dlerror());
    CURL_SYMBOLS(FIND)
#undef FIND
    return 0;
}

static int load(void)
{
    void *library = open_library();
    if (!library)
        return ERR_UNSUPPORTED;
    int r = find_functions(library);
    if (!r && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        r = err_set(ERR_IO, "libcurl does not start");
    return r;
}

static void load_once(void)
{
    loaded.status = load();
    if (loaded.status < 0)
        snprintf(loaded.text, sizeof loaded.text, "%s", err_text());
}

int curl_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_once);
    return loaded.status < 0 ? err_set(loaded.status, "%s", loaded.text) : 0;
}

int curl_prepare(CURL *handle, const char *url)
{
    curl.easy_setopt(handle, CURLOPT_URL, url);
    curl.easy_setopt(handle, CURLOPT_USERAGENT, "assay");
    curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    /* The library may be older than the headers. */
    if (curl.easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK)
        return err_set(ERR_UNSUPPORTED, "downloads need libcurl 7.85 or newer");
    const char *authorities = getenv("SSL_CERT_FILE"); /* as curl(1) and OpenSSL take it */
    if (authorities && *authorities)
        curl.easy_setopt(handle, CURLOPT_CAINFO, authorities);
    return 0;
}

void curl_add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl.slist_append(*list, line);
    if (longer)
        *list = longer;
}

long curl_backoff(unsigned attempt, long retry_after)
{
    unsigned char noise = 0;
    if (getrandom(&noise, 1, GRND_NONBLOCK) < 0)
        noise = (unsigned char)getpid();
    long ms = 500L << (attempt < 6 ? attempt : 6);
    ms += ms * noise / 256;
    if (retry_after >= 0)
        ms = retry_after < CURL_RETRY_MAX_MS / 1000 ? retry_after * 1000 : CURL_RETRY_MAX_MS;
    return ms < CURL_RETRY_MAX_MS ? ms : CURL_RETRY_MAX_MS;
}

void curl_wait(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}
