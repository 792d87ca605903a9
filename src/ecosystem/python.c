/* Installed Python distributions: *.dist-info/METADATA (wheels), *.egg-info and EGG-INFO/PKG-INFO
 * (setuptools, distutils). https://packaging.python.org/specifications/core-metadata/,
 * recording-installed-packages and PEP 376. */
#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "ecosystem/pypi.h"

/* The long description is part of it: some are a megabyte. */
enum { METADATA_CAP = 16 << 20 };

/* The headers that matter. The first of each counts, as in Python's email parser, which pip reads them with.
 */
struct header {
    const char *name;
    struct str value;
};

static void keep_header(struct header *headers, struct str line)
{
    struct str name, value;
    if (!str_cut(line, ':', &name, &value))
        return;
    for (struct header *h = headers; h->name; h++)
        if (!h->value.n && str_ieq(name, str_from(h->name)))
            h->value = str_trim(value);
}

static int read_metadata(struct inventory *inv, struct view_file *file)
{
    struct str text, line;
    int status = view_file_content(file, METADATA_CAP, &text);
    if (status < 0)
        return status;
    if (str_starts(text, STR("\xef\xbb\xbf")))
        text = str_slice(text, 3, text.n);
    struct header headers[] = {{"Name"}, {"Version"}, {"License-Expression"}, {"License"}, {NULL}};
    while (str_next(&text, '\n', &line)) {
        if (!str_trim(line).n)
            break; /* the description follows */
        if (line.p[0] != ' ' && line.p[0] != '\t')
            keep_header(headers, line);
    }
    if (!headers[0].value.n || !headers[1].value.n)
        return err_set(ERR_INVALID, "no %s in the metadata", headers[0].value.n ? "Version" : "Name");
    return pypi_add(inv, file,
                    (struct package){
                        .name = headers[0].value,
                        .version = headers[1].value,
                        .license = headers[2].value.n ? headers[2].value : headers[3].value,
                        .manager = PM_PYTHONPKG,
                    });
}

/* ---- Wheels and eggs ---- */

struct archive {
    struct inventory *inv;
    unsigned found;
};

static bool archive_wants(void *ctx, struct str path, uint64_t size)
{
    (void)ctx;
    (void)size;
    /* a wheel may carry others' metadata further down, vendored or as test data; only what is at its top is
     * its own */
    return str_glob(STR("**/*!/*.dist-info/METADATA"), path) ||
           str_glob(STR("**/*!/EGG-INFO/PKG-INFO"), path);
}

static void archive_visit(void *ctx, struct view_file *file)
{
    struct archive *archive = ctx;
    archive->found++;
    int status = read_metadata(archive->inv, file);
    if (status < 0)
        inventory_problem(archive->inv, file->path, status);
}

static void archive_problem(void *ctx, struct str path, int code)
{
    struct archive *archive = ctx;
    inventory_problem(archive->inv, path, code);
}

static int read_archive(struct inventory *inv, struct view_file *file)
{
    _cleanup_(view_cleanup) struct view *v = NULL;
    struct archive archive = {.inv = inv};
    const struct view_visitor visitor = {archive_wants, archive_visit, archive_problem, &archive};
    int status = view_open_zip_file(file, &v);
    if (status == 0)
        status = view_walk(v, &visitor);
    if (status < 0)
        return status;
    return archive.found ? 0 : err_set(ERR_INVALID, "no metadata in it");
}

static int python_read(struct inventory *inv, struct view_file *file)
{
    bool archive = str_ends(file->path, STR(".whl")) || str_ends(file->path, STR(".egg"));
    return archive ? read_archive(inv, file) : read_metadata(inv, file);
}

const struct ecosystem ecosystem_python = {
    .name = "python",
    .help = "installed distributions, wheels, eggs: *.dist-info/METADATA, *.egg-info, EGG-INFO/PKG-INFO, "
            "*.whl, *.egg",
    .patterns = (const char *const[]){"**/*.dist-info/METADATA", "**/*.egg-info", "**/*.egg-info/PKG-INFO",
                                      "**/EGG-INFO/PKG-INFO", "**/*.whl", "**/*.egg", NULL},
    .read = python_read,
};
