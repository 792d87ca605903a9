/* For tests of images: layers written by libarchive, laid out as an OCI folder. */
#ifndef ASSAY_TEST_IMAGE_UTIL_H
#define ASSAY_TEST_IMAGE_UTIL_H

#include <archive.h>
#include <archive_entry.h>

#include "base/buf.h"
#include "base/hash.h"
#include "view_util.h"

/* One entry of a layer. */
struct entry {
    char type; /* f file, d directory, h hard link, l symbolic link, c device, p pipe */
    const char *path;
    const char *content; /* or where the link leads */
};

struct made {
    struct str bytes;   /* as stored */
    struct str digest;  /* of them */
    struct str diff_id; /* of the tar */
};

static struct str sha(struct str s)
{
    unsigned char digest[SHA256_SIZE];
    char hex[SHA256_HEX + 1];
    sha256_of(s, digest);
    sha256_hex(digest, hex);
    return arena_printf(arena, "sha256:%s", hex);
}

static struct str archive_of(const struct entry *entries, int (*format)(struct archive *),
                             int (*filter)(struct archive *))
{
    size_t size = 4 << 20, used = 0;
    char *to = arena_alloc(arena, size);
    struct archive *a = archive_write_new();
    format(a);
    filter(a);
    archive_write_set_bytes_per_block(a, 0);
    archive_write_open_memory(a, to, size, &used);
    for (; entries->type; entries++) {
        struct archive_entry *e = archive_entry_new();
        archive_entry_set_pathname(e, entries->path);
        archive_entry_set_perm(e, 0644);
        bool file = entries->type == 'f';
        archive_entry_set_filetype(e, entries->type == 'd'   ? AE_IFDIR
                                      : entries->type == 'l' ? AE_IFLNK
                                      : entries->type == 'c' ? AE_IFCHR
                                      : entries->type == 'p' ? AE_IFIFO
                                                             : AE_IFREG);
        if (entries->type == 'l')
            archive_entry_set_symlink(e, entries->content);
        if (entries->type == 'h')
            archive_entry_set_hardlink(e, entries->content);
        archive_entry_set_size(e, file ? (int64_t)strlen(entries->content) : 0);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        if (file)
            archive_write_data(a, entries->content, strlen(entries->content));
        archive_entry_free(e);
    }
    archive_write_close(a);
    archive_write_free(a);
    return (struct str){to, used};
}

typedef int (*setting)(struct archive *);
static const setting formats[] = {archive_write_set_format_pax, archive_write_set_format_gnutar,
                                  archive_write_set_format_ustar};
static const setting filters[] = {archive_write_add_filter_none, archive_write_add_filter_gzip,
                                  archive_write_add_filter_zstd, archive_write_add_filter_xz};
enum { FILTERS = sizeof filters / sizeof *filters };

static struct made make(const struct entry *entries, int format, int filter)
{
    struct made m;
    m.diff_id = sha(archive_of(entries, formats[format], filters[0]));
    m.bytes = archive_of(entries, formats[format], filters[filter]);
    m.digest = sha(m.bytes);
    return m;
}

static void put_bytes(const char *path, struct str bytes)
{
    assert_int_equal(dir_make(arena_cstr(arena, str_dirname(str_from(at(path))))), 0);
    _cleanup_file_ FILE *f =
        fopen(at(path), "w"); /* not synced to disk, unlike file_replace(): there are thousands */
    assert_true(f && fwrite(bytes.p, 1, bytes.n, f) == bytes.n);
}

static struct str put_blob(const char *folder, struct str bytes)
{
    struct str digest = sha(bytes);
    put_bytes(arena_printf(arena, "%s/blobs/sha256/%s", folder, digest.p + 7).p, bytes);
    return digest;
}

/* The configuration, and the manifest over the layers; gives the manifest's digest. */
static struct str put_image(const char *folder, const char *arch, const struct made *layers, size_t n)
{
    struct str ids = STR(""), list = STR("");
    for (size_t i = 0; i < n; i++) {
        ids = arena_printf(arena, "%.*s%s\"%s\"", STR_ARG(ids), i ? "," : "", layers[i].diff_id.p);
        list = arena_printf(arena, "%.*s%s{\"digest\":\"%s\",\"size\":%zu}", STR_ARG(list), i ? "," : "",
                            layers[i].digest.p, layers[i].bytes.n);
        put_blob(folder, layers[i].bytes);
    }
    struct str config =
        put_blob(folder, arena_printf(arena,
                                      "{\"os\":\"linux\",\"architecture\":\"%s\",\"rootfs\":{\"type\":"
                                      "\"layers\",\"diff_ids\":[%.*s]}}",
                                      arch, STR_ARG(ids)));
    return put_blob(
        folder, arena_printf(arena, "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\"},\"layers\":[%.*s]}",
                             config.p, STR_ARG(list)));
}

static void put_index(const char *folder, const char *manifests)
{
    put_bytes(arena_printf(arena, "%s/oci-layout", folder).p, STR("{\"imageLayoutVersion\":\"1.0.0\"}"));
    put_bytes(arena_printf(arena, "%s/index.json", folder).p,
              arena_printf(arena, "{\"schemaVersion\":2,\"manifests\":[%s]}", manifests));
}

static inline void put_layout(const char *folder, const struct made *layers, size_t n)
{
    put_index(folder, arena_printf(arena, "{\"digest\":\"%s\"}", put_image(folder, "amd64", layers, n).p).p);
}

#endif
