/* What Systems Manager says of an instance. The first line is its platform, "NAME|VERSION"; each other line
 * is a page of its inventory. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "match/match.h"
#include "monitor/instance.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the store would have of a package; a rule about its source holds for the build that it is of. */
static void look_at(struct arena *a, const struct inventory *inv, const struct package *p)
{
    struct match_key keys[MATCH_KEYS];
    struct str version;
    (void)match_keys(a, inv, p, keys, MATCH_KEYS);
    (void)package_purl(a, inv, p);
    const struct advisory_source rule = source_rule(a, p->name, p->version, p->source, p->source_version);
    if (!source_version(a, &rule, p->version, &version))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    _cleanup_(inventory_cleanup) struct inventory *inv = inventory_new();
    struct ssm_application s = {.inventory = inv};
    struct str text = {(const char *)data, size}, line = {0}, name = {0}, version = {0};
    json_val *page;
    str_next(&text, '\n', &line);
    str_cut(line, '|', &name, &version);
    const struct os os = ssm_platform(a, name, version);
    while (str_next(&text, '\n', &line))
        if (json_parse(a, line, &page) == 0 && ssm_application_page(&s, page) < 0)
            break;
    inventory_claim_os(inv, 0, &os);
    inventory_finish(inv);
    vec_each(p, &inv->packages) look_at(a, inv, p);
    return 0;
}
