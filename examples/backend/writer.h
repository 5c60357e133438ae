/* writer: one thread writes. What waits meanwhile shares its transaction and its one sync to disk, so that the disk's pace
 * bounds commits, not requests. Each piece of work stands or falls alone within the transaction. */
#ifndef CD_WRITER_H
#define CD_WRITER_H

#include "metrics.h"
#include "store.h"

typedef struct cd_writer cd_writer;
typedef consent_status (*cd_write_fn)(cd_store *store, void *ctx, consent_error *err);

/* `chores` is called, in a transaction of its own, while nobody waits and until it says that there is nothing to do (*more false). */
typedef consent_status (*cd_chores_fn)(cd_store *store, void *ctx, bool *more, consent_error *err);

consent_status cd_writer_start(const char *path, size_t queue_max, cd_metrics *metrics, cd_chores_fn chores,
                               void *chores_ctx, cd_writer **out, consent_error *err);
/* Runs fn in the next transaction and waits until that is on disk. E_LOCKED: the queue is full or the writer stops. What fn
 * returned otherwise, with nothing of it kept when that is not OK. Any thread. */
consent_status cd_writer_run(cd_writer *writer, cd_write_fn fn, void *ctx, consent_error *err);
void cd_writer_kick(cd_writer *writer); /* there are chores */
/* Finishes what waits, takes nothing more, closes the database. */
void cd_writer_stop(cd_writer *writer);

#endif
