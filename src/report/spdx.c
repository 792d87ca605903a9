/* SPDX: the inventory as packages; findings as the advisories that packages refer to. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "report/report.h"
#include "sbom/sbom.h"

/* Findings by package: those of package i are at[start[i]] up to at[start[i + 1]]. */
struct by_package {
    const struct report *report;
    const struct finding **at;
    size_t *start;
};

/* The CVE's or GHSA's own page where the finding names none: a locator must be there. */
static struct str locator(struct arena *a, const struct finding *f)
{
    if (f->source_url.n)
        return f->source_url;
    if (str_starts(f->id, STR("CVE-")))
        return arena_printf(a, "https://nvd.nist.gov/vuln/detail/%.*s", STR_ARG(f->id));
    return arena_printf(a, "https://osv.dev/vulnerability/%.*s", STR_ARG(f->id));
}

/* SPDX 2.3, annex F.2.2: "advisory" in the category SECURITY. */
static void write_references(struct sbom_out *out, uint32_t package, const void *ctx)
{
    const struct by_package *by = ctx;
    struct json_out *o = &out->json;
    for (size_t i = by->start[package]; i < by->start[package + 1]; i++) {
        const struct finding *f = by->at[i];
        const char *verdict = f->verdict == VERDICT_UNKNOWN ? "unknown" : "affected";
        json_begin_object(o);
        json_member_str(o, "referenceCategory", STR("SECURITY"));
        json_member_str(o, "referenceType", STR("advisory"));
        json_member_str(o, "referenceLocator", locator(out->scratch, f));
        json_member_str(o, "comment",
                        arena_printf(out->scratch, "%.*s %.*s: %s%s%.*s%s%.*s", STR_ARG(f->id),
                                     STR_ARG(f->severity), verdict, f->fixed.n ? ", fixed in " : "",
                                     STR_ARG(f->fixed), f->ignored.n ? ", ignored: " : "",
                                     STR_ARG(f->ignored)));
        json_end_object(o);
    }
}

static int by_id(const void *left, const void *right)
{
    const struct finding *a = *(const struct finding *const *)left,
                         *b = *(const struct finding *const *)right;
    int order = (a->package > b->package) - (a->package < b->package);
    return order ? order : str_cmp(a->id, b->id);
}

static int write_spdx(const struct report *r, FILE *to)
{
    size_t n = r->findings ? r->findings->findings.n : 0, n_packages = r->inventory->packages.n;
    _cleanup_free_ const struct finding **at = mem_alloc((n + 1) * sizeof *at);
    _cleanup_free_ size_t *start = mem_alloc((n_packages + 1) * sizeof *start);
    for (size_t i = 0; i < n; i++)
        at[i] = &r->findings->findings.at[i];
    qsort(at, n, sizeof *at, by_id);
    for (size_t i = 0, package = 0; package <= n_packages; package++) {
        while (i < n && at[i]->package < package)
            i++;
        start[package] = i;
    }
    struct by_package by = {r, at, start};
    struct sbom_extra extra = {
        .seed = r->findings ? STR("findings") : STR("inventory"),
        .references = write_references,
        .ctx = &by,
    };
    return spdx_write(r->inventory, &extra, to);
}

extern const struct report_format report_spdx;
const struct report_format report_spdx = {
    .name = "spdx",
    .help = "SPDX 2.3 JSON",
    .write = write_spdx,
    .inventory = true,
};
