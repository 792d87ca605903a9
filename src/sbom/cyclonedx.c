/* CycloneDX 1.5 JSON (ECMA-424's predecessor, https://cyclonedx.org/docs/1.5/json/). What the format has no
 * member for goes into properties named "assay:...", which cyclonedx_read.c takes back. */
#include "base/err.h"
#include "base/hash.h"
#include "base/time.h"
#include "sbom/internal.h"

struct str cyclonedx_ref(struct arena *a, const struct inventory *inv, uint32_t package)
{
    /* The number keeps apart what differs in its path only. */
    return arena_printf(a, "%s#%u", package_purl(a, inv, &inv->packages.at[package]).p, (unsigned)package);
}

void cyclonedx_property(struct json_out *o, const char *name, struct str value)
{
    if (!value.n)
        return;
    json_begin_object(o);
    json_member_str(o, "name", str_from(name));
    json_member_str(o, "value", value);
    json_end_object(o);
}

static const char *kind_type(struct str kind)
{
    if (str_is(kind, "image"))
        return "container";
    if (str_is(kind, "host") || str_is(kind, "disk"))
        return "device";
    return str_is(kind, "file") || str_is(kind, "archive") ? "file" : "application";
}

static void write_metadata(struct json_out *o, const struct inventory *inv)
{
    char time[TIME_TEXT];
    json_key(o, "metadata");
    json_begin_object(o);
    json_member_str(o, "timestamp", str_from(time_format(sbom_time(), time)));
    json_key(o, "tools");
    json_begin_object(o);
    json_key(o, "components");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, "type", STR("application"));
    json_member_str(o, "name", STR("assay"));
    json_member_str(o, "version", STR(ASSAY_VERSION));
    json_end_object(o);
    json_end_array(o);
    json_end_object(o);
    json_key(o, "component");
    json_begin_object(o);
    json_member_str(o, "type", str_from(kind_type(inv->target_kind)));
    json_member_str(o, "bom-ref", STR("target"));
    json_member_str(o, "name", inv->target.n ? inv->target : STR("unnamed"));
    json_key(o, "properties");
    json_begin_array(o);
    cyclonedx_property(o, "assay:kind", inv->target_kind);
    vec_each(layer, &inv->layers) cyclonedx_property(o, "assay:layer", *layer);
    json_end_array(o);
    json_end_object(o);
    json_end_object(o);
}

static void write_os(struct json_out *o, const struct os *os)
{
    json_begin_object(o);
    json_member_str(o, "type", STR("operating-system"));
    json_member_str(o, "bom-ref", STR("os"));
    json_member_str(o, "name", os->family);
    json_member_str(o, "version", os->version);
    json_member_str(o, "description", os->name);
    json_key(o, "properties");
    json_begin_array(o);
    cyclonedx_property(o, "assay:codename", os->codename);
    cyclonedx_property(o, "assay:like", os->like);
    json_end_array(o);
    json_end_object(o);
}

static void write_hash(struct json_out *o, struct str digest)
{
    static const struct {
        const char *algorithm, *name;
    } names[] = {{"md5", "MD5"},
                 {"sha1", "SHA-1"},
                 {"sha256", "SHA-256"},
                 {"sha384", "SHA-384"},
                 {"sha512", "SHA-512"}};
    struct str algorithm, hex;
    if (!sbom_split_digest(digest, &algorithm, &hex))
        return;
    json_key(o, "hashes");
    json_begin_array(o);
    json_begin_object(o);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(algorithm, names[i].algorithm))
            json_member_str(o, "alg", str_from(names[i].name));
    json_member_str(o, "content", hex);
    json_end_object(o);
    json_end_array(o);
}

static void write_license(struct json_out *o, struct str license)
{
    if (!license.n)
        return;
    json_key(o, "licenses");
    json_begin_array(o);
    json_begin_object(o);
    json_key(o, "license");
    json_begin_object(o);
    json_member_str(o, "name", license); /* as declared; seldom an SPDX expression */
    json_end_object(o);
    json_end_object(o);
    json_end_array(o);
}

