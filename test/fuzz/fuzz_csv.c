#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv c = csv_new((struct str){(const char *)data, size}, ',');
    size_t bytes = 0;
    while (csv_next(&c) > 0)
        vec_each(field, &c.fields) bytes += field->n;
    csv_free(&c);
    if (bytes > size)
        __builtin_trap();
    return 0;
}
