/* What the scripts of this directory run, trace, starve and kill: one person's acts over the real system, with every
 * acknowledgement kept in a file that is mapped before the first call, so that keeping it takes no system call.
 *
 *   driver nothing                    starts and ends: what the loader alone does
 *   driver scenario HOME ACKS         the journey once, from an empty home
 *   driver check HOME ACKS [lying]    what must hold after it, in a new process; "lying": of a disk that says it wrote
 *                                     and did not, nothing but that no "yes" appears
 *   driver prepare HOME ACKS          the journey's beginning, for load
 *   driver load HOME ACKS [reopening] grants and withdraws in turn until a call fails; "reopening": each in a home opened anew
 *   driver checkload HOME ACKS        every acknowledged act is there, at most one more
 *   driver refused HOME ACKS          the home cannot be used: nothing is allowed
 *   driver full HOME FILLER ACKS      see below */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "support/person.h"

#define FULL_DISK_MAX_BYTES (UINT64_C(256) << 20)
#define LOAD_MAX_ACTS 20000u

typedef enum step {
    STEP_OPENED,
    STEP_ACCEPTED,
    STEP_REFUSED_B,
    STEP_GRANTED_A,
    STEP_GRANTED_FEED,
    STEP_WITHDREW_A,
    STEP_REOPENED,
    STEP_WITHDREW_FEED,
    STEP_COUNT
} step;

typedef struct acks {
    uint32_t attempted[STEP_COUNT];
    uint32_t acknowledged[STEP_COUNT];
    uint32_t base_frames;
    uint32_t acts;      /* acknowledged, of load */
    uint32_t false_yes; /* seen by the process itself */
} acks;

static volatile acks *map_acks(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(acks)) != 0)
        return NULL;
    void *mapped = mmap(NULL, sizeof(acks), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return mapped == MAP_FAILED ? NULL : mapped;
}

static int violated(const char *what, const char *why)
{
    printf("violation: %s%s%s\n", what, why[0] ? ": " : "", why);
    return 1;
}

static bool has_a(person *p)
{
    return person_decision(p, "share.payment", "pay-a", "account") == CONSENT_ALLOW;
}

static bool has_b(person *p)
{
    return person_decision(p, "share.payment", "pay-b", "account") == CONSENT_ALLOW;
}

static bool has_feed(person *p)
{
    return person_decision(p, "recommend.feed", NULL, "log") == CONSENT_ALLOW;
}

/* ---- the journey -------------------------------------------------------------------------------------------- */

