/* Everything that the module CConsentSync shows: sync, beside all of CConsent. */
#ifndef CCONSENT_CONSENT_SYNC_H
#define CCONSENT_CONSENT_SYNC_H

#include "consent_all.h"

#include <consent/sync.h>

#endif
