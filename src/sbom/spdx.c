/* SPDX 2.3 JSON (https://spdx.github.io/spdx-spec/v2.3/). Nothing is concluded: licences stand as comments,
 * because what packages declare is seldom an SPDX expression, and no file is claimed to have been analysed.
 */
#include "base/err.h"
#include "base/time.h"
#include "sbom/internal.h"

/* Identifiers may hold letters, digits, '.' and '-' (section 3.2); the number makes them unique. */
static struct str package_id(struct arena *a, const struct package *p, size_t index)
{
    struct str id =
        arena_printf(a, "SPDXRef-Package-%zu-%.*s-%.*s", index, STR_ARG(p->type), STR_ARG(p->name));
    char *to = (char *)(uintptr_t)id.p;
    for (size_t i = 0; i < id.n; i++)
        if (!is_alnum(to[i]) && to[i] != '.' && to[i] != '-')
            to[i] = '-';
    return id;
}

static void write_creation(struct json_out *o)
{
    char time[TIME_TEXT];
    json_key(o, "creationInfo");
    json_begin_object(o);
    json_member_str(o, "created", str_from(time_format(sbom_time(), time)));
    json_key(o, "creators");
    json_begin_array(o);
    json_out_str(o, STR("Tool: assay-" ASSAY_VERSION));
    json_end_array(o);
    json_end_object(o);
}

static const char *kind_purpose(struct str kind)
{
    if (str_is(kind, "image"))
        return "CONTAINER";
    if (str_is(kind, "host") || str_is(kind, "disk"))
        return "DEVICE";
    if (str_is(kind, "archive"))
        return "ARCHIVE";
    return str_is(kind, "file") ? "FILE" : "SOURCE";
}

/* What every package must or should say. */
static void write_common(struct json_out *o, struct str license)
{
    json_member_str(o, "downloadLocation", STR("NOASSERTION"));
    json_member_bool(o, "filesAnalyzed", false);
    json_member_str(o, "licenseConcluded", STR("NOASSERTION"));
    json_member_str(o, "licenseDeclared", STR("NOASSERTION"));
    json_member_str(o, "licenseComments", license);
    json_member_str(o, "copyrightText", STR("NOASSERTION"));
}

static void write_target(struct json_out *o, const struct inventory *inv)
{
    json_begin_object(o);
    json_member_str(o, "SPDXID", STR("SPDXRef-Target"));
    json_member_str(o, "name", inv->target.n ? inv->target : STR("unnamed"));
    json_member_str(o, "primaryPackagePurpose", str_from(kind_purpose(inv->target_kind)));
    write_common(o, (struct str){NULL, 0});
    json_end_object(o);
}

static void write_os(struct json_out *o, const struct os *os)
{
    json_begin_object(o);
    json_member_str(o, "SPDXID", STR("SPDXRef-OperatingSystem"));
    json_member_str(o, "name", os->family);
    json_member_str(o, "versionInfo", os->version);
    json_member_str(o, "summary", os->name);
    json_member_str(o, "primaryPackagePurpose", STR("OPERATING-SYSTEM"));
    write_common(o, (struct str){NULL, 0});
    json_end_object(o);
}

static void write_checksum(struct arena *a, struct json_out *o, struct str digest)
{
    struct str algorithm, hex;
    if (!sbom_split_digest(digest, &algorithm, &hex))
        return;
    struct str upper = arena_str(a, algorithm);
    for (size_t i = 0; i < upper.n; i++)
        if (is_lower(upper.p[i]))
            ((char *)(uintptr_t)upper.p)[i] = (char)(upper.p[i] - 'a' + 'A');
    json_key(o, "checksums");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, "algorithm", upper);
    json_member_str(o, "checksumValue", arena_lower(a, hex));
    json_end_object(o);
    json_end_array(o);
}

