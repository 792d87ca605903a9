/* A jar with all that lies in it, and the two texts in it by themselves, which a fuzzer would not get past a
 * zip's checksums: the first byte says which. */
#include "ecosystem/maven.h"
#include "fuzz_ecosystem.h"

static void fuzz_manifest(struct str text)
{
    static const char *const names[] = {"spring-core-5.3.jar", "a.b-c-1.jar", "-.jar", ""};
    _cleanup_(arena_cleanup) struct arena *a = arena_new(0);
    struct str license;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        manifest_identify(a, text, str_from(names[i]), &license);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    if (size && data[0] == 'M') {
        fuzz_manifest(str_slice(text, 1, size));
        return 0;
    }
    if (size && data[0] == '#')
        return fuzz_offer(STR("META-INF/maven/g/a/pom.properties"), text);
    return fuzz_offer(STR("lib/a-1.0.jar"), text);
}
