/* Lists of unknown length: collected in a VEC, handed out in the arena. Internal to the store. */
#ifndef ASSAY_STORE_ROWS_H
#define ASSAY_STORE_ROWS_H

#include "base/arena.h"
#include "base/vec.h"
#include "store/sql.h"

static inline void *rows_copy(struct arena *a, const void *rows, size_t n, size_t size)
{
    void *copy = arena_alloc_array(a, n, size);
    return n ? memcpy(copy, rows, n * size) : copy;
}

/* The elements of the VEC as an array in the arena at *ret; frees the VEC; gives their number. */
#define rows_finish(a, vec, ret)                                                                             \
    (*(ret) = rows_copy((a), (vec)->at, (vec)->n, sizeof *(vec)->at), rows_free(vec))
#define rows_free(vec)                                                                                       \
    __extension__({                                                                                          \
        size_t rows_n = (vec)->n;                                                                            \
        vec_free(vec);                                                                                       \
        rows_n;                                                                                              \
    })

/* The first column of all rows. */
static inline size_t ids_of(struct statement *s, struct arena *a, int64_t **ret_ids)
{
    VEC(int64_t) ids = {0};
    while (sql_next(s))
        vec_add(&ids, sql_int(s, 0));
    return rows_finish(a, &ids, ret_ids);
}

#endif
