/* two: two processes on one home over the real file system, with hooks where acts meet the disk. The process that plays in a
 * test shares a page of counters with the others, outside the library. */
#ifndef TWO_H
#define TWO_H

#include <stdatomic.h>
#include <sys/types.h>

#include "support/journey.h"

/* What the two processes know of each other, outside the library. */
typedef struct two_shared {
    _Atomic uint32_t phase;     /* round * 4 + stage */
    _Atomic uint32_t announced; /* last round whose withdrawal had been announced */
    _Atomic uint32_t synced;    /* last round whose grant was on stable storage */
    _Atomic uint32_t checks;
    _Atomic uint32_t yes;
    _Atomic uint32_t missed; /* violations: "yes" after a withdrawal, or before the sync */
    _Atomic uint32_t unseen; /* violations: no "yes" although the grant had returned */
    _Atomic uint32_t failed;
    _Atomic uint32_t calls;   /* of the world, by the process that is to die */
    _Atomic uint32_t written; /* it had begun to write its act: a survivor may find it and make it durable */
    _Atomic uint32_t durable; /* its act was on stable storage */
    _Atomic uint32_t second;  /* coarse time of the reader */
} two_shared;

enum {
    STAGE_GRANTING,
    STAGE_GRANTED,
    STAGE_WITHDRAWING,
    STAGE_WITHDRAWN
};

/* The posix world with hooks. Its functions take no ctx, so ctx is ours. */
typedef struct two_hooks {
    cs_env real;
    two_shared *all;
    cs_file *ledger;  /* last file that a frame was written to */
    uint32_t kill_at; /* call number; 0: never */
    bool counting;
    bool own_seconds;
} two_hooks;

extern two_hooks two_hook; /* of this process */

/* A directory in memory, where there is such a thing, and a home in it. */
int two_make_root(void **state);
int two_remove_root(void **state);
const char *two_home(uint32_t number);
two_shared *two_new_shared(void);
/* Opens, or ends the process. */
void two_open(journey *j, two_shared *all, const char *home);
/* A home whose person accepted the policy. */
void two_prepare(two_shared *all, const char *home);
/* Waits for a child's end; its wait status. */
int two_wait(pid_t child);

/* The consent that these tests turn on. */
consent_status two_give(journey *j);
consent_status two_take_back(journey *j);
cs_ask *two_ask(journey *j);

#endif
