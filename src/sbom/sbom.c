/* What the formats share: output, identifiers, and which format a document has. */
#include "sbom/sbom.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/time.h"
#include "sbom/internal.h"

/* One entry is far below that. */
enum { ENTRY_MAX = 64 << 20 };

int sbom_out_open(struct sbom_out *out, FILE *to)
{
    *out = (struct sbom_out){.buf = buf_new(ENTRY_MAX), .to = to, .scratch = arena_new(0)};
    out->json = (struct json_out){.to = &out->buf, .pretty = true};
    json_begin_object(&out->json);
    return 0;
}

int sbom_flush(struct sbom_out *out)
{
    if (buf_status(&out->buf) < 0)
        return err_set(ERR_LIMIT, "SBOM: one entry is larger than %d bytes", ENTRY_MAX);
    arena_reset(out->scratch);
    if (out->buf.n && fwrite(out->buf.p, 1, out->buf.n, out->to) != out->buf.n)
        return err_errno("SBOM");
    out->buf.n = 0;
    return 0;
}

int sbom_out_close(struct sbom_out *out, int status)
{
    json_end_object(&out->json);
    buf_add_c(&out->buf, '\n');
    if (status == 0)
        status = sbom_flush(out);
    buf_free(&out->buf);
    arena_free(out->scratch);
    return status;
}

int64_t sbom_time(void)
{
    uint64_t epoch;
    const uint64_t year_9999 = 253402300799;
    return str_u64(str_from(getenv("SOURCE_DATE_EPOCH")), &epoch) && epoch <= year_9999 ? (int64_t)epoch
                                                                                        : time_now();
}

static void digest_part(struct sha256 *h, struct str s)
{
    uint64_t n = s.n;
    sha256_update(h, &n, sizeof n);
    sha256_update(h, s.p ? s.p : "", s.n);
}

void sbom_uuid(const struct inventory *inv, struct str seed, char ret_uuid[UUID_TEXT])
{
    struct sha256 *h = sha256_new();
    digest_part(h, seed);
    digest_part(h, inv->target);
    digest_part(h, inv->os.family);
    digest_part(h, inv->os.version);
    vec_each(layer, &inv->layers) digest_part(h, *layer);
    vec_each(p, &inv->packages)
    {
        const struct str parts[] = {p->type, p->namespace, p->name, p->version, p->arch, p->path, p->digest};
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            digest_part(h, parts[i]);
    }
    unsigned char d[SHA256_SIZE];
    sha256_finish(h, d);
    uuid_write(d, 8, ret_uuid);
}

bool sbom_split_digest(struct str digest, struct str *ret_algorithm, struct str *ret_hex)
{
    static const struct {
        const char *algorithm;
        size_t digits;
    } known[] = {{"md5", 32}, {"sha1", 40}, {"sha256", 64}, {"sha384", 96}, {"sha512", 128}};
    struct str algorithm, hex;
    if (!str_cut(digest, ':', &algorithm, &hex))
        return false;
    for (size_t i = 0; i < hex.n; i++)
        if (!is_digit(hex.p[i]) && !(to_lower(hex.p[i]) >= 'a' && to_lower(hex.p[i]) <= 'f'))
            return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_is(algorithm, known[i].algorithm) && hex.n == known[i].digits) {
            *ret_algorithm = algorithm;
            *ret_hex = hex;
            return true;
        }
    return false;
}

bool sbom_looks_like(struct str json)
{
    if (str_starts(json, STR("\xef\xbb\xbf")))
        json = str_slice(json, 3, json.n);
    while (json.n && is_blank(json.p[0]))
        json = str_slice(json, 1, json.n);
    if (!json.n || json.p[0] != '{')
        return false;
    return str_find_str(json, STR("\"bomFormat\"")) >= 0 || str_find_str(json, STR("\"spdxVersion\"")) >= 0 ||
           str_find_str(json, STR("https://spdx.org/rdf/3.")) >= 0;
}

enum package_manager sbom_manager(struct str name)
{
    for (enum package_manager pm = PM_NONE; pm == PM_NONE || *package_manager_name(pm); pm++)
        if (name.n && str_is(name, package_manager_name(pm)))
            return pm;
    return PM_NONE;
}

int sbom_count(struct sbom_reader *r)
{
    if (++r->components > SBOM_COMPONENTS_MAX)
        return err_set(ERR_LIMIT, "SBOM: more than %d components", SBOM_COMPONENTS_MAX);
    return 0;
}

void sbom_note_without_purl(struct sbom_reader *r, struct str name)
{
    if (!r->without_purl++)
        r->first_without = name;
}

static int read_document(struct sbom_reader *r, json_val *root)
{
    struct str spdx = json_get_str(root, "spdxVersion");
    if (str_is(json_get_str(root, "bomFormat"), "CycloneDX"))
        return cyclonedx_read(r, root);
    if (str_starts(spdx, STR("SPDX-2.")))
        return spdx_read(r, root);
    if (spdx.n || json_get(root, "@graph"))
        return err_set(ERR_UNSUPPORTED, "SBOM: SPDX version '%.*s' is not read, only 2.x", STR_ARG(spdx));
    return err_set(ERR_UNSUPPORTED, "SBOM: neither CycloneDX nor SPDX");
}

int sbom_read(struct inventory *inv, struct str json)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct sbom_reader r = {.inv = inv, .arena = a};
    json_val *root;
    int status = json_parse(a, json, &root);
    if (status == 0)
        status = read_document(&r, root);
    if (r.without_purl)
        inventory_problem(inv, r.first_without,
                          err_set(ERR_UNSUPPORTED,
                                  "%zu components without a package-url cannot be judged, this is one",
                                  r.without_purl));
    return status;
}
