/* Runs a fuzz target over the files of a directory, in name order, without libFuzzer. */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s could not be read\n", path);
        return 1;
    }
    uint8_t *data = malloc(1 << 20);
    size_t size = data == NULL ? 0 : fread(data, 1, 1 << 20, file);
    fclose(file);
    /* A block of exactly this size, so that AddressSanitizer sees a read past its end. */
    uint8_t *exact = data == NULL || size == 0 ? NULL : realloc(data, size);
    LLVMFuzzerTestOneInput(exact == NULL ? data : exact, size);
    free(exact == NULL ? data : exact);
    return data == NULL;
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, NULL, alphasort) : -1;
    int runs = 0;
    int failures = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        int length = snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && length > 0 && (size_t)length < sizeof path) {
            failures += run_file(path);
            runs++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("%d inputs\n", runs);
    return runs == 0 || failures != 0;
}
