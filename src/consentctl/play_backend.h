/* play_backend: the operator's backend of a scenario, in memory, behind the library's transport: it enrols devices, stores ranges once,
 * gives cursors and receipts (docs/sync-protocol.md), passes on what was done elsewhere, hands out policies and notices, and lets
 * support act. What it must not take it refuses as a real one does. Its receipts are signed by the scenario's throw-away publisher,
 * whom the throw-away key set names for that, too. */
#ifndef CS_PLAY_BACKEND_H
#define CS_PLAY_BACKEND_H

#include "consentctl/keys.h"
#include "wire/wire.h"

#include <consent/sync.h>

#define CS_PLAY_BACKEND_URL "https://backend.invalid"
#define CS_PLAY_MAX_RANGES 512u
#define CS_PLAY_MAX_STREAMS 32u
#define CS_PLAY_MAX_PUBLISHED 64u

typedef enum cs_play_network {
    CS_PLAY_NETWORK_ON = 0,
    CS_PLAY_NETWORK_OFF, /* no request arrives */
    CS_PLAY_NETWORK_ANSWER_LOST /* the next range is stored and its answer lost, as when the backend dies then; then on again */
} cs_play_network;

typedef struct cs_play_range {
    cs_receipt receipt;
    uint8_t key[CS_P256_PUBLIC_SIZE], signature[CS_SIGNATURE_SIZE];
    cs_buffer events;
} cs_play_range;

typedef struct cs_play_stream {
    uint8_t profile[CS_PROFILE_ID_SIZE], stream[CS_STREAM_ID_SIZE], key[CS_P256_PUBLIC_SIZE];
    bool joined;
} cs_play_stream;

/* What anybody may fetch by its path. */
typedef struct cs_play_published {
    char path[96];
    cs_buffer bytes;
} cs_play_published;

typedef struct cs_play_backend {
    const cs_memory *memory;
    const cs_key_pair *signer;
    int64_t now_ms; /* by its own clock */
    cs_play_network network;
    cs_play_range ranges[CS_PLAY_MAX_RANGES];
    size_t range_count;
    cs_play_stream streams[CS_PLAY_MAX_STREAMS];
    size_t stream_count;
    cs_play_published published[CS_PLAY_MAX_PUBLISHED];
    size_t published_count;
} cs_play_backend;

void cs_play_backend_init(cs_play_backend *backend, const cs_memory *memory, const cs_key_pair *signer);
/* As before the first device: for the next scenario. */
void cs_play_backend_clear(cs_play_backend *backend);
/* A consent_transport's perform; ctx is the backend. */
consent_status cs_play_backend_perform(void *ctx, const consent_http_request *request, consent_http_answer *answer,
                                       consent_error *err);
/* Under "/v1/policies/HEX" or the like; the same path again stays as it was. */
consent_status cs_play_backend_publish(cs_play_backend *backend, const char *path, cs_span bytes, consent_error *err);
/* An act in the backend's own stream of the profile: numbered and timed here, stored at once. */
consent_status cs_play_backend_act(cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE], cs_event *event,
                                   consent_error *err);
/* Events stored of the profile, its own stream's included. */
uint64_t cs_play_backend_count(const cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE]);
/* Adds every event stored of the profile to the list, in the order of their cursors, as exact bytes. */
consent_status cs_play_backend_events(const cs_play_backend *backend, const uint8_t profile[CS_PROFILE_ID_SIZE],
                                      consent_status (*each)(void *ctx, const uint8_t *stream, cs_span event,
                                                             consent_error *err),
                                      void *ctx, consent_error *err);

#endif
