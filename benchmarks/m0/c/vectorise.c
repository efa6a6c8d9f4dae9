/* A genome's connections as dense layers for ADAM: network/plan.py and accelerator/adam/vectorise.py in one.
 *
 * For feed-forward genomes. A layer holds the nodes whose longest path from an input has the same length; of these only
 * nodes from which an enabled path leads to an output. Its block has a row for each distinct source, in the order of
 * ids, and a column for each node that reads something. The array takes a row a cycle, so a row is contiguous.
 *
 * A node's place is its position among the genome's inputs and nodes. Gene words are read once; then an edge is one
 * 32-bit word, and since connections come by source, those that leave a place are consecutive.
 */
#include "m0.h"

#define NO_SOURCE 0xffffffffu
#define PHASE static __attribute__((noinline)) /* inlined into one function they would share its eight low registers */

typedef struct {
    uint16_t place; /* of the destination */
    int16_t weight;
} edge_t;

/* Where a place's output is computed: layer from 1, 0 for inputs and nodes that are left out. */
typedef struct {
    uint16_t layer, column;
} where_t;

typedef struct {
    uint16_t rows, columns; /* sources and nodes */
    uint16_t source, node; /* its first entries in `sources` and `nodes` */
    int16_t *block; /* its first weight */
    int16_t *row; /* of the last source that was stored */
    uint32_t last; /* that source */
} layer_t;

typedef struct {
    uint32_t attributes; /* bias and response, as the gene has them */
    uint16_t place, activation;
} node_t;

/* What the routine writes. `nodes` has those of the layers, then those that read nothing. */
typedef struct {
    layer_t *layers; /* (depth + 1), entry 0 is not used */
    uint16_t *sources; /* places */
    node_t *nodes;
    int16_t *weights;
    uint32_t depth, n_nodes, constants; /* constants: of the nodes, those that read nothing */
} dense_t;

/* Room for I inputs, N nodes and C connections: place_of has an entry for each node id, `first` I + N + 1, `edges` C,
 * all others I + N. */
typedef struct {
    uint16_t *place_of;
    edge_t *edges;
    uint16_t *first;
    uint16_t *degree;
    uint16_t *level;
    uint16_t *order;
    where_t *where;
} scratch_t;

/* Reads the genes: places of ids, enabled edges by source, in-degrees. */
PHASE void read_genes(const genome_t *genome, const scratch_t *scratch)
{
    uint16_t *place_of = scratch->place_of, *degree = scratch->degree, *first = scratch->first;
    uint32_t places = genome->inputs + genome->nodes;
    const gene_t *gene = genome->genes;
    for (uint32_t place = 0; place < places; place++, gene++) {
        place_of[id_of(gene->high)] = (uint16_t)place;
        degree[place] = 0;
    }
    const gene_t *end = gene + genome->conns;
    edge_t *edge = scratch->edges;
    uint32_t source = 0; /* edges of all places below have been read */
    first[0] = 0;
    for (; gene < end; gene++) {
        uint32_t low = gene->low;
        if (!(low & 1))
            continue;
        uint32_t high = gene->high, place = place_of[id_of(high)];
        while (source < place)
            first[++source] = (uint16_t)(edge - scratch->edges);
        uint32_t target = place_of[destination_of(high)];
        degree[target]++;
        edge->place = (uint16_t)target;
        edge->weight = (int16_t)weight_of(low);
        edge++;
    }
    while (source < places)
        first[++source] = (uint16_t)(edge - scratch->edges);
}

/* Writes each place's level, that is one more than the largest of its sources, and an order in which all sources come
 * before their nodes. Leaves 1 in `degree` for nodes that read something, else 0. Returns how many places have a level;
 * with a cycle it is not all. */
PHASE uint32_t find_levels(const genome_t *genome, const scratch_t *scratch)
{
    uint16_t *degree = scratch->degree, *level = scratch->level, *order = scratch->order;
    const uint16_t *first = scratch->first;
    uint32_t inputs = genome->inputs, places = inputs + genome->nodes, ready = 0;
    for (uint32_t place = 0; place < places; place++) {
        level[place] = place >= inputs;
        if (degree[place] == 0)
            order[ready++] = (uint16_t)place;
    }
    uint32_t constant = ready; /* inputs and nodes that read nothing come first */
    for (uint32_t k = 0; k < ready; k++) {
        uint32_t place = order[k];
        uint32_t next = level[place] + 1u;
        const edge_t *edge = scratch->edges + first[place], *end = scratch->edges + first[place + 1];
        for (; edge < end; edge++) {
            uint32_t target = edge->place;
            if (level[target] < next)
                level[target] = (uint16_t)next;
            uint32_t left = degree[target] - 1u;
            degree[target] = (uint16_t)left;
            if (left == 0)
                order[ready++] = (uint16_t)target;
        }
    }
    for (uint32_t k = constant; k < ready; k++)
        degree[order[k]] = 1;
    return ready;
}

