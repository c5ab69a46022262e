/*
 * Threads that ask a fleet while one changes it, for a sanitizer to look at: every answer is that
 * of the fleet before or after a change. Each change leaves N_DEVICES devices of two descriptions.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mdm.h"

#define N_DEVICES ((uint32_t)300)
#define N_CHANGES 2000
#define N_READERS 3
#define N_ASKED 500

#define CHECK(condition)                                                    \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

static const mdm_attribute attributes[] = {{"type", 4, MDM_STRING, MDM_EQUAL, 0, MDM_NO, 0}};
static const mdm_scheme scheme = {attributes, 1, MDM_NOBODY, MDM_NO, MDM_YES, 0};
static const char *const lines[] = {"{\"name\":\"a\",\"self\":{\"type\":\"V5_1\"}}",
                                    "{\"name\":\"b\",\"self\":{\"type\":\"V5_2\"}}"};

typedef struct house {
    mdm_fleet *fleet;
    atomic_int is_done;
    atomic_size_t n_asked;
} house;

/* Both verdicts of one judgement; false where the fleet changed in between. */
static int count_both(const mdm_query *query, size_t *n_yes, size_t *n_no)
{
    mdm_status status = mdm_count(query, MDM_YES, n_yes);
    if (status == MDM_OK) {
        status = mdm_count(query, MDM_NO, n_no);
    }
    CHECK(status == MDM_OK || status == MDM_STALE);
    return status == MDM_OK;
}

static void ask(house *at, mdm_query *query)
{
    static _Thread_local uint32_t rows[2 * N_DEVICES];
    uint32_t counts[2];
    mdm_join *join = NULL;
    size_t n_left = 1;
    size_t n_yes = 0;
    size_t n_no = 0;
    size_t n = 0;
    CHECK(mdm_query_again(query) == MDM_OK);
    if (count_both(query, &n_yes, &n_no)) {
        CHECK(n_yes + n_no == N_DEVICES);
        atomic_fetch_add(&at->n_asked, 1);
    }
    if (mdm_rows(query, MDM_YES, rows, 2 * N_DEVICES, &n) == MDM_OK) {
        CHECK(n <= N_DEVICES);
    }
    CHECK(mdm_join_classes(at->fleet, MDM_NOBODY, 1, &join) == MDM_OK);
    while (n_left > 0 && mdm_join_count(join, 1, &n_left) == MDM_OK) {
    }
    if (mdm_join_len(join) == 2 && mdm_join_counts(join, MDM_YES, counts, 2) == MDM_OK) {
        CHECK(counts[0] + counts[1] == N_DEVICES);
    }
    mdm_join_free(join);
}

static void *read_on(void *given)
{
    house *at = given;
    mdm_query *query = NULL;
    char text[256];
    size_t len = 0;
    CHECK(mdm_query_new(at->fleet, lines[0], strlen(lines[0]), MDM_NOBODY, 1, &query, NULL) ==
          MDM_OK);
    while (!atomic_load(&at->is_done)) {
        ask(at, query);
        CHECK(mdm_description(at->fleet, 7, text, sizeof text, &len) == MDM_OK);
        CHECK(mdm_name(at->fleet, 7, text, sizeof text, &len) == MDM_OK && len == 1);
        CHECK(mdm_device_count(at->fleet) == N_DEVICES);
    }
    mdm_query_free(query);
    return NULL;
}

static void change(mdm_fleet *fleet, size_t i)
{
    const uint32_t row = (uint32_t)(i * 7 % N_DEVICES);
    const char *line = lines[i / 3 % 2];
    mdm_reader *reader = NULL;
    size_t n_faults = 0;
    CHECK(mdm_replace(fleet, row, line, strlen(line), NULL) == MDM_OK);
    if (i % 50 == 0) {
        CHECK(mdm_fleet_lay_out(fleet, i / 50 % 2 == 0 ? MDM_LAYOUT_FLAT
                                                       : MDM_LAYOUT_CLASSES) == MDM_OK);
        /* What is read and given up was never there. */
        CHECK(mdm_reader_new(fleet, &reader) == MDM_OK);
        CHECK(mdm_reader_feed(reader, line, strlen(line), NULL, 0, &n_faults) == MDM_OK);
        mdm_reader_free(reader);
    }
}

int main(void)
{
    house at = {.fleet = NULL};
    pthread_t readers[N_READERS];
    CHECK(mdm_fleet_new(&scheme, 1, NULL, &at.fleet) == MDM_OK);
    for (uint32_t i = 0; i < N_DEVICES; i++) {
        uint32_t row = 0;
        CHECK(mdm_add(at.fleet, lines[i % 2], strlen(lines[i % 2]), &row, NULL) == MDM_OK);
    }
    for (size_t i = 0; i < N_READERS; i++) {
        CHECK(pthread_create(&readers[i], NULL, read_on, &at) == 0);
    }
    for (size_t i = 0; i < N_CHANGES || atomic_load(&at.n_asked) < N_ASKED; i++) {
        change(at.fleet, i);
    }
    atomic_store(&at.is_done, 1);
    for (size_t i = 0; i < N_READERS; i++) {
        CHECK(pthread_join(readers[i], NULL) == 0);
    }
    mdm_fleet_free(at.fleet);
    puts("well");
    return 0;
}
