#include "view/image.h"

#include <sys/utsname.h>

#include "base/err.h"

struct str platform_text(struct arena *a, json_val *object)
{
    struct str os = json_get_str(object, "os"), arch = json_get_str(object, "architecture");
    struct str variant = json_get_str(object, "variant");
    if (!os.n || !arch.n)
        return (struct str){NULL, 0};
    return arena_printf(a, "%.*s/%.*s%s%.*s", STR_ARG(os), STR_ARG(arch), variant.n ? "/" : "",
                        STR_ARG(variant));
}

/* "linux/arm64" stands for every variant; and v8 is what arm64 without one means. */
bool platform_fits(struct str wanted, struct str platform)
{
    if (str_starts(wanted, STR("linux/arm64/v8")) && str_is(platform, "linux/arm64"))
        return true;
    return str_starts(platform, wanted) && (platform.n == wanted.n || platform.p[wanted.n] == '/');
}

/* The names of Go's GOARCH, which image-index.md prescribes, for what uname(2) says. */
struct str platform_here(void)
{
    static const struct {
        const char *machine;
        struct str platform;
    } names[] = {
        {"x86_64", {"linux/amd64", 11}},    {"aarch64", {"linux/arm64", 11}},
        {"armv7l", {"linux/arm/v7", 12}},   {"armv6l", {"linux/arm/v6", 12}},
        {"i686", {"linux/386", 9}},         {"i386", {"linux/386", 9}},
        {"ppc64le", {"linux/ppc64le", 13}}, {"s390x", {"linux/s390x", 11}},
        {"riscv64", {"linux/riscv64", 13}}, {"loongarch64", {"linux/loong64", 13}},
        {"mips64", {"linux/mips64le", 14}},
    };
    struct utsname u;
    if (uname(&u) == 0)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (!strcmp(u.machine, names[i].machine))
                return names[i].platform;
    return STR("linux/amd64");
}

int platform_check(struct arena *a, json_val *config, const char *platform)
{
    struct str is = platform_text(a, config);
    if (platform && is.n && !platform_fits(str_from(platform), is))
        return err_set(ERR_MISSING, "the image is not for %s, but for: %.*s", platform, STR_ARG(is));
    return 0;
}

int image_set_diff_ids(struct arena *a, json_val *config, struct image *image)
{
    json_val *ids = json_get(json_get(config, "rootfs"), "diff_ids");
    size_t i = 0;
    if (yyjson_arr_size(ids) != image->n_layers)
        return err_set(ERR_INVALID, "%zu layers, but %zu diff ids in the configuration", image->n_layers,
                       yyjson_arr_size(ids));
    for (json_each(id, ids)) {
        if (!digest_valid(json_str(id)))
            return err_set(ERR_INVALID, "not a sha256 digest: '%.*s'", STR_ARG(json_str(id)));
        image->layers[i++].diff_id = arena_str(a, json_str(id));
    }
    return 0;
}

static int read_image(struct image_files *s, struct arena *a, const char *platform, struct image *ret_image)
{
    if (image_files_has(s, STR("index.json")))
        return oci_read(s, a, platform, ret_image);
    if (image_files_has(s, STR("manifest.json")))
        return docker_archive_read(s, a, platform, ret_image);
    return err_set(ERR_UNSUPPORTED, "not an image: neither index.json nor manifest.json");
}

int view_open_image(const char *path, const char *platform, struct view **ret_view)
{
    struct image_files *s = NULL;
    struct image image;
    int status = image_files_open(path, &s);
    if (status < 0)
        return status;
    struct arena *a = arena_new(0);
    status = read_image(s, a, platform, &image);
    if (status < 0) {
        arena_free(a);
        image_files_free(s);
        return err_context(status, "%s", path);
    }
    *ret_view = layers_view(s, a, &image);
    return 0;
}
