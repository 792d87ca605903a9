/* CycloneDX JSON, versions 1.2 to 1.6, into an inventory. Besides the members of the standard, the properties
 * by which this program, Trivy and Syft tell of the source package, the file and the layer. */
#include "base/err.h"
#include "sbom/internal.h"

/* The value of the first of a component's properties that has one of the names; empty when there is none. */
static struct str property(json_val *component, const char *name, const char *other)
{
    for (json_each(p, json_get(component, "properties"))) {
        struct str key = json_get_str(p, "name");
        if (str_is(key, name) || (other && str_is(key, other)))
            return json_get_str(p, "value");
    }
    return (struct str){NULL, 0};
}

/* The index of a layer, which is added when it is new. */
static int take_layer(struct inventory *inv, struct str digest, uint32_t *ret_index)
{
    enum { LAYERS_MAX = 1024 };
    for (size_t i = 0; i < inv->layers.n; i++)
        if (str_eq(inv->layers.at[i], digest)) {
            *ret_index = (uint32_t)i;
            return 0;
        }
    if (inv->layers.n >= LAYERS_MAX)
        return err_set(ERR_LIMIT, "SBOM: more than %d layers", LAYERS_MAX);
    vec_add(&inv->layers, arena_str(inv->arena, digest));
    *ret_index = (uint32_t)(inv->layers.n - 1);
    return 0;
}

static void read_os(struct inventory *inv, json_val *component)
{
    struct os *os = &inv->os;
    struct arena *a = inv->arena;
    *os = (struct os){
        .family = arena_lower(a, json_get_str(component, "name")),
        .version = arena_str(a, json_get_str(component, "version")),
        .name = arena_str(a, json_get_str(component, "description")),
        .codename = arena_str(a, property(component, "assay:codename", "syft:distro:versionCodename")),
        .like = arena_str(a, property(component, "assay:like", "syft:distro:idLike:0")),
    };
    if (str_is(os->family, "redhat"))
        os->family = STR("rhel");
}

static struct str read_license(struct arena *a, json_val *component)
{
    struct str all = {NULL, 0};
    for (json_each(item, json_get(component, "licenses"))) {
        json_val *license = json_get(item, "license");
        struct str one = json_get_str(item, "expression");
        if (!one.n)
            one = json_get_str(license, "id");
        if (!one.n)
            one = json_get_str(license, "name");
        if (one.n)
            all = all.n ? arena_printf(a, "%.*s, %.*s", STR_ARG(all), STR_ARG(one)) : one;
    }
    return all;
}

/* "SHA-256" and its content as "sha256:..."; the first that is there. */
static struct str read_digest(struct arena *a, json_val *component)
{
    for (json_each(hash, json_get(component, "hashes"))) {
        struct str algorithm = arena_lower(a, json_get_str(hash, "alg")), algorithm_known, hex;
        char plain[16];
        size_t n = 0;
        for (size_t i = 0; i < algorithm.n && n < sizeof plain; i++)
            if (algorithm.p[i] != '-')
                plain[n++] = algorithm.p[i];
        struct str digest =
            arena_printf(a, "%.*s:%.*s", (int)n, plain, STR_ARG(json_get_str(hash, "content")));
        if (sbom_split_digest(digest, &algorithm_known, &hex))
            return digest;
    }
    return property(component, "assay:digest", NULL);
}

/* Trivy's properties of a distribution package: name, epoch, version and release of its source. */
static void read_trivy_source(struct arena *a, json_val *component, struct package *p)
{
    struct str name = property(component, "aquasecurity:trivy:SrcName", NULL);
    struct str version = property(component, "aquasecurity:trivy:SrcVersion", NULL);
    struct str release = property(component, "aquasecurity:trivy:SrcRelease", NULL);
    struct str epoch = property(component, "aquasecurity:trivy:SrcEpoch", NULL);
    if (!name.n)
        return;
    if (version.n && release.n)
        version = arena_printf(a, "%.*s-%.*s", STR_ARG(version), STR_ARG(release));
    if (version.n && epoch.n && !str_is(epoch, "0"))
        version = arena_printf(a, "%.*s:%.*s", STR_ARG(epoch), STR_ARG(version));
    p->source =
        str_eq(name, p->name) && (!version.n || str_eq(version, p->version)) ? (struct str){NULL, 0} : name;
    p->source_version = str_eq(version, p->version) ? (struct str){NULL, 0} : version;
}

static void read_source(struct arena *a, json_val *component, struct package *p)
{
    struct str source = property(component, "assay:source", NULL);
    struct str version = property(component, "assay:sourceVersion", NULL);
    if (source.n || version.n) {
        p->source = source;
        p->source_version = version;
    } else {
        read_trivy_source(a, component, p);
    }
    struct str label =
        property(component, "aquasecurity:trivy:Modularitylabel", "syft:metadata:modularityLabel");
    if (!p->modularity.n)
        p->modularity = label;
}

