/* What `docker save` writes: manifest.json names the configuration and the layers' files (the Docker Image
 * Specification 1.2, "Combined Image JSON + Filesystem Changeset Format"). */
#include "base/err.h"
#include "view/image.h"

/* The file is named by its digest, except by some other writers. */
static struct str digest_of_name(struct arena *a, struct str name)
{
    struct str base = str_basename(name);
    if (str_ends(base, STR(".json")))
        base.n -= 5;
    struct str digest = arena_printf(a, "sha256:%.*s", STR_ARG(base));
    return digest_valid(digest) ? digest : (struct str){NULL, 0};
}

static int several(struct arena *a, json_val *root)
{
    struct str list = STR("");
    for (json_each(image, root)) {
        struct str tag = json_str(yyjson_arr_get_first(json_get(image, "RepoTags")));
        list = arena_printf(a, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "",
                            STR_ARG(tag.n ? tag : STR("(no tag)")));
    }
    return err_set(ERR_UNSUPPORTED, "holds several images, save them one at a time: %.*s", STR_ARG(list));
}

int docker_archive_read(struct image_files *s, struct arena *a, const char *platform, struct image *ret_image)
{
    json_val *root, *config;
    struct image image = {0};
    int status = image_files_read_json(s, a, STR("manifest.json"), STR(""), &root);
    if (status < 0)
        return status;
    if (yyjson_arr_size(root) > 1)
        return several(a, root);
    json_val *manifest = yyjson_arr_get_first(root), *layers = json_get(manifest, "Layers");
    struct str name = json_get_str(manifest, "Config");
    if (!name.n)
        return err_set(ERR_INVALID, "manifest.json names no configuration");
    if (yyjson_arr_size(layers) > IMAGE_LAYERS_MAX)
        return err_set(ERR_LIMIT, "more than %d layers", IMAGE_LAYERS_MAX);
    status = image_files_read_json(s, a, name, digest_of_name(a, name), &config);
    if (status == 0)
        status = platform_check(a, config, platform);
    if (status < 0)
        return status;
    image.layers = arena_new_array(a, struct layer, yyjson_arr_size(layers));
    for (json_each(l, layers))
        image.layers[image.n_layers++].name = json_str(l);
    status = image_set_diff_ids(a, config, &image);
    if (status == 0)
        *ret_image = image;
    return status;
}
