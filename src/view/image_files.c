#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "view/image.h"
#include "view/io.h"
#include "view/path.h"
#include "view/root.h"
#include "view/spool.h"
#include "view/tar.h"

enum { MEMBERS_MAX = 100000, SMALL_MAX = 16 << 20, LINKS_MAX = 8, WINDOW = 64 * 1024 };

/* A file of the image once it was found. */
struct member {
    struct blob blob;
    struct str link; /* the member it is another name for; or empty */
};

struct image_files {
    struct arena *arena;
    bool folder;
    int fd;             /* the folder, or the tar */
    struct map members; /* by clean name; of a folder those that were asked for */
    VEC(int) fds;       /* open files of a folder */
};

void image_files_free(struct image_files *s)
{
    if (!s)
        return;
    vec_each(fd, &s->fds) close(*fd);
    vec_free(&s->fds);
    map_free(&s->members);
    if (s->fd >= 0)
        close(s->fd);
    arena_free(s->arena);
    free(s);
}

static void image_files_cleanup(struct image_files **s)
{
    image_files_free(*s);
}

/* Reading a tar file from disk, skipping by position. */
struct tar_file {
    int fd;
    uint64_t at;
    unsigned char window[WINDOW];
};

static int tar_file_next(void *ctx, const unsigned char **ret_p, size_t *ret_n)
{
    struct tar_file *f = ctx;
    int status = io_read_at(f->fd, f->at, f->window, WINDOW, ret_n);
    if (status < 0)
        return status;
    f->at += *ret_n;
    *ret_p = f->window;
    return 0;
}

static int tar_file_skip(void *ctx, uint64_t n)
{
    struct tar_file *f = ctx;
    if (n > INT64_MAX - f->at)
        return err_set(ERR_INVALID, "tar: a file larger than any archive");
    f->at += n;
    return 0;
}

static int add_member(struct image_files *s, const struct tar_entry *e)
{
    _cleanup_(buf_free) struct buf path = buf_new(16384), link = buf_new(16384);
    int status = path_clean(e->path, &path);
    if (status == 0 && e->type == TAR_HARD_LINK)
        status = path_clean(e->link, &link);
    if (status == 0 && e->type == TAR_SYMLINK)
        status = path_follow(buf_str(&path), e->link, &link);
    if (status < 0)
        return status;
    if (s->members.n == MEMBERS_MAX)
        return err_set(ERR_LIMIT, "more than %d files in an image archive", MEMBERS_MAX);
    struct member *m = arena_alloc(s->arena, sizeof *m);
    m->blob = (struct blob){s->fd, e->offset, e->size};
    m->link = link.n ? arena_str(s->arena, buf_str(&link)) : (struct str){NULL, 0};
    map_set(&s->members, arena_str(s->arena, buf_str(&path)), m);
    return 0;
}

static int index_tar(struct image_files *s)
{
    _cleanup_free_ struct tar_file *f = mem_alloc(sizeof *f);
    f->fd = s->fd;
    const struct tar_source source = {tar_file_next, tar_file_skip, f};
    _cleanup_(tar_cleanup) struct tar *t = tar_open(&source);
    struct tar_entry e;
    int status;
    while ((status = tar_next(t, &e)) > 0)
        if (e.type == TAR_FILE || e.type == TAR_HARD_LINK || e.type == TAR_SYMLINK) {
            status = add_member(s, &e);
            if (status < 0)
                return status;
        }
    return status;
}

/* An archive that was compressed as a whole is unpacked to where it can be read at random. */
static int unpack_whole(struct image_files *s, uint64_t size)
{
    struct view_budget budget = {.packed = size};
    const struct blob whole = {s->fd, 0, size};
    _cleanup_(stream_cleanup) struct stream *stream = stream_open(&whole, &budget);
    _cleanup_fd_ int to = -1;
    const unsigned char *p;
    size_t n;
    int status = spool_temp_file(&to);
    while (status == 0 && (status = stream_next(stream, &p, &n)) == 0 && n)
        status = io_write(to, p, n);
    if (status < 0)
        return status;
    close(s->fd);
    s->fd = to;
    to = -1;
    return 0;
}

static int open_tar(struct image_files *s, uint64_t size)
{
    char start[PACKING_MAGIC];
    size_t n;
    int status = io_read_at(s->fd, 0, start, sizeof start, &n);
    if (status == 0 && stream_packing((struct str){start, n}) != PACKING_NONE)
        status = unpack_whole(s, size);
    return status < 0 ? status : index_tar(s);
}

