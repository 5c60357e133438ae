/* rig: a ledger in an injected world, with numbered acts that tests can tell apart. Act n of a ledger is a grant or,
 * when n is divisible by 3, a withdrawal of purpose "p<n>"; its bytes depend on n alone. */
#ifndef RIG_H
#define RIG_H

#include "ledger/ledger.h"
#include "support/world.h"

#define RIG_NAME "ledger-a"
#define RIG_HOME "home"
#define RIG_MAX_ACTS 512u

typedef struct rig {
    world *w;
    cs_env env;
    cs_dir *dir;
    cs_ledger *ledger;
    cs_ledger_config config;
    cs_ledger_report report;
    consent_error err;
    /* what the sink was told */
    uint64_t seen[RIG_MAX_ACTS]; /* act numbers, in order */
    size_t seen_count;
    bool seen_wrong; /* bytes that are no act of ours */
    bool sink_fails;
    uint64_t checkpoint_value; /* acts that a delivered checkpoint stood for */
    bool checkpoint_delivered;
    bool refuse_checkpoint;
} rig;

/* Opens the directory of a world; *w outlives the rig. CONSENT_OK, or why there is no directory. */
consent_status rig_init(rig *r, world *w);
/* The same over another env (the real file system): `path` is the directory. */
consent_status rig_init_env(rig *r, const cs_env *env, const char *path);
/* Closes ledger and directory. */
void rig_close(rig *r);

/* Forgets what was seen and opens the ledger, reading everything, or from a checkpoint. */
consent_status rig_open(rig *r);
consent_status rig_open_from_checkpoint(rig *r);
void rig_close_ledger(rig *r);
cs_ledger_sink rig_sink(rig *r, bool with_checkpoint);

/* begin, the next `count` acts as one frame, commit. */
consent_status rig_act(rig *r, size_t count);
consent_status rig_acts(rig *r, size_t frames); /* that many frames of one act */
consent_status rig_checkpoint(rig *r);          /* a state that says how many acts it stands for */
/* True when exactly acts 1 … count were seen, in order, whether from a checkpoint or one by one. */
bool rig_saw(const rig *r, uint64_t count);
/* Exact bytes of act n. */
void rig_encode(uint64_t n, cs_buffer *out);

#endif
