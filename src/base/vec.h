/* A typed growing array: VEC(struct package) packages = {0};
 *
 * vec_push() gives a pointer to a new zeroed element, valid until the next push. vec_free() releases the
 * array, not what its elements own. Iterate with vec_each(). */
#ifndef ASSAY_BASE_VEC_H
#define ASSAY_BASE_VEC_H

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VEC(type)                                                                                            \
    struct {                                                                                                 \
        type *at;                                                                                            \
        size_t n, size;                                                                                      \
    }

#define vec_push(v)                                                                                          \
    (((v)->n == (v)->size                                                                                    \
          ? ((v)->at = mem_grow((v)->at, ((v)->size = (v)->size ? (v)->size * 2 : 8), sizeof *(v)->at))      \
          : (v)->at),                                                                                        \
     memset(&(v)->at[(v)->n], 0, sizeof *(v)->at), &(v)->at[(v)->n++])

#define vec_add(v, ...) (*vec_push(v) = (__VA_ARGS__))

#define vec_each(item, v)                                                                                    \
    for (__typeof__((v)->at + 0) item = (v)->at, item##_end = item ? item + (v)->n : item;                   \
         item < item##_end; item++)

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->n = (v)->size = 0)

#endif
