/* Kept results, opened and composed. */
#include "source/artefact.h"

#include <zstd.h>

#include "base/err.h"
#include "source/artefact_form.h"

/* What is left to be read of a part. Once it does not hold what it should, everything reads as nothing. */
struct input {
    struct str left;
    bool bad;
};

static uint64_t get_int(struct input *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; in->left.n && shift < 64; shift += 7) {
        unsigned char c = (unsigned char)in->left.p[0];
        in->left = str_slice(in->left, 1, in->left.n);
        value |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80)
            return value;
    }
    in->bad = true;
    in->left.n = 0;
    return 0;
}

static struct str get_bytes(struct input *in, uint64_t n)
{
    if (n > in->left.n) {
        in->bad = true;
        in->left.n = 0;
        return (struct str){NULL, 0};
    }
    struct str s = str_slice(in->left, 0, (size_t)n);
    in->left = str_slice(in->left, (size_t)n, in->left.n);
    return s;
}

static struct str get_str(struct input *in)
{
    return get_bytes(in, get_int(in));
}

static int damaged(void)
{
    return err_set(ERR_INVALID, "what was kept of an artefact is damaged");
}

static int unpack_form(struct arena *a, struct str kept, struct str *ret_plain)
{
    if (!str_starts(kept, FORM_MAGIC))
        return damaged();
    kept = str_slice(kept, FORM_MAGIC.n, kept.n);
    unsigned long long n = ZSTD_getFrameContentSize(kept.p, kept.n);
    if (n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR || n > ARTEFACT_PLAIN_MAX)
        return damaged();
    char *plain = arena_alloc(a, (size_t)n + 1);
    size_t got = ZSTD_decompress(plain, (size_t)n, kept.p, kept.n);
    if (ZSTD_isError(got) || got != n)
        return damaged();
    *ret_plain = (struct str){plain, got};
    return 0;
}

int artefact_open(struct arena *a, struct str kept, struct artefact *ret_artefact)
{
    struct input in = {0};
    struct artefact artefact = {0};
    int status = unpack_form(a, kept, &in.left);
    if (status < 0)
        return status;
    struct str plain = get_bytes(&in, SHA256_SIZE);
    if (plain.n)
        memcpy(artefact.plain, plain.p, SHA256_SIZE);
    artefact.files = get_int(&in);
    artefact.languages = (unsigned)get_int(&in);
    artefact.links = get_str(&in);
    artefact.records = get_str(&in);
    artefact.marks = get_str(&in);
    if (in.bad || in.left.n)
        return damaged();
    *ret_artefact = artefact;
    return 0;
}

/* What an artefact is added to. */
struct addition {
    struct inventory *inv;
    const struct path_set *hidden; /* by the layers above; or NULL */
    unsigned level;
    uint32_t layer;
    bool skip; /* the record at hand is hidden */
};

static void add_package(struct addition *to, struct input *in, struct str path)
{
    struct package p = {0};
    struct str *const strings[PACKAGE_STRINGS] = PACKAGE_STRINGS_OF(&p);
    uint64_t flags = get_int(in), manager = get_int(in), layer = get_int(in);
    for (size_t i = 0; i < PACKAGE_STRINGS; i++)
        *strings[i] = get_str(in);
    p.path = flags & FLAG_SAME_PATH ? path : get_str(in);
    p.dev = flags & FLAG_DEV;
    p.unresolved = flags & FLAG_UNRESOLVED;
    p.manager = manager <= PM_GOMOD ? (enum package_manager)manager : PM_NONE;
    p.layer = to->layer;
    if (to->layer == ARTEFACT_LAYERS) {
        p.layer = layer ? (uint32_t)(layer - 1) : NO_LAYER;
        in->bad |= layer > to->inv->layers.n;
    }
    if (!in->bad && !to->skip)
        inventory_add(to->inv, &p);
}

static void add_claim(struct addition *to, struct input *in)
{
    uint64_t rank = get_int(in);
    struct os os = {0};
    os.family = get_str(in);
    os.version = get_str(in);
    os.codename = get_str(in);
    os.name = get_str(in);
    os.like = get_str(in);
    if (!in->bad && !to->skip)
        inventory_claim_os(to->inv, (unsigned)rank, &os);
}

