#include "net/microhttpd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "base/err.h"

struct mhd_functions mhd;

static struct {
    int status;
    char text[256];
} loaded;

static int load(void)
{
    void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return err_set(ERR_UNSUPPORTED, "serving needs libmicrohttpd: install libmicrohttpd12 (%s)",
                       dlerror());
#define FIND(name)                                                                                           \
    mhd.name = (__typeof__(mhd.name))dlsym(library, "MHD_" #name);                                           \
    if (!mhd.name)                                                                                           \
        return err_set(ERR_UNSUPPORTED, "libmicrohttpd lacks MHD_" #name ": %s", dlerror());
    MHD_SYMBOLS(FIND)
#undef FIND
    if (mhd.is_feature_supported(MHD_FEATURE_EPOLL) != MHD_YES)
        return err_set(ERR_UNSUPPORTED, "libmicrohttpd was built without epoll");
    return 0;
}

static void load_once(void)
{
    loaded.status = load();
    if (loaded.status < 0)
        snprintf(loaded.text, sizeof loaded.text, "%s", err_text());
}

int mhd_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_once);
    return loaded.status < 0 ? err_set(loaded.status, "%s", loaded.text) : 0;
}
