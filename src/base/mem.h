/* Allocation that cannot fail: when memory is exhausted the process ends with a message. Memory is zeroed. */
#ifndef ASSAY_BASE_MEM_H
#define ASSAY_BASE_MEM_H

#include <stddef.h>

/* Free with free(). */
void *mem_alloc(size_t size);
/* As reallocarray(); the part that grows is not zeroed. */
void *mem_grow(void *p, size_t count, size_t size);
_Noreturn void mem_exhausted(size_t wanted);

#endif
