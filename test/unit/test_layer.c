/* What is kept of layers composes to what a walk of the whole image gives. */
#include "image_util.h"
#include "source/artefact.h"
#include "source/source.h"

static struct str whole_text(const struct inventory *inv)
{
    struct buf b = buf_new(16 << 20);
    buf_printf(&b, "os %.*s %.*s %.*s %.*s %.*s\nfiles %llu\n", STR_ARG(inv->os.family),
               STR_ARG(inv->os.version), STR_ARG(inv->os.codename), STR_ARG(inv->os.name),
               STR_ARG(inv->os.like), (unsigned long long)inv->files);
    vec_each(layer, &inv->layers) buf_printf(&b, "layer %.*s\n", STR_ARG(*layer));
    vec_each(p, &inv->packages)
    {
        buf_printf(&b, "%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%u %u %d %d\n",
                   STR_ARG(p->type), STR_ARG(p->namespace), STR_ARG(p->name), STR_ARG(p->version),
                   STR_ARG(p->arch), STR_ARG(p->source), STR_ARG(p->source_version), STR_ARG(p->modularity),
                   STR_ARG(p->vendor), STR_ARG(p->path), STR_ARG(p->owner), STR_ARG(p->license),
                   STR_ARG(p->digest), p->layer, p->manager, p->dev, p->unresolved);
    }
    vec_each(p, &inv->problems)
        buf_printf(&b, "problem %.*s: %s: %.*s\n", STR_ARG(p->path), err_name(p->code), STR_ARG(p->text));
    assert_int_equal(buf_status(&b), 0);
    struct str text = arena_str(arena, buf_str(&b));
    buf_free(&b);
    return text;
}

static struct layer layer_of(const struct made *made)
{
    return (struct layer){arena_printf(arena, "blobs/sha256/%s", made->digest.p + 7), made->digest,
                          made->diff_id};
}

static struct artefact opened(const struct buf *b)
{
    struct artefact artefact;
    if (artefact_open(arena, buf_str(b), &artefact) < 0)
        fail_msg("%s", err_text());
    return artefact;
}

/* From what was kept of each layer; or, when that does not do, of the image as a whole. */
static struct inventory *composed(const char *folder, const struct made *made, size_t n, bool *ret_whole)
{
    struct artefact *artefacts = arena_new_array(arena, struct artefact, n);
    struct artefact_layer *layers = arena_new_array(arena, struct artefact_layer, n);
    struct inventory *inv = NULL;
    struct image image = {arena_new_array(arena, struct layer, n), n};
    for (size_t i = 0; i < n; i++) {
        _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
        image.layers[i] = layer_of(&made[i]);
        if (artefact_read_layer(at(folder), &image.layers[i], &kept) < 0)
            fail_msg("%s", err_text());
        artefacts[i] = opened(&kept);
        assert_true(str_eq(digest_text(arena, artefacts[i].plain), made[i].diff_id));
        layers[i] = (struct artefact_layer){&artefacts[i], made[i].diff_id};
    }
    int status = artefact_compose(layers, n, &inv);
    *ret_whole = status == ERR_UNSUPPORTED;
    if (status == 0)
        return inv;
    assert_int_equal(status, ERR_UNSUPPORTED);
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    assert_int_equal(artefact_read_image(at(folder), &image, &kept), 0);
    struct artefact artefact = opened(&kept);
    inv = inventory_new();
    for (size_t i = 0; i < n; i++)
        vec_add(&inv->layers, arena_str(inv->arena, made[i].diff_id));
    assert_int_equal(artefact_add(inv, &artefact, ARTEFACT_LAYERS), 0);
    inventory_finish(inv);
    return inv;
}

/* Returns whether the image had to be read as a whole. */
static bool agree(const char *folder, const struct made *made, size_t n)
{
    bool whole;
    _cleanup_(inventory_cleanup) struct inventory *walked = NULL;
    put_layout(folder, made, n);
    if (source_inventory(at(folder), NULL, &walked) < 0)
        fail_msg("%s", err_text());
    _cleanup_(inventory_cleanup) struct inventory *inv = composed(folder, made, n, &whole);
    struct str wanted = whole_text(walked), got = whole_text(inv);
    if (!str_eq(wanted, got))
        fail_msg("%s composed:\n%s\nwalked:\n%s", folder, got.p, wanted.p);
    return whole;
}

#define DPKG(name, version)                                                                                  \
    "Package: " name "\nStatus: install ok installed\nVersion: " version "\nArchitecture: amd64\n\n"
#define METADATA(name, version) "Metadata-Version: 2.1\nName: " name "\nVersion: " version "\n\n"
#define PYTHON                  "usr/lib/python3/dist-packages/"

