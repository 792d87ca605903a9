#include "net/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

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