int image_files_open(const char *path, struct image_files **ret_files)
{
    _cleanup_(image_files_cleanup) struct image_files *s = mem_alloc(sizeof *s);
    struct stat st;
    s->arena = arena_new(0);
    s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (s->fd < 0 && errno == ENOENT)
        return err_set(ERR_MISSING, "%s: no such file or directory", path);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return err_errno("%s", path);
    s->folder = S_ISDIR(st.st_mode);
    if (!s->folder && !S_ISREG(st.st_mode))
        return err_set(ERR_UNSUPPORTED, "%s: neither a file nor a directory", path);
    int status = s->folder ? 0 : open_tar(s, (uint64_t)st.st_size);
    if (status < 0)
        return err_context(status, "%s", path);
    *ret_files = s;
    s = NULL;
    return 0;
}

/* A file of a folder, opened when first asked for. */
static struct member *folder_member(struct image_files *s, struct str name)
{
    struct stat st;
    _cleanup_fd_ int at = root_resolve(s->fd, arena_cstr(s->arena, name));
    int fd = at < 0 ? -1 : root_reopen(at);
    if (fd < 0)
        return NULL;
    vec_add(&s->fds, fd);
    if (fstat(fd, &st) < 0)
        return NULL;
    struct member *m = arena_alloc(s->arena, sizeof *m);
    m->blob = (struct blob){fd, 0, (uint64_t)st.st_size};
    map_set(&s->members, arena_str(s->arena, name), m);
    return m;
}

static struct member *find(struct image_files *s, struct str name)
{
    struct member *m = map_get(&s->members, name);
    if (!m && s->folder)
        return folder_member(s, name);
    for (int i = 0; m && m->link.n; i++)
        m = i < LINKS_MAX ? map_get(&s->members, m->link) : NULL;
    return m;
}

bool image_files_has(struct image_files *s, struct str name)
{
    return find(s, name);
}

int image_files_blob(struct image_files *s, struct str name, struct blob *ret_blob)
{
    const struct member *m = find(s, name);
    if (!m)
        return err_set(ERR_MISSING, "the image lacks %.*s", STR_ARG(name));
    *ret_blob = m->blob;
    return 0;
}

bool digest_valid(struct str digest)
{
    if (digest.n != 7 + SHA256_HEX || !str_starts(digest, STR("sha256:")))
        return false;
    for (size_t i = 7; i < digest.n; i++)
        if (!is_digit(digest.p[i]) && !(digest.p[i] >= 'a' && digest.p[i] <= 'f'))
            return false;
    return true;
}

struct str digest_text(struct arena *a, const unsigned char digest[SHA256_SIZE])
{
    char hex[SHA256_HEX + 1];
    sha256_hex(digest, hex);
    return arena_printf(a, "sha256:%s", hex);
}

int image_files_read(struct image_files *s, struct arena *a, struct str name, struct str digest,
                     struct str *ret_content)
{
    struct blob blob;
    size_t n;
    int status = image_files_blob(s, name, &blob);
    if (status < 0)
        return status;
    if (blob.size > SMALL_MAX)
        return err_set(ERR_LIMIT, "%.*s is larger than %d bytes", STR_ARG(name), SMALL_MAX);
    char *p = arena_alloc(a, (size_t)blob.size + 1);
    status = io_read_at(blob.fd, blob.offset, p, (size_t)blob.size, &n);
    if (status < 0)
        return err_context(status, "%.*s", STR_ARG(name));
    if (n < blob.size)
        return err_set(ERR_INVALID, "%.*s was cut short", STR_ARG(name));
    if (digest.n) {
        unsigned char got[SHA256_SIZE];
        sha256_of((struct str){p, n}, got);
        if (!str_eq(digest_text(a, got), digest))
            return err_set(ERR_INVALID, "%.*s does not have the digest %.*s", STR_ARG(name), STR_ARG(digest));
    }
    *ret_content = (struct str){p, n};
    return 0;
}

int image_files_read_json(struct image_files *s, struct arena *a, struct str name, struct str digest,
                          json_val **ret_root)
{
    struct str content;
    int status = image_files_read(s, a, name, digest, &content);
    if (status < 0)
        return status;
    status = json_parse(a, content, ret_root);
    return status < 0 ? err_context(status, "%.*s", STR_ARG(name)) : 0;
}