static void layers_compose(void **state)
{
    (void)state;
    const struct made made[] = {
        make(
            (const struct entry[]){
                {'f', "usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\n"},
                {'l', "etc/os-release", "../usr/lib/os-release"},
                {'f', "var/lib/dpkg/status", DPKG("bash", "5.2-1") DPKG("python3-six", "1.16-4")},
                {'f', "var/lib/dpkg/info/python3-six.list",
                 "/usr\n/" PYTHON "six-1.16.0.dist-info/METADATA\n"},
                {'f', PYTHON "six-1.16.0.dist-info/METADATA", METADATA("six", "1.16.0")},
                {'f', PYTHON "gone-1.0.dist-info/METADATA", METADATA("gone", "1.0")},
                {'f', "srv/node_modules/a/package.json", "{\"name\":\"a\",\"version\":\"1.0.0\"}"},
                {'f', "srv/node_modules/b/package.json", "{\"name\":\"b\",\"version\":"},
                {'f', "opt/x/package-lock.json", "{"},
                {0}},
            0, 1),
        make(
            (const struct entry[]){
                {'f', "var/lib/dpkg/status", DPKG("bash", "5.2-2") DPKG("python3-six", "1.16-4")},
                {'f', PYTHON "gone-1.0.dist-info/.wh.METADATA", ""},
                {'f', PYTHON "six-1.16.0.dist-info/INSTALLER", "debian"},
                {'f', "srv/node_modules/a/package.json", "{\"name\":\"a\",\"version\":\"1.0.1\"}"},
                {'f', "data.bin", "{\"name\":\"c\",\"version\":\"3.0.0\"}"},
                {'h', "srv/node_modules/c/package.json", "data.bin"},
                {'h', "srv/node_modules/d/package.json", "nowhere"},
                {'f', "srv/.wh.", ""},
                {0}},
            0, 1),
        make((const struct entry[]){{'f', "opt/.wh..wh..opq", ""},
                                    {'l', "srv/node_modules/b", "elsewhere"},
                                    {0}},
             1, 2),
    };
    assert_false(agree("image", made, 3));
    assert_false(agree("image", made, 2));
    assert_false(agree("image", made, 1));
    assert_false(agree("image", made + 1, 2)); /* the same layers, other images */
}

static void links_to_other_files_need_the_whole(void **state)
{
    (void)state;
    const struct made made[] = {
        make((const struct entry[]){{'f', "data.bin", "{\"name\":\"c\",\"version\":\"3.0.0\"}"}, {0}}, 0, 1),
        make((const struct entry[]){{'l', "srv/node_modules/c/package.json", "/data.bin"}, {0}}, 0, 1),
        make((const struct entry[]){{'f', "srv/.wh.node_modules", ""}, {0}}, 0, 1),
    };
    assert_true(agree("image", made, 2));
    assert_false(agree("image", made, 3)); /* hidden: nobody asks where it leads */
}

