/* sealed: what a profile that ended left for the operator (docs/ledger-format.md section 10), read with the operator's key. */
#ifndef CS_SEALED_H
#define CS_SEALED_H

#include "crypto/crypto.h"

/* Opens a sealed-*.bin and writes its events as lines of the history. Checks the seal, the numbers and the event chain. E_TAMPERED,
 * E_CORRUPT, E_ARGUMENT (another key's), E_UNSUPPORTED (a newer layout). */
consent_status cs_sealed_lines(const cs_memory *memory, const uint8_t private_key[CS_P256_PRIVATE_SIZE], cs_span file,
                               cs_buffer *lines, consent_error *err);

#endif
