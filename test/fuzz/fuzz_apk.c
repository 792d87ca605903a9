/* apk's database of what is installed. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_offer(STR("lib/apk/db/installed"), (struct str){(const char *)data, size});
}