static void write_location(struct json_out *o, struct str path)
{
    if (!path.n)
        return;
    json_key(o, "evidence");
    json_begin_object(o);
    json_key(o, "occurrences");
    json_begin_array(o);
    json_begin_object(o);
    json_member_str(o, "location", path);
    json_end_object(o);
    json_end_array(o);
    json_end_object(o);
}

static void write_properties(struct json_out *o, const struct inventory *inv, const struct package *p)
{
    struct str algorithm, hex;
    json_key(o, "properties");
    json_begin_array(o);
    cyclonedx_property(o, "assay:type", p->type);
    cyclonedx_property(o, "assay:manager", str_from(package_manager_name(p->manager)));
    cyclonedx_property(o, "assay:path", p->path);
    cyclonedx_property(o, "assay:layer",
                       p->layer < inv->layers.n ? inv->layers.at[p->layer] : (struct str){NULL, 0});
    cyclonedx_property(o, "assay:owner", p->owner);
    cyclonedx_property(o, "assay:source", p->source);
    cyclonedx_property(o, "assay:sourceVersion", p->source_version);
    cyclonedx_property(o, "assay:vendor", p->vendor);
    if (!sbom_split_digest(p->digest, &algorithm, &hex))
        cyclonedx_property(o, "assay:digest", p->digest);
    cyclonedx_property(o, "assay:dev", p->dev ? STR("true") : (struct str){NULL, 0});
    cyclonedx_property(o, "assay:unresolved", p->unresolved ? STR("true") : (struct str){NULL, 0});
    json_end_array(o);
}

static void write_component(struct sbom_out *out, const struct inventory *inv, uint32_t package)
{
    const struct package *p = &inv->packages.at[package];
    struct json_out *o = &out->json;
    json_begin_object(o);
    json_member_str(o, "type", STR("library"));
    json_member_str(o, "bom-ref", cyclonedx_ref(out->scratch, inv, package));
    if (p->manager != PM_OS)
        json_member_str(o, "group", p->namespace);
    json_member_str(o, "name", p->name);
    json_member_str(o, "version", p->version);
    if (p->dev)
        json_member_str(o, "scope", STR("optional"));
    write_hash(o, p->digest);
    write_license(o, p->license);
    json_member_str(o, "purl", package_purl(out->scratch, inv, p));
    write_location(o, p->path);
    write_properties(o, inv, p);
    json_end_object(o);
}

static int write_document(struct sbom_out *out, const struct inventory *inv, const struct sbom_extra *extra)
{
    struct json_out *o = &out->json;
    char uuid[UUID_TEXT];
    sbom_uuid(inv, extra->seed, uuid);
    json_member_str(o, "$schema", STR("http://cyclonedx.org/schema/bom-1.5.schema.json"));
    json_member_str(o, "bomFormat", STR("CycloneDX"));
    json_member_str(o, "specVersion", STR("1.5"));
    json_member_str(o, "serialNumber", arena_printf(out->scratch, "urn:uuid:%s", uuid));
    json_member_int(o, "version", 1);
    write_metadata(o, inv);
    json_key(o, "components");
    json_begin_array(o);
    int status = 0;
    if (inv->os.family.n)
        write_os(o, &inv->os);
    for (size_t i = 0; i < inv->packages.n && status == 0; i++) {
        write_component(out, inv, (uint32_t)i);
        status = sbom_flush(out);
    }
    json_end_array(o);
    return status == 0 && extra->document ? extra->document(out, extra->ctx) : status;
}

int cyclonedx_write(const struct inventory *inv, const struct sbom_extra *extra, FILE *to)
{
    static const struct sbom_extra none;
    struct sbom_out out;
    sbom_out_open(&out, to);
    return sbom_out_close(&out, write_document(&out, inv, extra ? extra : &none));
}
