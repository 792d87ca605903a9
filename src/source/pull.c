#include "source/pull.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "ecosystem/ecosystem.h"
#include "net/url.h"
#include "source/image_name.h"
#include "source/registry.h"

enum { INDEX_DEPTH = 4, FOLDER_PATH = 4096 };

struct pull {
    struct arena *arena;
    struct registry *registry;
    struct image_name name;
    struct manifest manifest;
    struct image_config config;
    char folder[FOLDER_PATH]; /* empty: none yet */
};

/* The folder of the pull at work, for pull_abandon(). */
static struct {
    pthread_mutex_t lock;
    char folder[FOLDER_PATH];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        (void)unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
    (void)rmdir(folder);
}

static void keep_folder(const char *folder)
{
    pthread_mutex_lock(&kept.lock);
    strcpy(kept.folder, folder);
    pthread_mutex_unlock(&kept.lock);
}

void pull_abandon(void)
{
    pthread_mutex_lock(&kept.lock);
    if (kept.folder[0])
        remove_folder(kept.folder);
    pthread_mutex_unlock(&kept.lock);
}

static void pull_free(struct pull *p)
{
    if (p->folder[0]) {
        remove_folder(p->folder);
        keep_folder("");
    }
    registry_free(p->registry);
    arena_free(p->arena);
}

bool pull_target(const char *target, struct str *ret_name)
{
    static const struct str prefixes[] = {STR("registry:"), STR("docker://")};
    struct str text = str_from(target);
    for (size_t i = 0; i < 2; i++)
        if (str_starts(text, prefixes[i])) {
            *ret_name = str_slice(text, prefixes[i].n, text.n);
            return true;
        }
    return false;
}

/* ---- which image ---- */

static int none_fits(struct pull *p, const struct manifest *index, struct str wanted)
{
    struct str list = STR("");
    for (size_t i = 0; i < index->n_items; i++)
        if (index->items[i].platform.n && !index->items[i].statement)
            list = arena_printf(p->arena, "%.*s%s%.*s", STR_ARG(list), list.n ? ", " : "",
                                STR_ARG(index->items[i].platform));
    return err_set(ERR_MISSING, "the image is not for %.*s, but for: %.*s", STR_ARG(wanted), STR_ARG(list));
}

/* The first that fits, as other tools choose (image-index.md); an entry that states no platform is for any.
 */
static int choose(struct pull *p, const struct manifest *index, const char *platform, struct str *ret_digest)
{
    struct str wanted = platform ? str_from(platform) : platform_here();
    for (size_t i = 0; i < index->n_items; i++) {
        const struct descriptor *d = &index->items[i];
        if (d->statement || (d->platform.n && !platform_fits(wanted, d->platform)))
            continue;
        *ret_digest = d->digest;
        return 0;
    }
    return none_fits(p, index, wanted);
}

static int read_manifest(struct pull *p, const char *platform)
{
    struct str reference = p->name.reference, digest;
    for (unsigned depth = 0; depth < INDEX_DEPTH; depth++) {
        int status = registry_manifest(p->registry, p->arena, p->name.name, reference, &digest, &p->manifest);
        if (status < 0 || !p->manifest.index)
            return status;
        status = choose(p, &p->manifest, platform, &reference);
        if (status < 0)
            return status;
    }
    return err_set(ERR_LIMIT, "indexes nested deeper than %d levels", INDEX_DEPTH);
}

static int read_config(struct pull *p, const char *platform)
{
    struct str text;
    int status = registry_config(p->registry, p->arena, p->name.name, &p->manifest.config, &text);
    if (status == 0)
        status = image_config_parse(p->arena, text, p->manifest.n_items, &p->config);
    if (status == 0 && platform && p->config.platform.n &&
        !platform_fits(str_from(platform), p->config.platform))
        return err_set(ERR_MISSING, "the image is not for %s, but for: %.*s", platform,
                       STR_ARG(p->config.platform));
    return status;
}

/* ---- its layers ---- */

static int make_folder(struct pull *p)
{
    /* As for unpacking: /tmp is often memory. */
    const char *const folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < 3; i++) {
        if (!folders[i] || !folders[i][0] ||
            (size_t)snprintf(p->folder, sizeof p->folder, "%s/assay-XXXXXX", folders[i]) >= sizeof p->folder)
            continue;
        if (mkdtemp(p->folder)) {
            keep_folder(p->folder);
            return 0;
        }
    }
    p->folder[0] = 0;
    return err_errno("a temporary folder in $TMPDIR, /var/tmp or /tmp");
}

static int download(struct pull *p, struct image *ret_image)
{
    struct image image = {arena_new_array(p->arena, struct layer, p->manifest.n_items), 0};
    int status = make_folder(p);
    for (size_t i = 0; status == 0 && i < p->manifest.n_items; i++) {
        const struct descriptor *d = &p->manifest.items[i];
        struct str file = arena_printf(p->arena, "layer-%zu", i);
        image.layers[image.n_layers++] = (struct layer){file, d->digest, p->config.diff_ids[i]};
        status =
            registry_blob(p->registry, p->name.name, d, arena_printf(p->arena, "%s/%s", p->folder, file.p).p);
    }
    *ret_image = image;
    return status;
}

static int open_registry(struct pull *p, bool insecure)
{
    struct registry_options options = {.url = arena_printf(p->arena, "http%s://%.*s", insecure ? "" : "s",
                                                           STR_ARG(image_name_api(&p->name)))};
    struct url url;
    int status = url_parse(p->arena, options.url, &url);
    if (status == 0 && insecure && !url_is_loopback(&url))
        status = err_set(ERR_INVALID, "%.*s: only registries on this machine may go without TLS",
                         STR_ARG(p->name.host));
    if (status == 0)
        status = credentials_find(p->arena, p->name.host, &options.user, &options.password);
    if (status == 0)
        p->registry = registry_new(&options);
    return status;
}

int pull_image(struct inventory *inv, struct str name, const char *platform, bool insecure)
{
    _cleanup_(pull_free) struct pull p = {.arena = arena_new(0)};
    _cleanup_(view_cleanup) struct view *v = NULL;
    struct image image;
    int status = image_name_parse(p.arena, name, &p.name);
    if (status == 0)
        status = open_registry(&p, insecure);
    if (status == 0)
        status = read_manifest(&p, platform);
    if (status == 0)
        status = read_config(&p, platform);
    if (status == 0)
        status = download(&p, &image);
    if (status == 0)
        status = view_open_layers(p.folder, &image, NULL, &v);
    if (status < 0)
        return status;
    inv->target_kind = STR("image");
    return ecosystem_walk(inv, v);
}
