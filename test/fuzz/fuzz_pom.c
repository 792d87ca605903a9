/* The text files of Java's build tools: pom.xml, Gradle's lock file and its list of verified artefacts. */
#include "ecosystem/ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"pom.xml", "gradle/verification-metadata.xml", "gradle.lockfile"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct view_file file = view_file_memory(str_from(paths[i]), (struct str){(const char *)data, size});
        struct inventory *inv = inventory_new();
        ecosystem_offer(inv, &file);
        inventory_finish(inv);
        inventory_free(inv);
    }
    return 0;
}
