/* page: the shared page, one small mapped file per home through which processes see each other's acts within
 * nanoseconds. Written and synced before it is mapped; made anew when nobody is alive who had it open, so nothing in
 * it outlives a restart. Only lock-free _Atomic uint32_t.
 *
 *   generation   rises with every act that may change a decision
 *   alarm        0: no withdrawal is under way anywhere; the check by handle reads it, and after it generation
 *   durable_end  per profile slot: readers never decode a ledger past it
 *   pending[16]  withdrawals under way: keyed item hash, profile slot, writer
 *
 * Withdraw: pend (release) → ledger write → sync → durable_end → generation → unpend; on a write error the slot stays
 * until the act was written after all. Table full: every profile denies while it is. A pending slot whose writer is
 * dead: that profile denies until a writer has locked and read its ledger (cs_ledger_begin) and called
 * cs_page_repair. Grant: write → sync → durable_end → generation.
 *
 * Any thread; calls never block except open. A page that cs_page_is_intact denies is still mapped and may be closed;
 * open another. Writers ask cs_page_is_intact after their last store too: a store into a page that was replaced
 * meanwhile reached nobody. */
#ifndef CS_PAGE_H
#define CS_PAGE_H

#include "platform/platform.h"

#define CS_PAGE_PROFILES 64u
#define CS_PAGE_OWN_SLOTS 32u /* of ephemeral profiles */
#define CS_PAGE_PENDING 16u
/* Files of ephemeral profiles begin so. Their keys live in memory alone: what a process that died left of them is noise, and is
 * removed by the first who opens the page after everybody was gone. */
#define CS_EPHEMERAL_PREFIX "e-"

typedef struct cs_page cs_page;

/* E_LOCKED when locks do not work here, E_FULL when 64 processes have it open already, E_IO, E_MEMORY. */
consent_status cs_page_open(const cs_env *env, cs_dir *dir, cs_page **out, consent_error *err);
void cs_page_close(cs_page *page);

uint32_t cs_page_generation(const cs_page *page);
/* Addresses of the two words, side by side, for the check by handle. They do not move while the page is open. */
const _Atomic uint32_t *cs_page_generation_word(const cs_page *page);
const _Atomic uint32_t *cs_page_alarm_word(const cs_page *page);
uint32_t cs_page_bump(cs_page *page); /* returns the new generation */

/* A slot for one profile's ledger, found by its keyed hash (non-zero) or taken. E_FULL when none is left. */
consent_status cs_page_slot(cs_page *page, uint32_t profile_hash, uint32_t *slot, consent_error *err);
/* The same for a profile that no other handle can know, until it leaves: there may be any number of them, one after the other. */
consent_status cs_page_own_slot(cs_page *page, uint32_t profile_hash, uint32_t *slot, consent_error *err);
void cs_page_leave_slot(cs_page *page, uint32_t slot);
uint64_t cs_page_durable_end(const cs_page *page, uint32_t slot); /* 0: nobody said so far */
/* Only ever rises; `offset` is a multiple of 8. */
void cs_page_set_durable_end(cs_page *page, uint32_t slot, uint64_t offset);
/* For a ledger that was begun anew under the same name (cs_ledger_report.created): may lower it. Only between
 * cs_ledger_begin and commit or abort of the new ledger. */
void cs_page_restart_durable_end(cs_page *page, uint32_t slot, uint64_t offset);

/* Announces a withdrawal (item_hash non-zero): from its return on every process denies the item. The ticket goes to
 * unpend. With a full table the ticket stands for everything: all items of all profiles deny until it is given back. */
int cs_page_pend(cs_page *page, uint32_t slot, uint32_t item_hash);
void cs_page_unpend(cs_page *page, int ticket);
/* True when this item of this profile must deny for now. */
bool cs_page_is_pending(const cs_page *page, uint32_t slot, uint32_t item_hash);
bool cs_page_any_pending(const cs_page *page);
/* True when a writer of this profile died with a withdrawal under way: everything of the profile denies until
 * repaired. */
bool cs_page_needs_repair(const cs_page *page, uint32_t slot);
/* Frees what dead writers of this profile left. Only between cs_ledger_begin and commit or abort of its ledger, when
 * all that was durable has been delivered; set durable_end and bump after. */
void cs_page_repair(cs_page *page, uint32_t slot);

/* Once a second: fstat. False when the file under the map was truncated, unlinked or replaced: deny and open anew. */
bool cs_page_is_intact(const cs_page *page);

#endif
