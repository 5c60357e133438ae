/* Runs a fuzz target over the files of directories, in name order, without libFuzzer. A seed (made-*) must be accepted:
 * when one no longer is, it reaches nothing, and fuzz_make_corpus has to write it anew. A directory that is not there holds
 * nothing. */
#define _POSIX_C_SOURCE 200809L

#include "fuzz.h"

#include <dirent.h>
#include <string.h>

#define MOST_BYTES (1u << 20)

static int run_file(const char *path, const char *name)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s could not be read\n", path);
        return 1;
    }
    uint8_t *data = malloc(MOST_BYTES);
    size_t size = data == NULL ? 0 : fread(data, 1, MOST_BYTES, file);
    fclose(file);
    /* A block of exactly this size, so that AddressSanitizer sees a read past its end. */
    uint8_t *exact = data == NULL || size == 0 ? NULL : realloc(data, size);
    LLVMFuzzerTestOneInput(exact == NULL ? data : exact, size);
    free(exact == NULL ? data : exact);
    if (strncmp(name, "made-", 5) == 0 && !fuzz_accepted) {
        fprintf(stderr, "%s was not accepted: write it anew with fuzz_make_corpus\n", path);
        return 1;
    }
    return data == NULL;
}

static int run_directory(const char *directory, int *runs)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, NULL, alphasort);
    int failures = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof path) {
            failures += run_file(path, entries[i]->d_name);
            ++*runs;
        }
        free(entries[i]);
    }
    free(entries);
    return failures;
}

int main(int argc, char **argv)
{
    int runs = 0;
    int failures = 0;
    for (int i = 1; i < argc; i++)
        failures += run_directory(argv[i], &runs);
    printf("%d inputs\n", runs);
    return runs == 0 || failures != 0;
}