/* Clears the levels of nodes from which no path leads to an output. Returns the largest level of the others. */
PHASE uint32_t keep_needed(const genome_t *genome, const scratch_t *scratch)
{
    uint16_t *level = scratch->level;
    uint32_t inputs = genome->inputs, outputs_end = inputs + genome->outputs, depth = 0;
    for (uint32_t k = inputs + genome->nodes; k--;) {
        uint32_t place = scratch->order[k];
        if (place < inputs)
            continue;
        if (place >= outputs_end) {
            const edge_t *edge = scratch->edges + scratch->first[place];
            const edge_t *end = scratch->edges + scratch->first[place + 1];
            while (edge < end && level[edge->place] == 0)
                edge++;
            if (edge == end) {
                level[place] = 0;
                continue;
            }
        }
        if (level[place] > depth)
            depth = level[place];
    }
    return depth;
}

/* Gives every needed node a column, and its attributes a place. */
PHASE void place_nodes(const genome_t *genome, const scratch_t *scratch, dense_t *dense)
{
    layer_t *layers = dense->layers;
    uint32_t inputs = genome->inputs, places = inputs + genome->nodes;
    for (uint32_t l = 0; l <= dense->depth; l++) {
        layers[l].rows = layers[l].columns = 0;
        layers[l].last = NO_SOURCE;
    }
    for (uint32_t place = inputs; place < places; place++)
        if (scratch->level[place] && scratch->degree[place])
            layers[scratch->level[place]].columns++;
    uint32_t node = 0;
    for (uint32_t l = 1; l <= dense->depth; l++) {
        layers[l].node = (uint16_t)node;
        node += layers[l].columns;
        layers[l].columns = 0;
    }
    for (uint32_t place = 0; place < inputs; place++)
        scratch->where[place].layer = 0;
    uint32_t constant = node;
    const gene_t *gene = genome->genes + inputs;
    for (uint32_t place = inputs; place < places; place++, gene++) {
        uint32_t level = scratch->level[place], at;
        scratch->where[place].layer = (uint16_t)level;
        if (level == 0)
            continue;
        if (scratch->degree[place]) {
            uint32_t column = layers[level].columns++;
            scratch->where[place].column = (uint16_t)column;
            at = layers[level].node + column;
        } else {
            at = constant++;
        }
        dense->nodes[at].attributes = gene->low;
        dense->nodes[at].place = (uint16_t)place;
        dense->nodes[at].activation = (uint16_t)(gene->high >> 10 & 31);
    }
    dense->n_nodes = constant;
    dense->constants = constant - node;
}

/* Counts the rows of each layer, gives it its block, and clears all blocks. */
PHASE void place_blocks(uint32_t places, const scratch_t *scratch, dense_t *dense)
{
    layer_t *layers = dense->layers;
    const edge_t *edge = scratch->edges;
    for (uint32_t place = 0; place < places; place++) {
        const edge_t *end = scratch->edges + scratch->first[place + 1];
        for (; edge < end; edge++) {
            layer_t *layer = &layers[scratch->where[edge->place].layer]; /* layer 0 is never used */
            if (layer->last != place) {
                layer->last = place;
                layer->rows++;
            }
        }
    }
    uint32_t source = 0;
    int16_t *block = dense->weights;
    for (uint32_t l = 1; l <= dense->depth; l++) {
        layers[l].block = block;
        layers[l].row = block - layers[l].columns; /* the first source moves on to the first row */
        layers[l].source = (uint16_t)source;
        layers[l].last = NO_SOURCE;
        block += (uint32_t)layers[l].rows * layers[l].columns;
        source += layers[l].rows;
    }
    for (uint32_t *word = (uint32_t *)(void *)dense->weights; (int16_t *)word < block; word++)
        *word = 0;
}

PHASE void store_weights(uint32_t places, const scratch_t *scratch, dense_t *dense)
{
    layer_t *layers = dense->layers;
    const edge_t *edge = scratch->edges;
    for (uint32_t l = 1; l <= dense->depth; l++)
        layers[l].rows = 0; /* and counted again */
    for (uint32_t place = 0; place < places; place++) {
        const edge_t *end = scratch->edges + scratch->first[place + 1];
        for (; edge < end; edge++) {
            where_t where = scratch->where[edge->place];
            if (where.layer == 0)
                continue;
            layer_t *layer = &layers[where.layer];
            if (layer->last != place) {
                layer->last = place;
                layer->row += layer->columns;
                dense->sources[layer->source + layer->rows++] = (uint16_t)place;
            }
            layer->row[where.column] = edge->weight;
        }
    }
}

/* Returns 1, or 0 for a genome with a cycle. */
uint32_t vectorise(const genome_t *genome, const scratch_t *scratch, dense_t *dense)
{
    uint32_t places = genome->inputs + genome->nodes;
    read_genes(genome, scratch);
    if (find_levels(genome, scratch) < places)
        return 0;
    dense->depth = keep_needed(genome, scratch);
    place_nodes(genome, scratch, dense);
    place_blocks(places, scratch, dense);
    store_weights(places, scratch, dense);
    return 1;
}
