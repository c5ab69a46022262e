/*
 * Draws from counters: each number of each stream has dice of its own, so that more of one thing
 * changes no other.
 */
#ifndef DRAW_H
#define DRAW_H

#include <stdbool.h>
#include <stdint.h>

typedef struct dice {
    uint64_t key;
    uint64_t counter;
} dice;

/* The last step of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static inline dice dice_of(uint32_t stream, uint32_t number)
{
    return (dice){mix((uint64_t)stream << 32 | number), 0};
}

static inline uint64_t roll(dice *from)
{
    return mix(from->key + ++from->counter * 0x9e3779b97f4a7c15U);
}

/* Below n. */
static inline uint32_t draw(dice *from, uint32_t n)
{
    return (uint32_t)((roll(from) >> 32) * n >> 32);
}

static inline bool happens(dice *from, uint32_t percent)
{
    return draw(from, 100) < percent;
}

#endif
