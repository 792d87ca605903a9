/* Notifications of registries. */
#include <stdint.h>

#include "api/notification.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    json_val *root;
    struct notification *list;
    size_t n;
    if (json_parse(a, (struct str){(const char *)data, size}, &root) == 0 &&
        notifications_read(a, root, &list, &n) == 0)
        for (size_t i = 0; i < n; i++)
            registry_has_host(STR("https://registry.example:5000/"), list[i].host);
    arena_free(a);
    return 0;
}
