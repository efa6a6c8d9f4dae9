/* What the routines of the chip's CPU share: gene words of the layout wide16, genomes in the buffer, number formats.
 *
 * The CPU is little endian, so the upper half of a 64-bit gene word comes second. Fields of that upper half:
 *   node        type 31 (0) | kind 30:29 | id 28:15 | activation 14:10 | aggregation 9:7
 *   connection  type 31 (1) |       0    | source 28:15 | destination 14:1
 * and of the lower half:
 *   node        bias 31:16 | response 15:0, both with 10 fraction bits
 *   connection  weight 31:16, 10 fraction bits | enable 0
 */
#ifndef M0_H
#define M0_H

#include <stdint.h>

#define FRACTION 10 /* fraction bits of weights, biases, responses and operands */
#define OPERAND_LOW (-32768)
#define OPERAND_HIGH 32767

#define CONNECTION 0x80000000u
#define ID_SHIFT 15
#define ID_MASK 0x3fffu

typedef struct {
    uint32_t low, high;
} gene_t;

/* A genome in the buffer: words of inputs, then of nodes by id, then of connections by source and destination. */
typedef struct {
    const gene_t *genes;
    uint16_t inputs, nodes, conns, outputs;
} genome_t;

/* A node's id, or a connection's source. */
static inline uint32_t id_of(uint32_t high) { return high >> ID_SHIFT & ID_MASK; }

static inline uint32_t destination_of(uint32_t high) { return high >> 1 & ID_MASK; }

/* A connection's weight, or a node's bias. */
static inline int32_t weight_of(uint32_t low) { return (int32_t)low >> 16; }

static inline uint32_t distance_between(int32_t a, int32_t b) { return (uint32_t)(a > b ? a - b : b - a); }

#endif
