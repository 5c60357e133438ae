/* scene: everything one question sees, gathered once; and the notions that the rules are written in. Inner header of
 * decide. Nothing here allocates; every comparison of `now` with an instant goes through cs_decide_reached, which keeps
 * the first instant at which the answer may change. */
#ifndef CS_DECIDE_SCENE_H
#define CS_DECIDE_SCENE_H

#include "decide/decide.h"

/* ---- layers: the platform's policy, and over it the product's ------------------------------------ */

typedef enum cs_acceptance {
    CS_ACCEPTANCE_NONE = 0, /* never answered, or only by acts that were defeated */
    CS_ACCEPTANCE_WANTS_GUARDIAN,
    CS_ACCEPTANCE_UNCONFIRMED,
    CS_ACCEPTANCE_OUTGROWN,
    CS_ACCEPTANCE_COUNTS
} cs_acceptance;

typedef struct cs_layer {
    const char *id; /* policy id */
    cs_name name;
    size_t newest;          /* newest effective version; CS_NO_POLICY: none */
    size_t governing;       /* highest version whose acceptance counts, else newest */
    cs_acceptance accepted; /* COUNTS: of governing */
    const cs_act *evidence; /* the acceptance */
    size_t
        wants_guardian; /* highest version whose acceptance fails for want of the guardian's consent alone; CS_NO_POLICY */
    bool unconfirmed; /* some acceptance fails for want of the key's confirmation alone */
} cs_layer;

typedef struct cs_scene {
    const cs_policy_set *set;
    const cs_state *state;
    const cs_query *query;
    const cs_now *now;
    cs_name purpose, recipient;
    bool platform_item; /* the platform declares the purpose: the item is the platform's in every product */
    bool age_known;
    int32_t age;
    size_t layer_count; /* 1: the platform; 2: and the product */
    cs_layer layers[2];
    int64_t valid_until_ms;
} cs_scene;

/* False: no such scope, or nothing effective in it. */
bool cs_decide_open_scene(cs_scene *scene, const cs_policy_set *set, const cs_state *state, const cs_query *query,
                          const cs_now *now);
bool cs_decide_reached(cs_scene *scene, int64_t instant_ms);
const cs_policy *cs_decide_policy(const cs_scene *scene, size_t index); /* NULL for CS_NO_POLICY */
bool cs_decide_effective(cs_scene *scene, const cs_policy *policy);
/* Goes through the acts that name this purpose (0: those about policies as a whole): the one after `act`, NULL: the first; NULL
 * after the last. */
const cs_act *cs_decide_next_act(const cs_scene *scene, cs_name purpose, const cs_act *act);

/* ---- terms: what a policy version says of the purpose asked about -------------------------------- */

typedef struct cs_terms {
    size_t index; /* of the policy in the set; CS_NO_POLICY: none */
    size_t layer; /* whose policy it is */
    const cs_policy *policy;
    const cs_purpose *purpose; /* NULL: not declared */
} cs_terms;

cs_terms cs_decide_governing_terms(const cs_scene *scene);
cs_terms cs_decide_newest_terms(const cs_scene *scene);
/* The terms whose form of consent the choice is judged by: governing, else newest. */
cs_terms cs_decide_ruling_terms(const cs_scene *scene);
/* Declares the whole query, with this one data item (NULL: none) or, for `all`, every item. */
bool cs_decide_declares(const cs_terms *terms, const cs_query *query, const cs_str *data);
bool cs_decide_declares_all(const cs_terms *terms, const cs_query *query);
bool cs_decide_must_name_recipient(const cs_purpose *purpose);
bool cs_decide_ground_of_law(const cs_terms *terms); /* rule 4's grounds */
bool cs_decide_automated_marketing(const cs_purpose *purpose);
bool cs_decide_asks_choice(const cs_terms *terms); /* own, separate, written or once on the ground of consent */
/* How long what was given under these terms may be kept: a child's no longer than the policy says of children. 0: open. C133. */
int64_t cs_decide_retention_ms(const cs_scene *scene, const cs_terms *terms);
/* Whether the query goes on under terms accepted with the governing version: inside it and every effective newer one. */
bool cs_decide_inside_accepted(cs_scene *scene, const cs_str *data);
/* Whether it goes on under the terms that this grant was given for. *lifetime_ms: the shortest among them; 0: open. */
bool cs_decide_inside_granted(cs_scene *scene, const cs_act *grant, const cs_str *data, int64_t *lifetime_ms);
/* The terms a grant was given for; purpose NULL when the bundles are not held or do not declare it. */
cs_terms cs_decide_granted_terms(const cs_scene *scene, const cs_act *grant);
/* Given from the form of a version newer than the governing one: it governs its item. */
bool cs_decide_grant_governs(const cs_scene *scene, const cs_terms *granted);

