/* Image archives: the index of the tar, the manifest, the configuration, and the layers with their
 * compression. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "view/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx, (void)size;
    return path.n && path.p[path.n - 1] == 't';
}

static void visit(void *ctx, struct view_file *f)
{
    const struct view *v = ctx;
    struct str content;
    if (view_file_content(f, 1 << 20, &content) == 0 && content.n != f->size)
        abort();
    if (f->layer >= v->n_layers)
        abort();
}

static void problem(void *ctx, struct str path, int code)
{
    (void)ctx, (void)path;
    if (code >= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct view *v = NULL;
    view_limits.bytes = 4 << 20;
    view_limits.file_bytes = 1 << 20;
    view_limits.files = 1000;
    int fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (view_open_image(path, NULL, &v) == 0) {
        const struct view_visitor visitor = {wants, visit, problem, v};
        view_walk(v, &visitor);
        view_close(v);
    }
    close(fd);
    return 0;
}
