#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void mem_exhausted(size_t wanted)
{
    fprintf(stderr, "assay: out of memory (%zu bytes wanted)\n", wanted);
    exit(EXIT_FAILURE);
}

void *mem_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        mem_exhausted(size);
    return p;
}

void *mem_grow(void *p, size_t count, size_t size)
{
    void *grown = reallocarray(p, count ? count : 1, size);
    if (!grown)
        mem_exhausted(count);
    return grown;
}
