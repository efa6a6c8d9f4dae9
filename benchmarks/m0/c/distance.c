/* Compatibility distance of two genomes, as neat/kernels/distance.py normalised_distance computes it, in fixed point.
 *
 * For nodes and for connections: (E excess + D disjoint + W weight) / N, with E and D counts of unmatched genes, W the
 * sum of differences of matching ones and N the larger number of genes. Differences have 10 fraction bits and
 * coefficients 8, so a distance has 18. 32 bits hold the sum of differences of 16 384 nodes or 65 535 connections.
 */
#include "m0.h"

#define ONE (1u << FRACTION)
#define NODE_ACTIVATION 0x7c00u
#define NODE_AGGREGATION 0x0380u

typedef struct {
    uint16_t excess, disjoint, weight; /* 8 fraction bits */
} coefficients_t;

static uint32_t normalised(uint32_t difference, uint32_t unmatched, uint32_t beyond, uint32_t longer,
                           const coefficients_t *c)
{
    uint64_t structure = (uint64_t)(c->disjoint * unmatched + c->excess * beyond) << FRACTION;
    uint64_t sum = structure + (uint64_t)difference * c->weight;
    if (sum >> 32) /* rare, and its division takes several times as long */
        return (uint32_t)(sum / longer);
    return (uint32_t)sum / longer;
}

static uint32_t nodes_apart(const gene_t *p, const gene_t *q)
{
    uint32_t differs = p->high ^ q->high;
    uint32_t apart = distance_between(weight_of(p->low), weight_of(q->low));
    apart += distance_between((int16_t)p->low, (int16_t)q->low);
    if (differs & NODE_ACTIVATION)
        apart += ONE;
    if (differs & NODE_AGGREGATION)
        apart += ONE;
    return apart;
}

/* Returns the distance, 18 fraction bits. Words of inputs are skipped: all genomes have the same. */
uint32_t distance(const genome_t *a, const genome_t *b, const coefficients_t *coefficients)
{
    const gene_t *p = a->genes + a->inputs, *p_end = p + a->nodes;
    const gene_t *q = b->genes + b->inputs, *q_end = q + b->nodes;
    uint32_t difference = 0, unmatched = 0;
    while (p < p_end && q < q_end) {
        uint32_t mine = id_of(p->high), theirs = id_of(q->high);
        if (mine == theirs) {
            difference += nodes_apart(p++, q++);
        } else {
            unmatched++;
            if (mine < theirs)
                p++;
            else
                q++;
        }
    }
    uint32_t beyond = (uint32_t)(p_end - p) + (uint32_t)(q_end - q);
    uint32_t longer = a->nodes > b->nodes ? a->nodes : b->nodes;
    uint32_t result = normalised(difference, unmatched, beyond, longer, coefficients);

    longer = a->conns > b->conns ? a->conns : b->conns;
    if (longer == 0)
        return result;
    p = p_end, p_end += a->conns;
    q = q_end, q_end += b->conns;
    difference = 0, unmatched = 0;
    while (p < p_end && q < q_end) {
        uint32_t mine = p->high, theirs = q->high; /* of a connection the whole upper half is the key */
        if (mine == theirs) {
            uint32_t low = p->low, other = q->low;
            difference += distance_between(weight_of(low), weight_of(other));
            difference += ((low ^ other) & 1) << FRACTION;
            p++, q++;
        } else {
            unmatched++;
            if (mine < theirs)
                p++;
            else
                q++;
        }
    }
    beyond = (uint32_t)(p_end - p) + (uint32_t)(q_end - q);
    return result + normalised(difference, unmatched, beyond, longer, coefficients);
}
