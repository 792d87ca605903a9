/* The text files of Java's build tools: pom.xml, Gradle's lock file and its list of verified artefacts. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"pom.xml", "gradle/verification-metadata.xml", "gradle.lockfile"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        fuzz_offer(str_from(paths[i]), (struct str){(const char *)data, size});
    return 0;
}