static void write_references(struct sbom_out *out, const struct inventory *inv, uint32_t package,
                             const struct sbom_extra *extra)
{
    struct json_out *o = &out->json;
    json_key(o, "externalRefs");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, "referenceCategory", STR("PACKAGE-MANAGER"));
    json_member_str(o, "referenceType", STR("purl"));
    json_member_str(o, "referenceLocator", package_purl(out->scratch, inv, &inv->packages.at[package]));
    json_end_object(o);
    if (extra->references)
        extra->references(out, package, extra->ctx);
    json_end_array(o);
}

static void write_package(struct sbom_out *out, const struct inventory *inv, uint32_t package,
                          const struct sbom_extra *extra)
{
    const struct package *p = &inv->packages.at[package];
    struct json_out *o = &out->json;
    struct arena *a = out->scratch;
    json_begin_object(o);
    json_member_str(o, "SPDXID", package_id(a, p, package));
    json_member_str(o, "name",
                    p->namespace.n && p->manager != PM_OS
                        ? arena_printf(a, "%.*s/%.*s", STR_ARG(p->namespace), STR_ARG(p->name))
                        : p->name);
    json_member_str(o, "versionInfo", p->version);
    json_member_str(o, "packageFileName", p->path);
    if (p->vendor.n)
        json_member_str(o, "supplier", arena_printf(a, "Organization: %.*s", STR_ARG(p->vendor)));
    write_common(o, p->license);
    write_checksum(a, o, p->digest);
    write_references(out, inv, package, extra);
    json_end_object(o);
}

static int write_packages(struct sbom_out *out, const struct inventory *inv, const struct sbom_extra *extra)
{
    struct json_out *o = &out->json;
    int status = 0;
    json_key(o, "packages");
    json_begin_array(o);
    write_target(o, inv);
    if (inv->os.family.n)
        write_os(o, &inv->os);
    for (size_t i = 0; i < inv->packages.n && status == 0; i++) {
        write_package(out, inv, (uint32_t)i, extra);
        status = sbom_flush(out);
    }
    json_end_array(o);
    return status;
}

static void write_relationship(struct json_out *o, struct str from, const char *type, struct str to)
{
    json_begin_object(o);
    json_member_str(o, "spdxElementId", from);
    json_member_str(o, "relationshipType", str_from(type));
    json_member_str(o, "relatedSpdxElement", to);
    json_end_object(o);
}

static int write_relationships(struct sbom_out *out, const struct inventory *inv)
{
    struct json_out *o = &out->json;
    struct str target = STR("SPDXRef-Target");
    int status = 0;
    json_key(o, "relationships");
    json_begin_array(o);
    write_relationship(o, STR("SPDXRef-DOCUMENT"), "DESCRIBES", target);
    if (inv->os.family.n)
        write_relationship(o, target, "CONTAINS", STR("SPDXRef-OperatingSystem"));
    for (size_t i = 0; i < inv->packages.n && status == 0; i++) {
        write_relationship(o, target, "CONTAINS", package_id(out->scratch, &inv->packages.at[i], i));
        status = sbom_flush(out);
    }
    json_end_array(o);
    return status;
}

static int write_document(struct sbom_out *out, const struct inventory *inv, const struct sbom_extra *extra)
{
    struct json_out *o = &out->json;
    char uuid[UUID_TEXT];
    sbom_uuid(inv, extra->seed, uuid);
    json_member_str(o, "spdxVersion", STR("SPDX-2.3"));
    json_member_str(o, "dataLicense", STR("CC0-1.0"));
    json_member_str(o, "SPDXID", STR("SPDXRef-DOCUMENT"));
    json_member_str(o, "name", inv->target.n ? inv->target : STR("unnamed"));
    json_member_str(o, "documentNamespace",
                    arena_printf(out->scratch, "https://spdx.org/spdxdocs/assay-%s", uuid));
    write_creation(o);
    int status = write_packages(out, inv, extra);
    return status < 0 ? status : write_relationships(out, inv);
}

int spdx_write(const struct inventory *inv, const struct sbom_extra *extra, FILE *to)
{
    static const struct sbom_extra none;
    struct sbom_out out;
    sbom_out_open(&out, to);
    return sbom_out_close(&out, write_document(&out, inv, extra ? extra : &none));
}
