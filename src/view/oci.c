/* OCI image layouts (OCI Image Format Specification 1.1: image-layout.md, image-index.md, manifest.md,
 * config.md). */
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "view/image.h"

enum { INDEX_DEPTH = 4, CANDIDATES_MAX = 1000 };

/* An image that the index offers. */
struct candidate {
    struct str digest;   /* of its manifest */
    struct str platform; /* or empty */
};

struct choice {
    struct image_files *files;
    struct arena *arena;
    VEC(struct candidate) candidates;
};

static void choice_free(struct choice *c)
{
    vec_free(&c->candidates);
}

static int blob_name(struct arena *a, struct str digest, struct str *ret_name)
{
    if (!digest_valid(digest))
        return err_set(digest.n ? ERR_UNSUPPORTED : ERR_INVALID, "not a sha256 digest: '%.*s'",
                       STR_ARG(digest));
    *ret_name = arena_printf(a, "blobs/sha256/%.*s", STR_ARG(str_slice(digest, 7, digest.n)));
    return 0;
}

static int read_blob(struct choice *c, struct str digest, json_val **ret_root)
{
    struct str name;
    int status = blob_name(c->arena, digest, &name);
    return status < 0 ? status : image_files_read_json(c->files, c->arena, name, digest, ret_root);
}

/* Build tools keep statements about an image beside it, as images for no platform. */
static bool is_statement(json_val *descriptor, struct str platform)
{
    return str_is(json_get_str(json_get(descriptor, "annotations"), "vnd.docker.reference.type"),
                  "attestation-manifest") ||
           str_is(platform, "unknown/unknown");
}

static int collect(struct choice *c, json_val *index, unsigned depth)
{
    if (depth > INDEX_DEPTH)
        return err_set(ERR_LIMIT, "indexes nested deeper than %d levels", INDEX_DEPTH);
    for (json_each(d, json_get(index, "manifests"))) {
        struct str digest = json_get_str(d, "digest"),
                   platform = platform_text(c->arena, json_get(d, "platform")), name;
        json_val *root;
        int status = blob_name(c->arena, digest, &name);
        if (status < 0)
            return status;
        if (is_statement(d, platform) ||
            !image_files_has(c->files, name)) /* of many platforms often one is saved */
            continue;
        status = read_blob(c, digest, &root);
        if (status < 0)
            return status;
        if (c->candidates.n == CANDIDATES_MAX)
            return err_set(ERR_LIMIT, "more than %d images in one index", CANDIDATES_MAX);
        if (json_get(root, "manifests"))
            status = collect(c, root, depth + 1);
        else
            vec_add(&c->candidates, (struct candidate){digest, platform});
        if (status < 0)
            return status;
    }
    return 0;
}

/* What the configuration says, where the index leaves the platform out. */
static int complete_platforms(struct choice *c)
{
    vec_each(x, &c->candidates)
    {
        json_val *manifest, *config;
        if (x->platform.n)
            continue;
        int status = read_blob(c, x->digest, &manifest);
        if (status == 0)
            status = read_blob(c, json_get_str(json_get(manifest, "config"), "digest"), &config);
        if (status < 0)
            return status;
        x->platform = platform_text(c->arena, config);
    }
    return 0;
}

static int none_fits(const struct choice *c, const char *platform)
{
    struct str list = STR("");
    vec_each(x, &c->candidates) list =
        arena_printf(c->arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "", STR_ARG(x->platform));
    return err_set(ERR_MISSING, "the image is not for %s, but for: %.*s",
                   platform ? platform : platform_here().p, STR_ARG(list));
}

/* The one candidate; or of several the one for the platform. The same image under two names counts once. */
static int choose(const struct choice *c, const char *platform, struct str *ret_digest)
{
    struct str wanted = platform ? str_from(platform) : platform_here();
    struct str found = {NULL, 0};
    if (!c->candidates.n)
        return err_set(ERR_MISSING, "the index names no image that is here");
    if (c->candidates.n == 1 && !platform) {
        *ret_digest = c->candidates.at[0].digest;
        return 0;
    }
    vec_each(x, &c->candidates)
    {
        if (!platform_fits(wanted, x->platform) || str_eq(found, x->digest))
            continue;
        if (found.n)
            return err_set(ERR_UNSUPPORTED, "holds several images for %.*s: give them one at a time",
                           STR_ARG(wanted));
        found = x->digest;
    }
    if (!found.n)
        return none_fits(c, platform);
    *ret_digest = found;
    return 0;
}

static int read_layers(struct choice *c, json_val *manifest, struct image *image)
{
    json_val *layers = json_get(manifest, "layers");
    size_t n = yyjson_arr_size(layers);
    if (n > IMAGE_LAYERS_MAX)
        return err_set(ERR_LIMIT, "more than %d layers", IMAGE_LAYERS_MAX);
    image->layers = arena_new_array(c->arena, struct layer, n);
    for (json_each(l, layers)) {
        struct layer *to = &image->layers[image->n_layers++];
        to->digest = json_get_str(l, "digest");
        int status = blob_name(c->arena, to->digest, &to->name);
        if (status < 0)
            return status;
    }
    return 0;
}

static int read_image(struct choice *c, struct str digest, struct image *ret_image)
{
    json_val *manifest, *config;
    struct image image = {0};
    int status = read_blob(c, digest, &manifest);
    if (status == 0)
        status = read_blob(c, json_get_str(json_get(manifest, "config"), "digest"), &config);
    if (status == 0)
        status = read_layers(c, manifest, &image);
    if (status == 0)
        status = image_set_diff_ids(c->arena, config, &image);
    if (status == 0)
        *ret_image = image;
    return status;
}

int oci_read(struct image_files *s, struct arena *a, const char *platform, struct image *ret_image)
{
    _cleanup_(choice_free) struct choice c = {.files = s, .arena = a};
    json_val *index;
    struct str digest = {NULL, 0};
    int status = image_files_read_json(s, a, STR("index.json"), STR(""), &index);
    if (status == 0)
        status = collect(&c, index, 0);
    if (status == 0 && (platform || c.candidates.n > 1))
        status = complete_platforms(&c);
    if (status == 0)
        status = choose(&c, platform, &digest);
    return status < 0 ? status : read_image(&c, digest, ret_image);
}
