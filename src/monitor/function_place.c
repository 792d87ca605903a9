/* The files of functions: of a folder, or of a bucket. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "monitor/function.h"
#include "net/client.h"
#include "view/io.h"

enum { FILES_MAX = 100000, PIECE = 256 << 10 };

typedef VEC(struct function_file) files;

static bool is_bucket(const struct function_place *p)
{
    return p->origin->origin.kind == ORIGIN_FUNCTION_BUCKET;
}

static struct bucket bucket_of(const struct function_place *p)
{
    struct str url = p->origin->origin.url;
    ptrdiff_t slash = str_rfind(url, '/');
    return (struct bucket){
        .endpoint = str_slice(url, 0, (size_t)slash),
        .name = str_slice(url, (size_t)slash + 1, url.n),
        .region = p->origin->options.region.n ? p->origin->options.region : STR("us-east-1"),
        .key = {.id = p->origin->options.key_id, .secret = p->origin->secret},
    };
}

static int too_many(void)
{
    return err_set(ERR_LIMIT, "more than %d files in one place of functions", FILES_MAX);
}

static bool is_wanted(struct str name)
{
    return name.n && name.p[0] != '.' && str_find(name, '/') < 0 &&
           (str_ends(name, STR(".zip")) || str_ends(name, STR(".json")));
}

static int list_bucket(const struct function_place *p, files *to)
{
    const struct bucket b = bucket_of(p);
    struct str prefix = p->origin->options.prefix, token = {NULL, 0};
    do {
        struct bucket_object *objects;
        size_t n;
        int status = bucket_list(p->arena, &b, prefix, token, &objects, &n, &token);
        if (status < 0)
            return status;
        for (size_t i = 0; i < n; i++) {
            struct str name = objects[i].name;
            name = str_slice(name, prefix.n < name.n ? prefix.n : name.n, name.n);
            if (to->n == FILES_MAX)
                return too_many();
            if (is_wanted(name))
                vec_add(to, (struct function_file){name, objects[i].etag, objects[i].modified});
        }
    } while (token.n);
    return 0;
}

static int folder_error(const char *path)
{
    int code = errno == ENOENT ? ERR_MISSING : errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_IO;
    (void)err_errno("%s", path);
    return err_set(code, "%s", err_text());
}

static void add_file(const struct function_place *p, int folder, const char *name, files *to)
{
    struct stat st;
    if (fstatat(folder, name, &st, 0) < 0 || !S_ISREG(st.st_mode))
        return;
    vec_add(to, (struct function_file){arena_str(p->arena, str_from(name)),
                                       arena_printf(p->arena, "%lld.%09ld %lld %llu",
                                                    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                                                    (long long)st.st_size, (unsigned long long)st.st_ino),
                                       st.st_mtim.tv_sec});
}

static int list_folder(const struct function_place *p, const char *path, files *to)
{
    DIR *dir = opendir(path);
    int status = 0;
    if (!dir)
        return folder_error(path);
    for (struct dirent *e; status == 0 && (e = readdir(dir));) {
        if (to->n == FILES_MAX)
            status = too_many();
        else if (is_wanted(str_from(e->d_name)))
            add_file(p, dirfd(dir), e->d_name, to);
    }
    closedir(dir);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct function_file *)a)->name, ((const struct function_file *)b)->name);
}

int function_files(const struct function_place *p, struct function_file **ret_files, size_t *ret_n)
{
    files list = {0};
    int status = is_bucket(p) ? list_bucket(p, &list)
                              : list_folder(p, arena_cstr(p->arena, p->origin->origin.url), &list);
    if (status == 0) {
        *ret_files = arena_new_array(p->arena, struct function_file, list.n + 1);
        *ret_n = list.n;
        if (list.n) {
            qsort(list.at, list.n, sizeof *list.at, by_name);
            memcpy(*ret_files, list.at, list.n * sizeof *list.at);
        }
    }
    vec_free(&list);
    return status;
}

static struct str object_name(const struct function_place *p, struct str name)
{
    return arena_printf(p->arena, "%.*s%.*s", STR_ARG(p->origin->options.prefix), STR_ARG(name));
}

static const char *path_of(const struct function_place *p, struct str name)
{
    return arena_printf(p->arena, "%.*s/%.*s", STR_ARG(p->origin->origin.url), STR_ARG(name)).p;
}

static int copy(const char *from, const char *to)
{
    _cleanup_fd_ int in = -1;
    struct stat st;
    int status = io_open(from, &in, &st);
    if (status < 0)
        return status;
    if ((uint64_t)st.st_size > CODE_BYTES_MAX)
        return err_set(ERR_LIMIT, "%s: larger than %llu GiB", from,
                       (unsigned long long)(CODE_BYTES_MAX >> 30));
    _cleanup_fd_ int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0)
        return err_errno("%s", to);
    _cleanup_free_ char *piece = mem_alloc(PIECE);
    size_t n = PIECE;
    for (uint64_t at = 0; status == 0 && n == PIECE && at <= CODE_BYTES_MAX; at += n) {
        status = io_read_at(in, at, piece, PIECE, &n);
        if (status == 0)
            status = io_write(out, piece, n);
    }
    return status;
}

int function_fetch(const struct function_place *p, struct str name, const char *path)
{
    if (!is_bucket(p))
        return copy(path_of(p, name), path);
    const struct bucket b = bucket_of(p);
    return bucket_get(p->arena, &b, object_name(p, name), path);
}

int function_read(const struct function_place *p, struct str name, struct str *ret_text)
{
    _cleanup_(scan_folder_remove) struct scan_folder folder = {{0}};
    if (!is_bucket(p))
        return file_read(p->arena, path_of(p, name), SIDECAR_MAX, ret_text);
    int status = scan_folder_new(p->monitor, &folder);
    if (status < 0)
        return status;
    const char *path = arena_printf(p->arena, "%s/sidecar", folder.path).p;
    status = function_fetch(p, name, path);
    return status < 0 ? status : file_read(p->arena, path, SIDECAR_MAX, ret_text);
}
