/* Working days in China: weekends move with the holidays, and which do is announced a year at a time. */
#include "rights/rights.h"

static bool same_day(cs_date a, cs_date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

static bool has_day(const cs_date *days, uint16_t count, cs_date day)
{
    for (uint16_t i = 0; i < count; i++)
        if (same_day(days[i], day))
            return true;
    return false;
}

/* Every year has holidays: one without any in the table was not announced yet when it was written. */
static bool has_year(const cs_policy *policy, int32_t year)
{
    for (uint16_t i = 0; i < policy->holiday_count; i++)
        if (policy->holidays[i].year == year)
            return true;
    return false;
}

bool cs_rights_is_working_day(const cs_policy *policy, cs_date day, bool *known)
{
    *known = policy && has_year(policy, day.year);
    if (policy && has_day(policy->makeup_days, policy->makeup_day_count, day))
        return true;
    if (policy && has_day(policy->holidays, policy->holiday_count, day))
        return false;
    return cs_date_weekday(day) <= 5;
}

void cs_rights_due(const cs_policy *policy, int64_t received_ms, int32_t working_days, cs_due *out)
{
    int64_t midnight_ms = cs_date_start_ms(cs_date_in_china(received_ms));
    out->provisional = false;
    out->day = cs_date_in_china(received_ms);
    for (int32_t counted = 0; counted < working_days;) {
        bool known = false;
        midnight_ms += CS_DAY_MS;
        out->day = cs_date_in_china(midnight_ms);
        if (cs_rights_is_working_day(policy, out->day, &known))
            counted++;
        out->provisional |= !known;
    }
    out->due_ms = midnight_ms + CS_DAY_MS;
}
