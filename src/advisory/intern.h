/* Byte strings, each kept once and numbered in the order of its first coming. Owns the bytes. */
#ifndef ASSAY_ADVISORY_INTERN_H
#define ASSAY_ADVISORY_INTERN_H

#include "base/str.h"

struct intern {
    char *bytes;
    uint64_t *ends;  /* end of each string in `bytes`; it begins at the end of the one before */
    uint32_t *slots; /* 1 + number; 0 is free */
    uint32_t *tags;  /* some bits of the hash of each string: most comparisons end here */
    size_t n_bytes, size_bytes;
    uint32_t n, size, n_slots;
};

void intern_free(struct intern *in);
uint32_t intern_add(struct intern *in, struct str s);
/* The same for an array of numbers. */
uint32_t intern_add_words(struct intern *in, const uint32_t *words, size_t n);
/* Valid until the next addition. */
static inline struct str intern_get(const struct intern *in, uint32_t number)
{
    uint64_t begin = number ? in->ends[number - 1] : 0;
    return (struct str){in->bytes + begin, in->ends[number] - begin};
}
/* Word `at` of a string that was added as words. */
static inline uint32_t intern_word(struct str s, size_t at)
{
    uint32_t word;
    memcpy(&word, s.p + 4 * at, sizeof word);
    return word;
}

/* The numbers in byte order of their strings; where `first` is given, those for which it is not 0 come before
 * all others. Free with free(). */
uint32_t *intern_sorted(const struct intern *in, const uint8_t *first);
/* The inverse: the rank of each number. Free with free(). */
uint32_t *intern_ranks(const uint32_t *sorted, uint32_t n);

#endif
