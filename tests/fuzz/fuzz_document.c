/* Any bytes as a policy's document: refused with a message, or blocks that can be walked to their last span. */
#include "fuzz.h"
#include "policy/document.h"

#include <string.h>

bool fuzz_accepted;

static void walk(const cs_document *document)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < document->block_count; i++) {
        const cs_block *block = &document->blocks[i];
        fuzz_require(block->kind >= CS_BLOCK_HEADING && block->kind <= CS_BLOCK_TABLE_ROW);
        for (uint32_t j = 0; j < block->span_count; j++) {
            fuzz_require(block->spans[j].emphasis <= 2);
            bytes += strlen(block->spans[j].text) + (block->spans[j].href ? strlen(block->spans[j].href) : 0);
        }
        if (block->id)
            fuzz_require(cs_document_section(document, block->id) != NULL);
    }
    (void)bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_document *document = NULL;
    consent_error error = {0};
    cs_str text = {(const char *)data, size};
    consent_status status = cs_document_parse(cs_memory_system(), text, "input", &document, &error);
    fuzz_require_reason(status, error);
    fuzz_require((status == CONSENT_OK) == (document != NULL));
    fuzz_accepted = document != NULL;
    if (document)
        walk(document);
    cs_document_free(document);
    return 0;
}
