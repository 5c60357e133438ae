/* schema: as much of JSON Schema 2020-12 as the schemas in docs/ use, so that tests can hold what the engine reads
 * and writes against them. A keyword that is not known here is a complaint, never silently ignored. */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "json/json.h"

#define SCHEMA_MESSAGE_SIZE 256

typedef struct schema {
    cs_json_doc doc;
    char *text;
} schema;

/* docs/<name>; fails the running test when it cannot be read. */
void schema_open(schema *s, const char *name);
void schema_close(schema *s);
/* Whether the value is as the schema says; if not, the message says where and why. */
bool schema_fits(const schema *s, const cs_json *value, char message[SCHEMA_MESSAGE_SIZE]);
/* Whether every property anywhere in the schema has a description; if not, the message names one. */
bool schema_describes_all(const schema *s, char message[SCHEMA_MESSAGE_SIZE]);

#endif