static consent_status take(person *p, const char *home, step s)
{
    switch (s) {
    case STEP_OPENED:
        return person_open(p, person_linked(), home, NULL);
    case STEP_ACCEPTED:
        return person_accept(p);
    case STEP_REFUSED_B:
        return person_answer(p, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-b", CONSENT_ACTION_REFUSE);
    case STEP_GRANTED_A:
        return person_answer(p, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT);
    case STEP_GRANTED_FEED:
        return person_answer(p, CONSENT_OCCASION_OWN, "recommend.feed", NULL, CONSENT_ACTION_ACCEPT);
    case STEP_WITHDREW_A:
        return person_withdraw(p, "share.payment", "pay-a");
    case STEP_REOPENED:
        person_close(p);
        return person_open(p, person_linked(), home, NULL);
    case STEP_WITHDREW_FEED:
        return person_withdraw(p, "recommend.feed", NULL);
    default:
        return CONSENT_E_ARGUMENT;
    }
}

/* What must hold after each step in the process that took it, whatever the disk said. */
static bool says_a_false_yes(person *p, const volatile acks *a)
{
    return has_b(p) || (has_a(p) && (!a->acknowledged[STEP_GRANTED_A] || a->attempted[STEP_WITHDREW_A])) ||
           (has_feed(p) && (!a->acknowledged[STEP_GRANTED_FEED] || a->attempted[STEP_WITHDREW_FEED]));
}

static int play(const char *home, volatile acks *a, step last)
{
    person p = {0};
    for (step s = STEP_OPENED; s <= last; s++) {
        a->attempted[s] = 1;
        consent_status status = take(&p, home, s);
        a->acknowledged[s] = status == CONSENT_OK;
        if (status != CONSENT_OK)
            fprintf(stderr, "step %d: %s: %s\n", (int)s, consent_status_name(status), p.err.message);
        if (!p.profile)
            break;
        if (says_a_false_yes(&p, a))
            a->false_yes++;
    }
    person_close(&p);
    return 0;
}

static int check_answers(person *p, const volatile acks *a)
{
    int bad = 0;
    if (a->false_yes)
        bad |= violated("the process that acted saw a yes that was not given, or was taken back", "");
    if (has_b(p))
        bad |= violated("a refused recipient is allowed", "");
    if (has_a(p) && (a->acknowledged[STEP_WITHDREW_A] || !a->attempted[STEP_GRANTED_A]))
        bad |= violated("a withdrawn, or never given, consent is allowed", "");
    if (has_feed(p) && (a->acknowledged[STEP_WITHDREW_FEED] || !a->attempted[STEP_GRANTED_FEED]))
        bad |= violated("a withdrawn consent is allowed after the reopening", "");
    return bad;
}

static int check_kept(person *p, const volatile acks *a)
{
    int bad = 0;
    uint64_t frames;
    if (p->calls->profile_health(p->profile, &p->err) != CONSENT_OK)
        return violated("the profile is not healthy", p->err.message);
    if (a->acknowledged[STEP_ACCEPTED] && person_decision(p, "browse.search", NULL, "keyword") != CONSENT_ALLOW)
        bad |= violated("an acknowledged acceptance is lost", "");
    if (a->acknowledged[STEP_GRANTED_FEED] && !a->attempted[STEP_WITHDREW_FEED] && !has_feed(p))
        bad |= violated("an acknowledged grant is lost", "");
    if (a->acknowledged[STEP_REFUSED_B] &&
        person_verdict(p, "share.payment", "pay-b", "account").reason != CONSENT_REASON_REFUSED_RECENTLY)
        bad |= violated("an acknowledged refusal is lost", "");
    if (person_frames(p, &frames) != CONSENT_OK)
        bad |= violated("the record does not verify", p->err.message);
    return bad;
}

static int check(const char *home, const volatile acks *a, bool lying)
{
    person p;
    consent_status status = person_open(&p, person_linked(), home, NULL);
    int bad = 0;
    if (status == CONSENT_OK)
        bad = check_answers(&p, a) | (lying ? 0 : check_kept(&p, a));
    else if (!lying)
        bad = violated("the home does not open again", p.err.message);
    person_close(&p);
    return bad;
}

/* ---- load ------------------------------------------------------------------------------------------------- */

static consent_status act(person *p, uint64_t number)
{
    return number % 2 == 0 ? person_answer(p, CONSENT_OCCASION_OWN, "recommend.feed", NULL, CONSENT_ACTION_ACCEPT)
                           : person_withdraw(p, "recommend.feed", NULL);
}

static int prepare(const char *home, volatile acks *a)
{
    person p = {0};
    uint64_t frames = 0;
    consent_status status = person_open(&p, person_linked(), home, NULL);
    if (status == CONSENT_OK)
        status = person_accept(&p);
    if (status == CONSENT_OK)
        status = person_frames(&p, &frames);
    if (status != CONSENT_OK)
        fprintf(stderr, "prepare: %s\n", p.err.message);
    a->base_frames = (uint32_t)frames;
    person_close(&p);
    return status == CONSENT_OK ? 0 : 1;
}

static int load(const char *home, volatile acks *a, bool reopening)
{
    person p = {0};
    consent_status status = person_open(&p, person_linked(), home, NULL);
    while (status == CONSENT_OK && a->acts < LOAD_MAX_ACTS) {
        status = act(&p, a->acts);
        if (status == CONSENT_OK)
            a->acts++;
        if (status == CONSENT_OK && reopening) {
            person_close(&p);
            status = person_open(&p, person_linked(), home, NULL);
        }
    }
    /* The failed call was a grant, or a withdrawal that holds all the same. */
    if (p.profile && status != CONSENT_OK && has_feed(&p))
        a->false_yes++;
    printf("load: %u acts, then %s: %s\n", a->acts, consent_status_name(status), p.err.message);
    person_close(&p);
    return 0;
}

static int check_load(const char *home, const volatile acks *a)
{
    person p;
    uint64_t frames = 0;
    int bad = 0;
    if (person_open(&p, person_linked(), home, NULL) != CONSENT_OK || person_frames(&p, &frames) != CONSENT_OK)
        bad = violated("the home does not open again", p.err.message);
    else {
        uint64_t found = frames - a->base_frames;
        if (found < a->acts || found > a->acts + 1u) {
            printf("violation: %llu acts found, %u acknowledged\n", (unsigned long long)found, a->acts);
            bad = 1;
        }
        if (has_feed(&p) != (found % 2 == 1))
            bad |= violated("the answer is not that of the last act", "");
    }
    if (a->false_yes)
        bad |= violated("a failed grant, or a withdrawal that reached no disk, reads as yes", "");
    person_close(&p);
    return bad;
}

static int refused(const char *home)
{
    person p;
    int bad = 0;
    if (person_open(&p, person_linked(), home, NULL) == CONSENT_OK && has_feed(&p) &&
        person_answer(&p, CONSENT_OCCASION_SEPARATE, "share.payment", "pay-a", CONSENT_ACTION_ACCEPT) == CONSENT_OK)
        bad = violated("a grant was acknowledged that no disk can hold", "");
    person_close(&p);
    return bad;
}

/* ---- a full disk --------------------------------------------------------------------------------------------- */

/* False on a disk that is not a small one made for this. */
static bool fill_disk(const char *filler)
{
    static const char block[65536];
    struct statvfs disk;
    int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fstatvfs(fd, &disk) != 0 || disk.f_blocks * disk.f_frsize > FULL_DISK_MAX_BYTES)
        return false;
    for (size_t size = sizeof block; size > 0;) {
        if (write(fd, block, size) <= 0)
            size = errno == ENOSPC ? size / 2 : 0;
    }
    (void)fsync(fd);
    close(fd);
    return true;
}

