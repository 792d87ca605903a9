/* A bump allocator: many allocations, one free. One arena per scan or request.
 *
 * The arena owns everything taken from it; memory is zeroed and aligned for any type. Allocation failure ends
 * the process; going over the cap given at creation does too, with a message, because by then the caps on the
 * inputs have failed to hold.
 */
#ifndef ASSAY_BASE_ARENA_H
#define ASSAY_BASE_ARENA_H

#include "base/str.h"

struct arena;

/* `cap` in bytes; 0 means no cap. */
struct arena *arena_new(size_t cap);
void arena_free(struct arena *a);
static inline void arena_cleanup(struct arena **a)
{
    arena_free(*a);
}

void *arena_alloc(struct arena *a, size_t size);
#define arena_new_array(a, type, count) ((type *)arena_alloc_array((a), (count), sizeof(type)))
void *arena_alloc_array(struct arena *a, size_t count, size_t size);

/* Copies; the copy is followed by a NUL byte that its length does not count. */
struct str arena_str(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull(2)));
/* The slice as a C string. */
const char *arena_cstr(struct arena *a, struct str s);
/* ASCII lower case copy. */
struct str arena_lower(struct arena *a, struct str s);

/* Bytes handed out so far. */
size_t arena_used(const struct arena *a);

/* Forgets everything taken from the arena but keeps its first block for reuse. */
void arena_reset(struct arena *a);

#endif
