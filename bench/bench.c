/* bench_consent: every budget of the library that needs no network, measured beside its peers.
 *
 *   bench_consent [--rounds N] [--only TOPIC] [--dir DIR] [--json FILE] */
#define _DEFAULT_SOURCE /* mkdtemp, nftw, readlink */
#define _XOPEN_SOURCE 700

#include "bench.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

volatile uint64_t bench_sink;

/* What is to be removed at the end, also after a failure. */
static char work_dir[BENCH_PATH_SIZE];
static pid_t owner;

typedef struct topic {
    const char *name;
    void (*run)(bench *b);
} topic;

/* memory is first: its processes are copies of this one, which must not have used the library yet. */
static const topic topics[] = {{"memory", bench_memory},
                               {"size", bench_size},
                               {"checks", bench_checks},
                               {"records", bench_records},
                               {"ledgers", bench_ledgers}};

/* ---- what the topics share ----------------------------------------------------------------------------- */

double bench_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void bench_fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench_consent: %s: %s\n", what, why);
    exit(1);
}

void bench_require(consent_status status, const consent_error *err, const char *what)
{
    if (status != CONSENT_OK)
        bench_fail(what, err->message[0] ? err->message : consent_status_name(status));
}

void bench_path(const bench *b, const char *name, char out[BENCH_PATH_SIZE])
{
    if (snprintf(out, BENCH_PATH_SIZE, "%s/%s", b->dir, name) >= BENCH_PATH_SIZE)
        bench_fail(b->dir, "the path is too long");
}

static void measure_size(const bench *b, const char *library, bench_row *row)
{
    struct stat info;
    char path[BENCH_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%.2000s/../bench/%.100s", b->bin_dir, library);
    if (stat(path, &info) == 0)
        bench_sample(row, (double)info.st_size / 1024);
    else
        bench_leave_out(row, "not built as a shared library of its own");
}

void bench_size(bench *b)
{
    measure_size(b, "libconsent.so",
                 bench_add(&b->report, "libconsent.so, stripped, without dependencies", "KB", BENCH_AT_MOST, 250));
    measure_size(b, "libconsent-rights.so",
                 bench_add(&b->report, "  beside it, libconsent-rights.so", "KB", BENCH_NO_BUDGET, 0));
    measure_size(b, "libconsent-sync.so",
                 bench_add(&b->report, "  beside it, libconsent-sync.so", "KB", BENCH_NO_BUDGET, 0));
}

/* ---- the work directory ----------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void clean_up(void)
{
    if (work_dir[0] && getpid() == owner)
        (void)nftw(work_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void find_bin_dir(bench *b)
{
    char path[BENCH_PATH_SIZE];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size <= 0)
        bench_fail("this program's own path", strerror(errno));
    path[size] = '\0';
    (void)snprintf(b->bin_dir, sizeof b->bin_dir, "%s", dirname(path));
}

static void make_work_dir(bench *b, const char *parent)
{
    if (snprintf(work_dir, sizeof work_dir, "%s/bench-XXXXXX", parent ? parent : b->bin_dir) >= (int)sizeof work_dir)
        bench_fail(b->bin_dir, "the path is too long");
    if (!mkdtemp(work_dir)) {
        char path[BENCH_PATH_SIZE];
        memcpy(path, work_dir, sizeof path);
        work_dir[0] = '\0';
        bench_fail(path, strerror(errno));
    }
    (void)snprintf(b->dir, sizeof b->dir, "%s", work_dir);
    owner = getpid();
    (void)atexit(clean_up);
}

static uint8_t *read_file(const bench *b, const char *name, size_t *size)
{
    char path[BENCH_PATH_SIZE];
    struct stat info;
    bench_path(b, name, path);
    FILE *file = fopen(path, "rb");
    if (!file || fstat(fileno(file), &info) != 0)
        bench_fail(path, strerror(errno));
    *size = (size_t)info.st_size;
    uint8_t *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        bench_fail(path, "it could not be read");
    (void)fclose(file);
    return bytes;
}

static void make_bundle(bench *b)
{
    char program[BENCH_PATH_SIZE + 16];
    char purposes[16];
    size_t size = 0;
    int status = 0;
    (void)snprintf(program, sizeof program, "%s/sample_bundle", b->bin_dir);
    (void)snprintf(purposes, sizeof purposes, "%d", BENCH_PURPOSES);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)execl(program, program, b->dir, purposes, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail(program, "the policy could not be made");
    b->bundle = read_file(b, "bundle", &b->bundle_size);
    uint8_t *root = read_file(b, "root.key", &size);
    if (size != sizeof b->root)
        bench_fail("root.key", "it does not hold one key");
    memcpy(b->root, root, size);
    free(root);
}

/* ---- the machine, in general terms -------------------------------------------------------------------------- */

static const char *file_system(const char *path)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {{0xEF53, "ext4"},        {0x9123683E, "btrfs"}, {0x58465342, "xfs"}, {0x01021994, "tmpfs"},
                 {0x794c7630, "overlay"}, {0xF2F52010, "f2fs"},  {0x2FC12FC1, "zfs"}};
    struct statfs info;
    if (statfs(path, &info) != 0)
        return "unknown file system";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if ((unsigned long)info.f_type == known[i].magic)
            return known[i].name;
    return "another file system";
}