/* On a disk that somebody else filled to the last byte: a withdrawal reaches the disk; acts go on until one is refused for
 * want of space; whatever is then withdrawn is denied, here and in a second client, and reaches the disk when there is room. */
static int full(const char *home, const char *filler, volatile acks *a)
{
    person p = {0}, other = {0};
    int bad = 0;
    uint32_t on_full = 0;
    consent_status status = person_open(&p, person_linked(), home, NULL);
    if (status == CONSENT_OK)
        status = person_accept(&p);
    if (status == CONSENT_OK)
        status = act(&p, 0);
    if (status == CONSENT_OK)
        status = person_open(&other, person_linked(), home, NULL);
    if (status != CONSENT_OK || !has_feed(&p) || !has_feed(&other) || !fill_disk(filler))
        return violated("the scenario did not begin, or the disk is too large for it", p.err.message);
    a->acts = 1;
    for (; !bad && on_full < 100000 && status == CONSENT_OK; on_full++) {
        status = act(&p, a->acts);
        if (status == CONSENT_OK)
            a->acts++;
        else if (on_full == 0)
            bad |= violated("the first withdrawal on a full disk is not durable", p.err.message);
    }
    if (!bad && status != CONSENT_E_FULL)
        bad |= violated("a full disk was called something else", consent_status_name(status));
    consent_status last = person_withdraw(&p, "recommend.feed", NULL);
    if (has_feed(&p) || has_feed(&other))
        bad |= violated("a withdrawal on a full disk does not hold", p.err.message);
    printf("full: %u acts on the full disk, then %s; the withdrawal after: %s\n", on_full - 1,
           consent_status_name(status), consent_status_name(last));
    if (unlink(filler) != 0)
        bad |= violated("the filler cannot be removed", strerror(errno));
    last = p.calls->flush(p.profile, &p.err);
    if (last != CONSENT_OK)
        bad |= violated("what was withdrawn does not reach the disk when there is room", p.err.message);
    person_close(&other);
    person_close(&p);
    if (person_open(&p, person_linked(), home, NULL) != CONSENT_OK || has_feed(&p))
        bad |= violated("a withdrawal made on a full disk is forgotten", p.err.message);
    person_close(&p);
    return bad;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "nothing") == 0)
        return 0;
    if (argc < 4 || (strcmp(what, "full") == 0 && argc < 5)) {
        fprintf(stderr,
                "usage: driver scenario|check|prepare|load|checkload|refused HOME ACKS; full HOME FILLER ACKS\n");
        return 2;
    }
    volatile acks *a = map_acks(argv[strcmp(what, "full") == 0 ? 4 : 3]);
    if (!a) {
        fprintf(stderr, "driver: the file of acknowledgements cannot be made\n");
        return 2;
    }
    if (strcmp(what, "scenario") == 0)
        return play(argv[2], a, STEP_WITHDREW_FEED);
    if (strcmp(what, "check") == 0)
        return check(argv[2], a, argc > 4);
    if (strcmp(what, "prepare") == 0)
        return prepare(argv[2], a);
    if (strcmp(what, "load") == 0)
        return load(argv[2], a, argc > 4);
    if (strcmp(what, "checkload") == 0)
        return check_load(argv[2], a);
    if (strcmp(what, "refused") == 0)
        return refused(argv[2]);
    if (strcmp(what, "full") == 0)
        return full(argv[2], argv[3], a);
    return 2;
}
