#include "view/path.h"

#include "base/err.h"
#include "view/view.h"

/* Takes the last segment off again, not going below `start`. */
static void drop_segment(struct buf *to, size_t start)
{
    while (to->n > start && to->p[--to->n] != '/')
        ;
}

static int add_segments(struct str name, struct buf *to, size_t start)
{
    struct str segment;
    while (str_next(&name, '/', &segment)) {
        if (!segment.n || str_is(segment, "."))
            continue;
        if (str_is(segment, "..")) {
            drop_segment(to, start);
            continue;
        }
        if (to->n - start + segment.n + 1 > view_limits.path)
            return err_set(ERR_LIMIT, "path longer than %zu bytes", view_limits.path);
        if (to->n > start)
            buf_add_c(to, '/');
        buf_add_str(to, segment);
    }
    return buf_status(to);
}

int path_clean(struct str name, struct buf *to)
{
    if (str_find(name, 0) >= 0)
        return err_set(ERR_INVALID, "a name with a NUL byte");
    return add_segments(name, to, to->n);
}

int path_follow(struct str link, struct str target, struct buf *to)
{
    size_t start = to->n;
    if (str_find(target, 0) >= 0)
        return err_set(ERR_INVALID, "a link with a NUL byte");
    if (!str_starts(target, STR("/")))
        buf_add_str(to, str_dirname(link));
    return add_segments(target, to, start);
}
