/* names: strings kept once, so that acts compare numbers. Inner header of state. */
#ifndef CS_STATE_NAMES_H
#define CS_STATE_NAMES_H

#include "state/state.h"

void cs_state_names_init(cs_name_table *table, const cs_memory *memory);
void cs_state_names_free(cs_name_table *table);
cs_name cs_state_names_find(const cs_name_table *table, cs_str text); /* 0: not there */
/* Adds the text when it is new. Empty text gives 0. */
consent_status cs_state_names_intern(cs_name_table *table, cs_str text, cs_name *out, consent_error *err);

#endif