/* Kept are the paths as inventory_own() files them. */
static void add_owned(struct addition *to, struct input *in)
{
    struct inventory *inv = to->inv;
    struct str path = get_str(in), owner = get_str(in);
    if (in->bad || to->skip)
        return;
    struct str *name = arena_alloc(inv->arena, sizeof *name);
    *name = arena_str(inv->arena, owner);
    *map_at(&inv->owned, arena_str(inv->arena, path)) = name;
}

static void add_problem(struct addition *to, struct input *in)
{
    struct str path = get_str(in);
    uint64_t code = get_int(in);
    struct str text = get_str(in);
    if (in->bad || to->skip)
        return;
    int status = code >= 1 && code <= (uint64_t)-ERR_UNSUPPORTED ? -(int)code : ERR_INVALID;
    inventory_problem(to->inv, path, err_set(status, "%.*s", STR_ARG(text)));
}

/* Every item takes a byte at least: a number of them larger than what is left is a lie. */
static void each(struct addition *to, struct input *in, void (*add)(struct addition *, struct input *))
{
    for (uint64_t n = get_int(in); n && !in->bad; n--)
        add(to, in);
}

/* What is said of the layer itself is hidden by nothing above it. */
static bool is_hidden(const struct addition *to, struct str path)
{
    return to->hidden && path_set_hides(to->hidden, path, to->level) &&
           !str_starts(path, STR("layer sha256:")) && !str_starts(str_basename(path), STR(".wh."));
}

static int add(struct addition *to, const struct artefact *artefact)
{
    struct input in = {artefact->records, false};
    for (uint64_t n = get_int(&in); n && !in.bad; n--) {
        struct str path = get_str(&in);
        to->skip = is_hidden(to, path);
        for (uint64_t packages = get_int(&in); packages && !in.bad; packages--)
            add_package(to, &in, path);
        each(to, &in, add_claim);
        each(to, &in, add_owned);
        each(to, &in, add_problem);
    }
    if (in.bad || in.left.n)
        return damaged();
    to->inv->files += artefact->files;
    return 0;
}

int artefact_add(struct inventory *inv, const struct artefact *artefact, uint32_t layer)
{
    struct addition to = {.inv = inv, .layer = layer};
    return add(&to, artefact);
}

/* Whether a link of the layer, which may lead to any other one, is to be seen. */
static int check_links(const struct addition *to, const struct artefact *artefact)
{
    struct input in = {artefact->links, false};
    for (uint64_t n = get_int(&in); n && !in.bad; n--) {
        struct str link = get_str(&in);
        if (!in.bad && !path_set_hides(to->hidden, link, to->level))
            return err_set(ERR_UNSUPPORTED, "%.*s is a link: the image must be read as a whole",
                           STR_ARG(link));
    }
    return in.bad || in.left.n ? damaged() : 0;
}

static int hide(struct path_set *hidden, const struct artefact *artefact, unsigned level)
{
    struct input in = {artefact->marks, false};
    uint64_t mark = 0;
    for (uint64_t n = get_int(&in); n && !in.bad; n--) {
        mark += get_int(&in);
        if (!in.bad)
            path_set_add_mark(hidden, mark, level);
    }
    return in.bad || in.left.n ? damaged() : 0;
}

/* From the top, as view/layers.c goes. */
static int add_layers(struct inventory *inv, struct path_set *hidden, const struct artefact_layer *layers,
                      size_t n)
{
    int status = 0;
    for (size_t i = n; status == 0 && i-- > 0;) {
        struct addition to = {.inv = inv, .hidden = hidden, .level = (unsigned)i, .layer = (uint32_t)i};
        status = check_links(&to, layers[i].artefact);
        if (status == 0)
            status = add(&to, layers[i].artefact);
        if (status == 0 && i)
            status = hide(hidden, layers[i].artefact, (unsigned)i);
    }
    return status;
}

int artefact_compose(const struct artefact_layer *layers, size_t n, struct inventory **ret_inventory)
{
    struct path_set hidden = {0};
    if (n > IMAGE_LAYERS_MAX)
        return err_set(ERR_LIMIT, "more than %d layers", IMAGE_LAYERS_MAX);
    struct inventory *inv = inventory_new();
    for (size_t i = 0; i < n; i++)
        vec_add(&inv->layers, arena_str(inv->arena, layers[i].name));
    int status = add_layers(inv, &hidden, layers, n);
    path_set_free(&hidden);
    if (status < 0) {
        inventory_free(inv);
        return status;
    }
    inventory_finish(inv);
    *ret_inventory = inv;
    return 0;
}
