/* overlay: a policy folder that stands on another one, so that it holds only what differs. policy.json names the other folder,
 * relative to its own: "base": "../platform". What it leaves out comes from there, merged as merge.h says, when the folder
 * is read: what is signed is whole, and nothing is merged where it is used.
 *
 *   the same `id`   the next version or revision: everything is taken over, the documents too. A document.<locale>.md replaces
 *                   the base's; a changes.<locale>.md holds changed sections: one whose {#id} the base has replaces that
 *                   section, up to the next heading; one with a new id follows the section before it. The title ("# …")
 *                   and what stands under it is a section too.
 *   another `id`    a product's overlay: of purposes it holds those that it names, each changed member by member; functions,
 *                   data items, recipients and permissions come along where a purpose of its own names them, call sites where
 *                   they serve one. Everything else that it leaves out is the platform's. Its documents are its own.
 *
 * Never taken over: published, effective, change, documents; and revision under a new version, service by a product. */
#ifndef CS_OVERLAY_H
#define CS_OVERLAY_H

#include "json/json.h"

#define CS_OVERLAY_MAX_FOLDERS 8u
#define CS_OVERLAY_PATH_SIZE 1024u

/* The folders whose documents make up this one's; the first is the folder itself. */
typedef struct cs_overlay {
    char paths[CS_OVERLAY_MAX_FOLDERS][CS_OVERLAY_PATH_SIZE];
    uint32_t count;
} cs_overlay;

/* Reads policy.json and what it stands on. *text and *json are whole, `base` then says {"id","version","revision"} of what was
 * taken over. Both are the caller's to free, after a failure too. */
consent_status cs_overlay_open(const cs_memory *memory, const char *folder, cs_overlay *overlay, cs_buffer *text,
                               cs_json_doc *json, consent_error *err);
/* The Markdown of document.<locale>.md; `markdown` is empty before. */
consent_status cs_overlay_document(const cs_memory *memory, const cs_overlay *overlay, const char *locale,
                                   cs_buffer *markdown, consent_error *err);
/* The Markdown of child-rules.<locale>.md, the nearest folder's; empty where none has it. */
consent_status cs_overlay_child_rules(const cs_overlay *overlay, const char *locale, cs_buffer *markdown,
                                      consent_error *err);

#endif
