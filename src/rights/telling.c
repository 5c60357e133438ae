/* Which recipients a request reaches (PIPL 47; C141). */
#include "rights/rights.h"

static bool reaches_recipients(int32_t right)
{
    return right == CONSENT_RIGHT_DELETE || right == CONSENT_RIGHT_CORRECT || right == CONSENT_RIGHT_CANCEL_ACCOUNT;
}

static bool is_about(const cs_request *request, const cs_holding *holding)
{
    bool named = request->data_count == 0;
    for (size_t i = 0; i < request->data_count && !named; i++)
        named = cs_str_equal(request->data[i], holding->data);
    return named && (request->purpose.size == 0 || cs_str_equal(request->purpose, holding->purpose)) &&
           (request->recipient.size == 0 || cs_str_equal(request->recipient, holding->recipient));
}

bool cs_requests_tell(const cs_requests *list, const cs_request *request, cs_str recipient, const cs_policy *policy)
{
    if (!reaches_recipients(request->right))
        return false;
    for (size_t i = 0; i < request->independent_count; i++)
        if (cs_str_equal(request->independent[i], recipient))
            return false;
    for (size_t i = 0; i < list->holding_count; i++) {
        const cs_holding *holding = &list->holdings[i];
        const cs_purpose *purpose = policy ? cs_policy_purpose(policy, holding->purpose) : NULL;
        bool kept_by_law = purpose && purpose->ground == CONSENT_GROUND_LEGAL_DUTY;
        if (cs_str_equal(holding->recipient, recipient) && is_about(request, holding) && !kept_by_law)
            return true;
    }
    return false;
}
