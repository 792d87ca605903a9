#include "view/view.h"

#include "base/err.h"

struct view_limits view_limits = {
    .files = 20000000,
    .bytes = (uint64_t)64 << 30,
    .ratio = 200,
    .depth = 8,
    .path = 4096,
    .file_bytes = (uint64_t)512 << 20,
    .log_bytes = (size_t)256 << 20,
};

int view_file_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    if (cap > view_limits.file_bytes)
        cap = view_limits.file_bytes;
    if (f->size > cap)
        return err_set(ERR_LIMIT, "larger than %zu bytes", cap);
    return f->ops->content(f, cap, ret_content);
}

int view_file_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    return f->ops->read_at(f, offset, to, n, ret_read);
}

/* A file in memory: `state` points at its bytes, `size` counts them. */
static int memory_content(struct view_file *f, size_t cap, struct str *ret_content)
{
    (void)cap;
    *ret_content = (struct str){f->state, (size_t)f->size};
    return 0;
}

static int memory_read_at(struct view_file *f, uint64_t offset, void *to, size_t n, size_t *ret_read)
{
    size_t left = offset < f->size ? (size_t)(f->size - offset) : 0;
    *ret_read = n < left ? n : left;
    if (*ret_read)
        memcpy(to, (const char *)f->state + offset, *ret_read);
    return 0;
}

struct view_file view_file_memory(struct str path, struct str content)
{
    static const struct view_file_ops ops = {memory_content, memory_read_at};
    return (struct view_file){.path = path,
                              .size = content.n,
                              .mode = 0644,
                              .layer = UINT32_MAX,
                              .ops = &ops,
                              .state = (void *)(uintptr_t)content.p};
}

int view_walk(struct view *v, const struct view_visitor *visitor)
{
    return v->ops->walk(v, visitor);
}

void view_close(struct view *v)
{
    v->ops->close(v);
}
