/* Everything that the module CConsent shows. */
#ifndef CCONSENT_CONSENT_ALL_H
#define CCONSENT_CONSENT_ALL_H

#include <consent/consent.h>
#include <consent/platform.h>
#include <consent/rights.h>

#endif
