/**
 * @file version.h
 * The one place the library's version is written; the build system reads it from here.
 */
#ifndef CONSENT_VERSION_H
#define CONSENT_VERSION_H

/** Grows when a program has to be changed; below 1 it says nothing, see the minor. */
#define CONSENT_VERSION_MAJOR 0
/** Grows when something is added; before 1.0 also when something breaks. */
#define CONSENT_VERSION_MINOR 1
/** Grows when something is mended. */
#define CONSENT_VERSION_PATCH 0

#define CONSENT_VERSION_TEXT_(major, minor, patch) #major "." #minor "." #patch
#define CONSENT_VERSION_EXPAND_(major, minor, patch) CONSENT_VERSION_TEXT_(major, minor, patch)
/** Version of this header, e.g. "0.1.0"; consent_version() tells the library's. */
#define CONSENT_VERSION CONSENT_VERSION_EXPAND_(CONSENT_VERSION_MAJOR, CONSENT_VERSION_MINOR, CONSENT_VERSION_PATCH)

#endif
