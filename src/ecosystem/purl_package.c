/* The purl of a package in an inventory: the type definitions of deb, rpm and apk, and for what they leave
 * open (distro, upstream, rpmmod) the qualifiers that SBOM tools agree on. */
#include "base/err.h"
#include "ecosystem/inventory.h"
#include "ecosystem/purl.h"

static bool is_distribution(struct str type)
{
    return str_is(type, "deb") || str_is(type, "rpm") || str_is(type, "apk") || str_is(type, "alpm");
}

static void qualify(struct purl *p, const char *key, struct str value)
{
    p->qualifiers[p->n_qualifiers++] = (struct purl_qualifier){str_from(key), value};
}

/* rpm's epoch is a qualifier, not a part of the version (rpm-definition.json). */
static void split_epoch(struct purl *purl)
{
    struct str epoch, version;
    uint64_t value;
    if (!str_cut(purl->version, ':', &epoch, &version) || !str_u64(epoch, &value))
        return;
    purl->version = version;
    if (value)
        qualify(purl, "epoch", epoch);
}

static void describe_distribution(struct arena *a, const struct inventory *inv, const struct package *p,
                                  struct purl *purl)
{
    const struct os *os = &inv->os;
    purl->namespace = os_vendor(p->namespace.n ? p->namespace : os->family);
    qualify(purl, "arch", p->arch);
    if (os->family.n)
        qualify(purl, "distro",
                os->version.n ? arena_printf(a, "%.*s-%.*s", STR_ARG(os->family), STR_ARG(os->version))
                              : os->family);
    struct str source = p->source.n ? p->source : p->name;
    if (p->source_version.n && !str_eq(p->source_version, VERSION_NOT_TOLD))
        qualify(purl, "upstream", arena_printf(a, "%.*s@%.*s", STR_ARG(source), STR_ARG(p->source_version)));
    else if (p->source.n)
        qualify(purl, "upstream", p->source);
    qualify(purl, "rpmmod", p->modularity);
    if (str_is(p->type, "rpm"))
        split_epoch(purl);
}

struct str package_purl(struct arena *a, const struct inventory *inv, const struct package *p)
{
    enum { QUALIFIERS = 8 };
    struct purl purl = {.type = p->type,
                        .namespace = p->namespace,
                        .name = p->name,
                        .version = p->version,
                        .qualifiers = arena_new_array(a, struct purl_qualifier, QUALIFIERS)};
    ptrdiff_t slash = str_rfind(p->name, '/');
    if (is_distribution(p->type)) {
        describe_distribution(a, inv, p, &purl);
    } else if (!p->namespace.n && slash > 0) { /* "@angular/core", "github.com/a/b": both in one */
        purl.namespace = str_slice(p->name, 0, (size_t)slash);
        purl.name = str_slice(p->name, (size_t)slash + 1, p->name.n);
    }
    struct purl canonical = purl;
    if (purl_canonicalise(a, &canonical) == 0)
        return purl_format(a, &canonical);
    /* A package without what its type demands (a jar without group): as much as is known. */
    return purl_format(a, &purl);
}
