/* Zip archives, with what is nested in them. */
#include <stdint.h>
#include <stdlib.h>

#include "view/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_zip(struct view_file *f);

static bool wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx, (void)size;
    return !path.n || path.p[path.n - 1] != '-';
}

static void visit(void *ctx, struct view_file *f)
{
    (void)ctx;
    struct str content;
    char some[16];
    size_t n;
    view_file_read_at(f, 3, some, sizeof some, &n);
    if (view_file_content(f, 1 << 20, &content) == 0 && content.n != f->size)
        abort();
    open_zip(f);
}

static void problem(void *ctx, struct str path, int code)
{
    (void)ctx, (void)path;
    if (code >= 0)
        abort();
}

static void open_zip(struct view_file *f)
{
    struct view *v = NULL;
    const struct view_visitor visitor = {wants, visit, problem, NULL};
    if (view_open_zip_file(f, &v) < 0)
        return;
    view_walk(v, &visitor);
    view_close(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    view_limits.bytes = 4 << 20;
    view_limits.file_bytes = 1 << 20;
    view_limits.files = 1000;
    struct view_file f = view_file_memory(STR("x.zip"), (struct str){(const char *)data, size});
    open_zip(&f);
    return 0;
}
