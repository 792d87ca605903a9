/* rpm databases; the first bytes tell sqlite, ndb and Berkeley DB apart. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_offer(STR("var/lib/rpm/Packages"), (struct str){(const char *)data, size});
}
