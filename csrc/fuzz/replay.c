/*
 * Calls a target for every file that is named, and for those in every folder; for any compiler.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "law.h"

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    uint8_t *exact = NULL;
    size_t n = 0;
    if (file == NULL) {
        perror(path);
        return 1;
    }
    for (size_t capacity = 4096, read = 1; read > 0; capacity *= 2) {
        data = realloc(data, capacity);
        LAW(data != NULL);
        read = fread(data + n, 1, capacity - n, file);
        n += read;
    }
    fclose(file);
    fprintf(stderr, "%s\n", path);
    /* Of just its length, and not of the memory that is begun anew. */
    exact = malloc(n + (n == 0));
    LAW(exact != NULL);
    if (n > 0) {
        memcpy(exact, data, n);
    }
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    free(data);
    return 0;
}

static int replay_all(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    int n_failed = 0;
    if (folder == NULL) {
        return replay(path);
    }
    while ((entry = readdir(folder)) != NULL) {
        char name[4096];
        if (entry->d_name[0] != '.') {
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            n_failed += replay_all(name);
        }
    }
    closedir(folder);
    return n_failed;
}

int main(int argc, char **argv)
{
    int n_failed = 0;
    for (int i = 1; i < argc; i++) {
        n_failed += replay_all(argv[i]);
    }
    return n_failed > 0;
}
