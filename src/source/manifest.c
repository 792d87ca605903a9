#include "source/manifest.h"

#include "base/err.h"
#include "base/time.h"

static const char *const index_types[] = {"application/vnd.oci.image.index.v1+json",
                                          "application/vnd.docker.distribution.manifest.list.v2+json", NULL};
static const char *const image_types[] = {"application/vnd.oci.image.manifest.v1+json",
                                          "application/vnd.docker.distribution.manifest.v2+json", NULL};
static const char *const config_types[] = {"application/vnd.oci.image.config.v1+json",
                                           "application/vnd.docker.container.image.v1+json", NULL};
/* layer.md, "Distributable Format" and "Non-Distributable Layers"; Docker's own, and its foreign ones. */
static const char *const layer_types[] = {"application/vnd.oci.image.layer.v1.tar",
                                          "application/vnd.oci.image.layer.v1.tar+gzip",
                                          "application/vnd.oci.image.layer.v1.tar+zstd",
                                          "application/vnd.oci.image.layer.nondistributable.v1.tar",
                                          "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                                          "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
                                          "application/vnd.docker.image.rootfs.diff.tar",
                                          "application/vnd.docker.image.rootfs.diff.tar.gzip",
                                          "application/vnd.docker.image.rootfs.diff.tar.zstd",
                                          "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                                          NULL};

static bool is_one_of(struct str s, const char *const *names)
{
    for (; *names; names++)
        if (str_is(s, *names))
            return true;
    return false;
}

static int read_descriptor(struct arena *a, json_val *v, struct descriptor *ret_descriptor)
{
    struct descriptor d = {.digest = json_get_str(v, "digest"), .media_type = json_get_str(v, "mediaType")};
    json_val *size = json_get(v, "size");
    if (!digest_valid(d.digest))
        return err_set(d.digest.n ? ERR_UNSUPPORTED : ERR_INVALID, "not a sha256 digest: '%.*s'",
                       (int)(d.digest.n < 100 ? d.digest.n : 100), d.digest.n ? d.digest.p : "");
    if (!yyjson_is_uint(size) || yyjson_get_uint(size) > INT64_MAX)
        return err_set(ERR_INVALID, "%.*s has no size", STR_ARG(d.digest));
    d.size = yyjson_get_uint(size);
    d.platform = platform_text(a, json_get(v, "platform"));
    d.statement = str_is(json_get_str(json_get(v, "annotations"), "vnd.docker.reference.type"),
                         "attestation-manifest") ||
                  str_is(d.platform, "unknown/unknown");
    *ret_descriptor = d;
    return 0;
}

static int read_items(struct arena *a, json_val *list, size_t max, struct manifest *m)
{
    size_t n = yyjson_arr_size(list);
    if (n > max)
        return err_set(ERR_LIMIT, "more than %zu %s in one manifest", max, m->index ? "images" : "layers");
    m->items = arena_new_array(a, struct descriptor, n);
    for (json_each(v, list)) {
        int status = read_descriptor(a, v, &m->items[m->n_items++]);
        if (status < 0)
            return status;
    }
    return 0;
}

static int unsupported(const char *what, struct str type)
{
    return err_set(ERR_UNSUPPORTED, "%s of media type '%.*s'", what, (int)(type.n < 200 ? type.n : 200),
                   type.n ? type.p : "");
}

static int read_image(struct arena *a, json_val *root, struct manifest *m)
{
    int status = read_descriptor(a, json_get(root, "config"), &m->config);
    if (status < 0)
        return err_context(status, "the manifest's configuration");
    if (!is_one_of(m->config.media_type, config_types))
        return unsupported("no image, but an artefact with a configuration", m->config.media_type);
    status = read_items(a, json_get(root, "layers"), IMAGE_LAYERS_MAX, m);
    for (size_t i = 0; status == 0 && i < m->n_items; i++)
        if (!is_one_of(m->items[i].media_type, layer_types))
            status = unsupported("a layer", m->items[i].media_type);
    return status;
}

int manifest_parse(struct arena *a, struct str text, struct str media_type, struct manifest *ret_manifest)
{
    struct manifest m = {0};
    json_val *root;
    int status = json_parse(a, text, &root);
    if (status < 0)
        return err_context(status, "the manifest");
    struct str stated = json_get_str(root, "mediaType");
    m.media_type = stated.n ? stated : media_type;
    str_cut(m.media_type, ';', &m.media_type, &media_type);
    if (yyjson_get_int(json_get(root, "schemaVersion")) != 2)
        return err_set(ERR_UNSUPPORTED, "a manifest of schema version %d; only 2 is read",
                       yyjson_get_int(json_get(root, "schemaVersion")));
    /* A manifest that is both could be taken for one by us and for the other by who runs it. */
    if (json_get(root, "manifests") && json_get(root, "layers"))
        return err_set(ERR_INVALID, "the manifest is an index and an image at once");
    m.index = json_get(root, "manifests");
    if (m.media_type.n && !is_one_of(m.media_type, m.index ? index_types : image_types))
        return unsupported(m.index ? "an index" : "a manifest", m.media_type);
    status =
        m.index ? read_items(a, json_get(root, "manifests"), INDEX_IMAGES_MAX, &m) : read_image(a, root, &m);
    if (status == 0)
        *ret_manifest = m;
    return status;
}

int image_config_parse(struct arena *a, struct str text, size_t n_layers, struct image_config *ret_config)
{
    json_val *root;
    int status = json_parse(a, text, &root);
    if (status < 0)
        return err_context(status, "the image's configuration");
    struct image_config c = {.os = json_get_str(root, "os"),
                             .architecture = json_get_str(root, "architecture"),
                             .platform = platform_text(a, root),
                             .author = json_get_str(root, "author"),
                             .created = time_parse_or_none(json_get_str(root, "created"))};
    json_val *ids = json_get(json_get(root, "rootfs"), "diff_ids");
    c.n_diff_ids = yyjson_arr_size(ids);
    if (c.n_diff_ids != n_layers)
        return err_set(ERR_INVALID, "%zu layers, but %zu diff ids in the configuration", n_layers,
                       c.n_diff_ids);
    c.diff_ids = arena_new_array(a, struct str, n_layers);
    size_t i = 0;
    for (json_each(id, ids)) {
        if (!digest_valid(json_str(id)))
            return err_set(ERR_INVALID, "the configuration has a diff id that is no sha256 digest");
        c.diff_ids[i++] = json_str(id);
    }
    *ret_config = c;
    return 0;
}
