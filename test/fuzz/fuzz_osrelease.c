/* Release files of every form: the first line is the path. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str content = {(const char *)data, size}, path = STR("etc/os-release");
    str_next(&content, '\n', &path);
    return fuzz_offer(path, content);
}
