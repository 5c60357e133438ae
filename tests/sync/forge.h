/* forge: receipts as nobody signed them. */
#ifndef FORGE_H
#define FORGE_H

#include "sync/loopback.h"

/* How many ways there are, and the one that forge_receipts takes. */
extern const size_t forge_count;
extern size_t forge_index;
/* A scene: what the honest backend answers, with each receipt in it made over. */
void forge_receipts(loopback *s, const loopback_request *r);

#endif