static struct str read_path(json_val *component)
{
    struct str path = property(component, "assay:path", "aquasecurity:trivy:FilePath");
    if (!path.n)
        path = property(component, "syft:location:0:path", NULL);
    if (!path.n)
        path = json_get_str(yyjson_arr_get_first(json_get(json_get(component, "evidence"), "occurrences")),
                            "location");
    while (path.n && path.p[0] == '/')
        path = str_slice(path, 1, path.n);
    return path;
}

/* A language package that a distribution package owns: as if the walk had seen who installed the file. */
static void read_owner(struct inventory *inv, json_val *component, struct str path)
{
    struct str owner = property(component, "assay:owner", NULL);
    ptrdiff_t inside = str_find_str(path, STR("!/"));
    if (inside >= 0)
        path.n = (size_t)inside;
    if (owner.n && path.n)
        inventory_own(inv, path, owner);
}

static int read_details(struct sbom_reader *r, json_val *component, struct package *p)
{
    struct str manager = property(component, "assay:manager", NULL);
    struct str layer = property(component, "assay:layer", "aquasecurity:trivy:LayerDiffID");
    if (manager.n)
        p->manager = sbom_manager(manager);
    if (!p->version.n)
        p->version = json_get_str(component, "version");
    p->license = read_license(r->arena, component);
    p->digest = read_digest(r->arena, component);
    p->path = read_path(component);
    p->vendor = property(component, "assay:vendor", NULL);
    p->dev = str_is(property(component, "assay:dev", "cdx:npm:package:development"), "true");
    p->unresolved = str_is(property(component, "assay:unresolved", NULL), "true");
    /* What this program wrote names the package as it was found, where the purl has a normal form. */
    if (property(component, "assay:type", NULL).n && p->manager != PM_OS)
        p->name = json_get_str(component, "name");
    if (p->manager == PM_OS)
        read_source(r->arena, component, p);
    read_owner(r->inv, component, p->path);
    return layer.n ? take_layer(r->inv, layer, &p->layer) : 0;
}

static bool is_software(struct str type)
{
    return str_is(type, "library") || str_is(type, "framework") || str_is(type, "application");
}

static int read_component(struct sbom_reader *r, json_val *component, bool root)
{
    struct str type = json_get_str(component, "type"), name = json_get_str(component, "name");
    struct str purl = json_get_str(component, "purl");
    struct package p;
    int status = sbom_count(r);
    if (status < 0)
        return status;
    if (str_is(type, "operating-system")) {
        read_os(r->inv, component);
    } else if (purl.n && is_software(type)) {
        status = sbom_package_from_purl(r, purl, &p);
        if (status < 0) {
            inventory_problem(r->inv, name, status);
            return 0;
        }
        status = read_details(r, component, &p);
        if (status < 0)
            return status;
        inventory_add(r->inv, &p);
    } else if (!root && (str_is(type, "library") || str_is(type, "framework"))) {
        sbom_note_without_purl(r, name);
    }
    return 0;
}

static int read_components(struct sbom_reader *r, json_val *parent, int depth)
{
    if (depth > SBOM_DEPTH_MAX)
        return err_set(ERR_LIMIT, "SBOM: components nested more than %d deep", SBOM_DEPTH_MAX);
    for (json_each(component, json_get(parent, "components"))) {
        int status = read_component(r, component, false);
        if (status == 0)
            status = read_components(r, component, depth + 1);
        if (status < 0)
            return status;
    }
    return 0;
}

/* Operating systems first: their version counts more than what the first purl hints at. */
static void find_os(struct sbom_reader *r, json_val *root)
{
    for (json_each(component, json_get(root, "components")))
        if (str_is(json_get_str(component, "type"), "operating-system"))
            read_os(r->inv, component);
}

/* The layers in their order, as this program writes them. */
static int read_layers(struct sbom_reader *r, json_val *target)
{
    uint32_t index;
    int status = 0;
    for (json_each(p, json_get(target, "properties")))
        if (status == 0 && str_is(json_get_str(p, "name"), "assay:layer"))
            status = take_layer(r->inv, json_get_str(p, "value"), &index);
    return status;
}

int cyclonedx_read(struct sbom_reader *r, json_val *root)
{
    json_val *target = json_get(json_get(root, "metadata"), "component");
    int status = read_layers(r, target);
    find_os(r, root);
    if (status == 0 && target)
        status = read_component(r, target, true);
    if (status == 0)
        status = read_components(r, target, 0);
    return status < 0 ? status : read_components(r, root, 0);
}
