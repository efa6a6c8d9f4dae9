/* Ranking: a merge sort, bottom up, of entries of two words; stable, so equals stay in the order of their index. */
#include "selection.h"

static int is_before(const entry_t *a, const entry_t *b)
{
    if (a->fitness != b->fitness)
        return a->fitness > b->fitness;
    return a->handicap <= b->handicap; /* `a` has the smaller index */
}

entry_t *rank(entry_t *entries, entry_t *spare, uint32_t count)
{
    for (uint32_t width = 1; width < count; width *= 2) {
        entry_t *out = spare, *all_end = entries + count;
        for (entry_t *left = entries; left < all_end;) {
            entry_t *middle = left + width < all_end ? left + width : all_end;
            entry_t *end = middle + width < all_end ? middle + width : all_end;
            entry_t *right = middle;
            while (left < middle && right < end)
                *out++ = is_before(left, right) ? *left++ : *right++;
            while (left < middle)
                *out++ = *left++;
            while (right < end)
                *out++ = *right++;
            left = end;
        }
        entry_t *swapped = entries;
        entries = spare;
        spare = swapped;
    }
    return entries;
}
