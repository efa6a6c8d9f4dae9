/* Whether connections lead from one node to another: accelerator/eve/merge.py _leads_to, gene for gene.
 *
 * Gene merge asks this of the CPU before it joins two nodes of a feed-forward child. Connections are sorted by source,
 * so those that leave a node begin where a binary search ends.
 */
#include "m0.h"

/* Returns the first of the connections [from, end) whose key is not below `wanted`. */
static const gene_t *place(const gene_t *from, const gene_t *end, uint32_t wanted)
{
    uint32_t count = (uint32_t)(end - from);
    while (count) {
        uint32_t half = count >> 1;
        const gene_t *middle = from + half;
        if (middle->high < wanted) {
            from = middle + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return from;
}

/* Returns 1 or 0 in bit 31, and how many genes were read in the others.
 *
 * seen: a byte for each node id, all 0, and 0 again afterwards; stack: room for all node ids
 */
uint32_t leads_to(const genome_t *genome, uint32_t start, uint32_t end, uint8_t *seen, uint16_t *stack)
{
    const gene_t *conns = genome->genes + genome->inputs + genome->nodes, *conns_end = conns + genome->conns;
    uint32_t read = 0, pushed = 1, found = 0;
    if (start == end)
        return 1u << 31;
    stack[0] = (uint16_t)start;
    seen[start] = 1;
    for (uint32_t k = 0; k < pushed && !found; k++) {
        uint32_t node = stack[k];
        const gene_t *gene = place(conns, conns_end, CONNECTION | node << ID_SHIFT);
        for (; gene < conns_end; gene++) {
            uint32_t high = gene->high;
            if (id_of(high) != node)
                break;
            read++;
            uint32_t next = destination_of(high);
            if (next == end) {
                found = 1;
                break;
            }
            if (!seen[next]) {
                seen[next] = 1;
                stack[pushed++] = (uint16_t)next;
            }
        }
    }
    while (pushed)
        seen[stack[--pushed]] = 0;
    return found << 31 | read;
}