/* The answer about a function as a whole (function.c). */
void cs_decide_function(const cs_policy_set *set, const cs_state *state, const cs_query *query, const cs_now *now,
                        cs_decision *out);

/* A service end that this layer set was reached, and nothing later reopened it. */
bool cs_decide_ended(cs_scene *scene, const cs_layer *layer);

/* An effective version newer than the governing one names a controller that the old terms do not bind. */
bool cs_decide_controller_changed(cs_scene *scene, const cs_layer *layer);

/* ---- counting: which acts count -------------------------------------------------------------------- */

/* Age at an instant by the statements that count; false: unknown. */
bool cs_decide_age_at(const cs_state *state, int64_t time_ms, int32_t *years);
/* The bundle that the act names (id, version, revision, hash), among those held; CS_NO_POLICY: not held. */
size_t cs_decide_bundle(const cs_scene *scene, const cs_act *act);
size_t cs_decide_overlay(const cs_scene *scene, const cs_act *act); /* the product's, of an act that names one */
bool cs_decide_about_item(const cs_scene *scene, const cs_act *act);
/* Fills the layer's acceptance and governing version. */
void cs_decide_weigh_acceptance(cs_scene *scene, cs_layer *layer);
/* A counting acceptance of a version after `version`, counted at or after `since_ms`. */
bool cs_decide_accepted_since(cs_scene *scene, const cs_layer *layer, const cs_policy *after, int64_t since_ms);
/* Whether `side` ever accepted this version, whatever became of it. */
bool cs_decide_ever_accepted(const cs_scene *scene, const cs_policy *policy, cs_side side);

typedef struct cs_item {
    cs_choice_status status;
    const cs_act *grant;     /* granted, expired, outgrown, widened: the one it rests on */
    const cs_act *refusal;   /* the latest that stands */
    int64_t expires_ms;      /* granted: 0: open */
    bool unconfirmed;        /* a grant would count if its key were confirmed */
    bool other_data_granted; /* the item is granted for other data, by terms that lack this */
} cs_item;

/* One side's choice about one data item (NULL: of a purpose that declares none). */
void cs_decide_item(cs_scene *scene, const cs_str *data, cs_side side, cs_item *item);

/* The policy wants the person told of it at its field, and nobody was, by the terms that hold now. */
bool cs_decide_awaits_notice(cs_scene *scene, const cs_terms *terms, const cs_str *data);
/* The permission that the question depends on and that was switched off in the system's settings (permission.c). */
const cs_permission_state *cs_decide_switched_off(const cs_scene *scene, const cs_terms *terms);
/* Whether the grant (NULL: none) was given on this device after that. */
bool cs_decide_given_since(const cs_scene *scene, const cs_act *grant, const cs_moment *revoked);

/* ---- quiet: cool-downs ------------------------------------------------------------------------------- */

/* Until when asking by itself must wait after a refusal at that moment; 0: it need not; INT64_MAX: for ever. */
int64_t cs_decide_quiet_until(cs_scene *scene, const cs_moment *refused, int64_t cooldown_ms, int64_t lifetime_ms);
/* Each of these makes *last the later of it and what it finds. The state's `recovered` counts as a refusal of what has no
 * counting answer. */
void cs_decide_later(cs_moment *last, const cs_moment *other);
void cs_decide_later_act(cs_moment *last, const cs_act *act); /* NULL: none */
/* The latest refusal of a subject, whole policy or the queried item, of `version` (0: any). */
void cs_decide_subject_refusal(const cs_scene *scene, cs_subject subject, const cs_layer *layer, bool item,
                               uint32_t version, const cs_str *data, cs_moment *last);
/* The latest refusal of the acceptance of any version (version 0) or one. */
void cs_decide_decline(const cs_scene *scene, const cs_layer *layer, uint32_t version, cs_moment *last);

#endif