static void describe_machine(const bench *b, char *out, size_t size)
{
    struct utsname system;
    char distribution[96] = "";
    char line[256];
    FILE *file = fopen("/etc/os-release", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "PRETTY_NAME=\"%90[^\"]\"", distribution) == 1)
            break;
    if (file)
        (void)fclose(file);
    (void)uname(&system);
    (void)snprintf(out, size, "%ld processors, %s, %s, %s %s", sysconf(_SC_NPROCESSORS_ONLN), system.machine,
                   file_system(b->dir), system.sysname, distribution);
}

/* Others' work shows first in the disk's answer and in the second thread. */
static void warn_if_busy(const char *when)
{
    double load = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&load, 1) == 1 && load > 0.75 * (double)processors)
        (void)printf("%s the load was %.1f on %ld processors: durable and threaded figures are a busy machine's\n",
                     when, load, processors);
}

/* ---- main ---------------------------------------------------------------------------------------------------- */

typedef struct arguments {
    size_t rounds;
    const char *only;
    const char *dir;
    const char *json;
} arguments;

static void usage(void)
{
    (void)fprintf(stderr,
                  "usage: bench_consent [--rounds N] [--only TOPIC] [--dir DIR] [--json FILE]\n"
                  "  N from %d to %d; topics: memory size checks records ledgers; DIR is on the disk to measure\n",
                  BENCH_MIN_ROUNDS, BENCH_MAX_ROUNDS);
    exit(2);
}

static arguments parse(int argc, char **argv)
{
    arguments args = {.rounds = 9};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            usage();
        if (strcmp(argv[i], "--rounds") == 0)
            args.rounds = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0)
            args.only = argv[i + 1];
        else if (strcmp(argv[i], "--dir") == 0)
            args.dir = argv[i + 1];
        else if (strcmp(argv[i], "--json") == 0)
            args.json = argv[i + 1];
        else
            usage();
    }
    bool known = !args.only;
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        known = known || strcmp(args.only, topics[i].name) == 0;
    if (!known || args.rounds < BENCH_MIN_ROUNDS || args.rounds > BENCH_MAX_ROUNDS)
        usage();
    return args;
}

int main(int argc, char **argv)
{
    static bench b;
    char machine[256];
    arguments args = parse(argc, argv);
    b.rounds = args.rounds;
    find_bin_dir(&b);
    make_work_dir(&b, args.dir);
    make_bundle(&b);
    describe_machine(&b, machine, sizeof machine);
    (void)printf("libconsent %s; %s; %zu interleaved rounds, median and range\n", consent_version(), machine, b.rounds);
    if (strcmp(file_system(b.dir), "tmpfs") == 0)
        (void)printf("the work directory is in memory: durable figures say nothing; name a disk with --dir\n");
    warn_if_busy("before the run");
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        if (args.only && strcmp(args.only, topics[i].name) != 0)
            continue;
        (void)fprintf(stderr, "measuring %s\n", topics[i].name);
        topics[i].run(&b);
    }
    warn_if_busy("after the run");
    (void)fputc('\n', stdout);
    bench_print(&b.report, stdout);
    free(b.bundle);
    if (args.json && !bench_write_json(&b.report, machine, args.json))
        bench_fail(args.json, "the report could not be written");
    return 0;
}
