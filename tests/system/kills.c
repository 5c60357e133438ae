/* kill -9, a thousand times: a child acts and says so through a pipe; the parent ends it at some moment; the next child finds
 * every act that was acknowledged, and at most the one that was under way besides.
 *
 *   kills HOME_PREFIX ROUNDS [SEED]    homes are made below HOME_PREFIX, a new one every HOME_ROUNDS rounds */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/journey.h"
#include "support/person.h"

#define HOME_ROUNDS 50u
#define MAX_WAIT_MS 20000

typedef enum message_kind {
    MESSAGE_FOUND = 1,
    MESSAGE_ACK = 2,
    MESSAGE_BAD = 3
} message_kind;

typedef struct message {
    uint32_t kind;
    uint32_t value;
} message;

static uint64_t random_state;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* ---- the child ------------------------------------------------------------------------------------------------ */

static void tell(int fd, message_kind kind, uint32_t value)
{
    message m = {kind, value};
    if (write(fd, &m, sizeof m) != (ssize_t)sizeof m)
        _exit(3);
}

/* Act 0 accepts the policy; then a consent is given and withdrawn in turn. */
static consent_status act(person *p, uint32_t number)
{
    if (number == 0)
        return person_accept(p);
    return number % 2 == 1 ? person_answer(p, CONSENT_OCCASION_OWN, "recommend.feed", NULL, CONSENT_ACTION_ACCEPT)
                           : person_withdraw(p, "recommend.feed", NULL);
}

/* How many acts are in the record; the first frame names the stream. */
static uint32_t count_acts(person *p, int fd)
{
    uint64_t frames;
    if (person_frames(p, &frames) != CONSENT_OK || p->calls->profile_health(p->profile, &p->err) != CONSENT_OK) {
        fprintf(stderr, "after a kill: %s\n", p->err.message);
        tell(fd, MESSAGE_BAD, 1);
    }
    uint32_t acts = frames > 0 ? (uint32_t)frames - 1 : 0;
    bool feed = person_decision(p, "recommend.feed", NULL, "log") == CONSENT_ALLOW;
    bool search = person_decision(p, "browse.search", NULL, "keyword") == CONSENT_ALLOW;
    if (feed != (acts >= 2 && acts % 2 == 0) || search != (acts >= 1))
        tell(fd, MESSAGE_BAD, 2);
    return acts;
}

static void act_for_ever(const char *home, int fd)
{
    person p;
    if (person_open(&p, person_linked(), home, NULL) != CONSENT_OK) {
        fprintf(stderr, "opening after a kill: %s\n", p.err.message);
        tell(fd, MESSAGE_BAD, 3);
        _exit(1);
    }
    uint32_t number = count_acts(&p, fd);
    tell(fd, MESSAGE_FOUND, number);
    for (;; number++) {
        if (act(&p, number) != CONSENT_OK) {
            fprintf(stderr, "act %u: %s\n", number, p.err.message);
            tell(fd, MESSAGE_BAD, 4);
            _exit(1);
        }
        tell(fd, MESSAGE_ACK, number);
    }
}

/* ---- the parent ----------------------------------------------------------------------------------------------- */

typedef struct tally {
    uint32_t acknowledged; /* in this home */
    uint32_t total;
    uint32_t in_flight; /* kills after which one act more was there */
    uint32_t violations;
} tally;

static void hear(tally *t, const message *m, uint32_t round)
{
    if (m->kind == MESSAGE_BAD) {
        printf("violation: round %u: what was found is wrong (%u)\n", round, m->value);
        t->violations++;
    } else if (m->kind == MESSAGE_FOUND) {
        if (m->value < t->acknowledged || m->value > t->acknowledged + 1) {
            printf("violation: round %u: %u acts found, %u acknowledged\n", round, m->value, t->acknowledged);
            t->violations++;
        }
        t->in_flight += m->value > t->acknowledged;
        t->acknowledged = m->value;
    } else {
        t->acknowledged = m->value + 1;
        t->total++;
    }
}

static bool hear_next(int fd, tally *t, uint32_t round, int wait_ms)
{
    message m;
    struct pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, wait_ms) != 1 || read(fd, &m, sizeof m) != (ssize_t)sizeof m)
        return false;
    hear(t, &m, round);
    return true;
}

static void nap_us(uint32_t us)
{
    struct timespec nap = {0, (long)us * 1000};
    (void)nanosleep(&nap, NULL);
}

static bool play_round(const char *home, tally *t, uint32_t round)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        act_for_ever(home, ends[1]);
    }
    close(ends[1]);
    /* Every tenth kill hits the opening; the others some act. */
    bool heard = true;
    if (round % 10 != 9)
        for (uint32_t acks = 1 + next_random(8); heard && acks > 0; acks--)
            heard = hear_next(ends[0], t, round, MAX_WAIT_MS);
    nap_us(next_random(round % 10 == 9 ? 8000 : 1500));
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    while (hear_next(ends[0], t, round, 0))
        continue;
    close(ends[0]);
    return heard;
}

int main(int argc, char **argv)
{
    tally t = {0};
    char home[4096];
    uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    uint32_t seed = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : (uint32_t)time(NULL);
    if (rounds == 0) {
        fprintf(stderr, "usage: kills HOME_PREFIX ROUNDS [SEED]\n");
        return 2;
    }
    random_state = seed;
    (void)journey_bundle(1); /* once; every child inherits it, and a random state that must not matter */
    for (uint32_t round = 0; round < rounds; round++) {
        if (round % HOME_ROUNDS == 0)
            t.acknowledged = 0;
        (void)snprintf(home, sizeof home, "%s/%u", argv[1], round / HOME_ROUNDS);
        if (!play_round(home, &t, round)) {
            printf("violation: round %u: the child said nothing in time\n", round);
            t.violations++;
        }
    }
    printf("kills: %u acts acknowledged, %u found that were under way, seed %u\n", t.total, t.in_flight, seed);
    printf("sweep: kill -9: %u points, %u tries, %u violations\n", rounds, t.total, t.violations);
    return t.violations == 0 && rounds >= 1000 ? 0 : 1;
}