/* A generator that is the same on every machine. */
static uint64_t seed;
static unsigned below(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static const char *const folders[] = {"etc",
                                      "srv",
                                      "srv/node_modules",
                                      "srv/node_modules/a",
                                      "srv/node_modules/b",
                                      PYTHON "six-1.dist-info",
                                      "var/lib/dpkg",
                                      "usr/lib",
                                      "opt",
                                      "opt/x"};

/* A file with a name that is read and what suits it, now and then broken. */
static struct entry some_file(void)
{
    unsigned v = below(9);
    const char *json = arena_printf(arena, "{\"name\":\"n%u\",\"version\":\"1.%u.0\"}", below(3), v).p;
    switch (below(9)) {
    case 0:
        return (struct entry){'f', "etc/os-release", arena_printf(arena, "ID=debian\nVERSION_ID=%u\n", v).p};
    case 1:
        return (struct entry){'f', "usr/lib/os-release", below(2) ? "ID=alpine\n" : "PRETTY_NAME=x\n"};
    case 2:
        return (struct entry){
            'f', "var/lib/dpkg/status",
            arena_printf(arena, DPKG("bash", "%u") "Package: six\nVersion: %u\n\n", v, v).p};
    case 3:
        return (struct entry){'f', "var/lib/dpkg/info/six.list",
                              below(2) ? "/" PYTHON "six-1.dist-info/METADATA\n" : "/srv/x\n"};
    case 4:
        return (struct entry){'f', PYTHON "six-1.dist-info/METADATA",
                              arena_printf(arena, METADATA("six", "1.%u"), v).p};
    case 5:
        return (struct entry){'f', "opt/x/requirements.txt", arena_printf(arena, "jinja2==2.%u\n", v).p};
    case 6:
        return (struct entry){'f', "opt/package-lock.json", "{\"broken\""};
    default:
        return (struct entry){'f',
                              arena_printf(arena, "srv/node_modules/%s/package.json", below(2) ? "a" : "b").p,
                              below(8) ? json : "{"};
    }
}

static struct entry some_entry(void)
{
    const char *folder = folders[below(sizeof folders / sizeof *folders)];
    struct entry file = some_file();
    struct str path = str_from(file.path);
    switch (below(20)) {
    case 0:
        return (struct entry){'f', arena_printf(arena, "%s/.wh..wh..opq", folder).p, ""};
    case 1:
        return (struct entry){'f',
                              arena_printf(arena, "%.*s/.wh.%.*s", STR_ARG(str_dirname(str_from(folder))),
                                           STR_ARG(str_basename(str_from(folder))))
                                  .p,
                              ""};
    case 2:
    case 3:
        return (struct entry){
            'f',
            arena_printf(arena, "%.*s/.wh.%.*s", STR_ARG(str_dirname(path)), STR_ARG(str_basename(path))).p,
            ""};
    case 4:
        return (struct entry){'l', folder, "elsewhere"};
    case 5:
        return (struct entry){'f', folder, "a file where a folder is"};
    case 6:
        return (struct entry){'d', file.path, NULL};
    case 7:
        return (struct entry){'h', file.path, below(2) ? "data.bin" : some_file().path};
    case 8:
        return (struct entry){'f', "data.bin", file.content};
    case 9:
        return (struct entry){'l', file.path, below(4) ? some_file().path : "/data.bin"};
    default:
        return file;
    }
}

static void any_layers_compose(void **state)
{
    (void)state;
    unsigned wholes = 0;
    for (seed = 1; seed <= 400; seed++) {
        uint64_t number = seed;
        struct made made[6];
        size_t n = 1 + below(6);
        for (size_t i = 0; i < n; i++) {
            struct entry entries[24] = {0};
            size_t m = below(23);
            for (size_t k = 0; k < m; k++)
                entries[k] = some_entry();
            made[i] = make(entries, 0, (int)below(3));
        }
        wholes += agree("image", made, n);
        seed = number;
        if (number % 20 == 0) {
            drop_temp(NULL);
            make_temp(NULL);
        }
    }
    assert_in_range(wholes, 20, 200);
}

/* What is kept is kept for what the registry says it is, so it must be that. */
static void damaged_layers_are_not_kept(void **state)
{
    (void)state;
    struct made made =
        make((const struct entry[]){{'f', "opt/x/requirements.txt", "jinja2==2.0\n"}, {0}}, 0, 1);
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    struct layer layer = layer_of(&made);
    put_layout("image", &made, 1);
    layer.digest = made.diff_id; /* of another file */
    assert_int_equal(artefact_read_layer(at("image"), &layer, &kept), ERR_INVALID);
    assert_non_null(strstr(err_text(), "does not have the digest"));
    layer.digest = made.digest;
    put_bytes(arena_printf(arena, "image/%.*s", STR_ARG(layer.name)).p,
              str_slice(made.bytes, 0, made.bytes.n - 10));
    assert_int_equal(artefact_read_layer(at("image"), &layer, &kept), ERR_INVALID);
    assert_non_null(strstr(err_text(), layer.diff_id.p));
    assert_int_equal(kept.n, 0);
}

static void zips_are_read(void **state)
{
    (void)state;
    struct str zip =
        archive_of((const struct entry[]){{'f', "main.py", "pass"},
                                          {'f', "requirements.txt", "jinja2==2.0\n"},
                                          {'f', "six-1.dist-info/METADATA", METADATA("six", "1")},
                                          {0}},
                   archive_write_set_format_zip, archive_write_add_filter_none);
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    put_bytes("code.zip", zip);
    assert_int_equal(artefact_read_zip(at("code.zip"), &kept), 0);
    struct artefact artefact = opened(&kept);
    assert_int_equal(artefact.languages, LANGUAGE_PYTHON);
    _cleanup_(inventory_cleanup) struct inventory *walked = NULL, *inv = inventory_new();
    assert_int_equal(source_inventory(at("code.zip"), NULL, &walked), 0);
    assert_int_equal(artefact_add(inv, &artefact, NO_LAYER), 0);
    inventory_finish(inv);
    assert_string_equal(whole_text(inv).p, whole_text(walked).p);
    assert_int_equal(inv->packages.n, 2);
    put_bytes("code.zip", STR("#!/bin/sh\n"));
    assert_int_equal(artefact_read_zip(at("code.zip"), &kept), ERR_UNSUPPORTED);
}

static void damaged_forms_are_refused(void **state)
{
    (void)state;
    struct made made =
        make((const struct entry[]){{'f', "opt/x/requirements.txt", "jinja2==2.0\n"}, {0}}, 0, 1);
    _cleanup_(buf_free) struct buf kept = buf_new(ARTEFACT_MAX);
    struct layer layer = layer_of(&made);
    struct artefact artefact;
    put_layout("image", &made, 1);
    assert_int_equal(artefact_read_layer(at("image"), &layer, &kept), 0);
    for (size_t n = 0; n < kept.n; n++)
        assert_int_equal(artefact_open(arena, str_slice(buf_str(&kept), 0, n), &artefact), ERR_INVALID);
    artefact = opened(&kept);
    for (size_t n = 0; n < artefact.records.n; n++) {
        _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
        struct artefact cut = artefact;
        cut.records = str_slice(artefact.records, 0, n);
        assert_int_equal(artefact_add(inv, &cut, NO_LAYER), ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(layers_compose),     TEST(links_to_other_files_need_the_whole),
        TEST(any_layers_compose), TEST(damaged_layers_are_not_kept),
        TEST(zips_are_read),      TEST(damaged_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
