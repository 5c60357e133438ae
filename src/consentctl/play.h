/* play: plays scenarios on the real engine, each in a home of its own and with a virtual clock that moves only when told. */
#ifndef CS_PLAY_H
#define CS_PLAY_H

#include "consentctl/scenario.h"
#include "consentctl/tool.h"

typedef struct cs_play_setting {
    const char *explain; /* "zh" or "en": tell the story in sentences; NULL: a line of JSON for each answer */
    const char *folder;  /* where homes are made, one folder a scenario; they stay afterwards */
    const uint8_t *root; /* pinned besides the throw-away key; NULL: none */
} cs_play_setting;

typedef struct cs_play_result {
    unsigned scenario_count;
    unsigned check_count; /* expectations that were looked at */
    unsigned failure_count;
} cs_play_result;

/* Plays every step. A failed expectation is one line on tool->err ("file:line: expected …, got …") and is counted; a step that
 * cannot be carried out ends its scenario. CONSENT_OK also when expectations failed. */
consent_status cs_play(cs_tool *tool, const cs_scenario *scenario, const cs_play_setting *setting,
                       cs_play_result *result, consent_error *err);

#endif
