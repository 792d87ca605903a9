/* dpkg's files; the first byte says which. */
#include "fuzz_ecosystem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = {"var/lib/dpkg/status", "var/lib/dpkg/status.d/x",
                                        "var/lib/dpkg/info/x:amd64.list", "var/lib/dpkg/status.d/x.md5sums"};
    if (!size)
        return 0;
    return fuzz_offer(str_from(paths[data[0] % 4]), (struct str){(const char *)data + 1, size - 1});
}
