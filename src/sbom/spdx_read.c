/* SPDX 2.x JSON into an inventory: packages by their purls. */
#include "base/err.h"
#include "base/map.h"
#include "sbom/internal.h"

static struct str purl_of(json_val *package)
{
    for (json_each(reference, json_get(package, "externalRefs")))
        if (str_is(json_get_str(reference, "referenceType"), "purl"))
            return json_get_str(reference, "referenceLocator");
    return (struct str){NULL, 0};
}

/* NOASSERTION and NONE (section 7.15) say nothing. */
static struct str stated(struct str s)
{
    return str_is(s, "NOASSERTION") || str_is(s, "NONE") ? (struct str){NULL, 0} : s;
}

static struct str read_license(json_val *package)
{
    struct str declared = stated(json_get_str(package, "licenseDeclared"));
    struct str concluded = stated(json_get_str(package, "licenseConcluded"));
    return declared.n ? declared : concluded.n ? concluded : json_get_str(package, "licenseComments");
}

static struct str read_digest(struct arena *a, json_val *package)
{
    for (json_each(checksum, json_get(package, "checksums"))) {
        struct str algorithm, hex;
        struct str digest = arena_printf(a, "%s:%.*s", arena_lower(a, json_get_str(checksum, "algorithm")).p,
                                         STR_ARG(json_get_str(checksum, "checksumValue")));
        if (sbom_split_digest(digest, &algorithm, &hex))
            return digest;
    }
    return (struct str){NULL, 0};
}

static void read_os(struct inventory *inv, json_val *package)
{
    inv->os = (struct os){
        .family = arena_lower(inv->arena, json_get_str(package, "name")),
        .version = arena_str(inv->arena, stated(json_get_str(package, "versionInfo"))),
        .name = arena_str(inv->arena, json_get_str(package, "summary")),
    };
}

static void add_package(struct sbom_reader *r, json_val *package, struct str purl)
{
    struct package p;
    struct str supplier = json_get_str(package, "supplier");
    int status = sbom_package_from_purl(r, purl, &p);
    if (status < 0) {
        inventory_problem(r->inv, json_get_str(package, "name"), status);
        return;
    }
    if (!p.version.n)
        p.version = stated(json_get_str(package, "versionInfo"));
    if (str_starts(supplier, STR("Organization: ")))
        p.vendor = str_slice(supplier, 14, supplier.n);
    p.license = read_license(package);
    p.digest = read_digest(r->arena, package);
    p.path = json_get_str(package, "packageFileName");
    while (p.path.n && p.path.p[0] == '/')
        p.path = str_slice(p.path, 1, p.path.n);
    inventory_add(r->inv, &p);
}

/* The elements that the document is about, not what it lists. */
static struct map described(json_val *root)
{
    static char mark;
    struct map ids = {0};
    for (json_each(id, json_get(root, "documentDescribes")))
        map_set(&ids, json_str(id), &mark);
    for (json_each(relationship, json_get(root, "relationships")))
        if (str_is(json_get_str(relationship, "relationshipType"), "DESCRIBES"))
            map_set(&ids, json_get_str(relationship, "relatedSpdxElement"), &mark);
    return ids;
}

static bool is_software(json_val *package)
{
    struct str purpose = json_get_str(package, "primaryPackagePurpose");
    return !purpose.n || str_is(purpose, "LIBRARY") || str_is(purpose, "FRAMEWORK") ||
           str_is(purpose, "APPLICATION");
}

static int read_packages(struct sbom_reader *r, json_val *packages, const struct map *targets)
{
    /* Before any purl hints at it. */
    for (json_each(package, packages))
        if (str_is(json_get_str(package, "primaryPackagePurpose"), "OPERATING-SYSTEM"))
            read_os(r->inv, package);
    for (json_each(package, packages)) {
        struct str purl = purl_of(package);
        int status = sbom_count(r);
        if (status < 0)
            return status;
        if (purl.n && !str_starts(purl, STR("pkg:oci/")) && !str_starts(purl, STR("pkg:docker/")))
            add_package(r, package, purl);
        else if (!purl.n && is_software(package) && !map_get(targets, json_get_str(package, "SPDXID")))
            sbom_note_without_purl(r, json_get_str(package, "name"));
    }
    return 0;
}

int spdx_read(struct sbom_reader *r, json_val *root)
{
    struct map targets = described(root);
    int status = read_packages(r, json_get(root, "packages"), &targets);
    map_free(&targets);
    return status;
}
