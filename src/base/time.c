#include "base/base.h"

#include <stdio.h>
#include <string.h>

/* Times outside the years 0000 to 9999 have no RFC 3339 text; these are their ends in UTC. */
#define TIME_MIN_MS INT64_C(-62167219200000)
#define TIME_MAX_MS INT64_C(253402300799999)

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that the
 * leap day comes last (Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_date(cs_date date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2 ? 1 : 0);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month_from_march = (date.month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static cs_date date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    cs_date date;
    date.day = (int32_t)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    date.month = (int32_t)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    date.year = (int32_t)(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
    return date;
}

static int64_t clamp_time(int64_t time_ms)
{
    return time_ms < TIME_MIN_MS ? TIME_MIN_MS : time_ms > TIME_MAX_MS ? TIME_MAX_MS : time_ms;
}

cs_date cs_date_in_china(int64_t time_ms)
{
    return date_from_days(floor_div(clamp_time(time_ms) + CS_CHINA_OFFSET_MS, CS_DAY_MS));
}

int64_t cs_date_start_ms(cs_date date)
{
    return days_from_date(date) * CS_DAY_MS - CS_CHINA_OFFSET_MS;
}

bool cs_date_is_valid(cs_date date)
{
    return date.year >= 0 && date.year <= 9999 && date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= days_in_month(date.year, date.month);
}

int32_t cs_date_weekday(cs_date date)
{
    /* 1970-01-01 was a Thursday. */
    int64_t days = days_from_date(date) + 3;
    return (int32_t)(days - floor_div(days, 7) * 7) + 1;
}

int32_t cs_age_years(cs_date birth, int64_t time_ms)
{
    cs_date today = cs_date_in_china(time_ms);
    bool before_birthday = today.month < birth.month || (today.month == birth.month && today.day < birth.day);
    int32_t age = today.year - birth.year - (before_birthday ? 1 : 0);
    return age < 0 ? -1 : age;
}

/* ---- text --------------------------------------------------------------------------------- */

/* Exactly `count` digits at `at`; -1 otherwise. */
static int32_t digits_at(cs_str text, size_t at, size_t count)
{
    if (at > text.size || text.size - at < count)
        return -1;
    int32_t value = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return value;
}

bool cs_date_parse(cs_str text, cs_date *out)
{
    if (text.size != 10 || text.data[4] != '-' || text.data[7] != '-')
        return false;
    cs_date date = {digits_at(text, 0, 4), digits_at(text, 5, 2), digits_at(text, 8, 2)};
    if (!cs_date_is_valid(date))
        return false;
    *out = date;
    return true;
}

/* ".5", ".25", ".125" → ms; advances *at past it. */
static bool fraction_parse(cs_str text, size_t *at, int32_t *out_ms)
{
    *out_ms = 0;
    if (*at >= text.size || text.data[*at] != '.')
        return true;
    size_t first = ++*at;
    while (*at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9')
        ++*at;
    size_t count = *at - first;
    if (count < 1 || count > 3)
        return false;
    int32_t value = digits_at(text, first, count);
    for (size_t i = count; i < 3; i++)
        value *= 10;
    *out_ms = value;
    return true;
}

/* "Z" or "+08:00" as the whole rest of the text. */
static bool offset_parse(cs_str text, size_t at, int64_t *out_ms)
{
    *out_ms = 0;
    if (text.size == at + 1)
        return text.data[at] == 'Z';
    if (text.size != at + 6 || (text.data[at] != '+' && text.data[at] != '-') || text.data[at + 3] != ':')
        return false;
    int32_t hours = digits_at(text, at + 1, 2);
    int32_t minutes = digits_at(text, at + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *out_ms = hours * CS_HOUR_MS + minutes * CS_MINUTE_MS;
    if (text.data[at] == '-')
        *out_ms = -*out_ms;
    return true;
}

bool cs_time_parse(cs_str text, int64_t *out_ms)
{
    cs_date date;
    if (text.size < 20 || !cs_date_parse((cs_str){text.data, 10}, &date))
        return false;
    if (text.data[10] != 'T' || text.data[13] != ':' || text.data[16] != ':')
        return false;
    int32_t hour = digits_at(text, 11, 2);
    int32_t minute = digits_at(text, 14, 2);
    int32_t second = digits_at(text, 17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    size_t at = 19;
    int32_t fraction_ms;
    int64_t offset_ms;
    if (!fraction_parse(text, &at, &fraction_ms) || !offset_parse(text, at, &offset_ms))
        return false;
    *out_ms = days_from_date(date) * CS_DAY_MS + hour * CS_HOUR_MS + minute * CS_MINUTE_MS + second * CS_SECOND_MS +
              fraction_ms - offset_ms;
    return true;
}

void cs_time_format(int64_t time_ms, char *out)
{
    time_ms = clamp_time(time_ms);
    int64_t days = floor_div(time_ms, CS_DAY_MS);
    int32_t of_day = (int32_t)(time_ms - days * CS_DAY_MS);
    cs_date date = date_from_days(days);
    (void)snprintf(out, CS_TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)date.year % 10000,
                   (int)date.month % 100, (int)date.day % 100, (int)(of_day / 3600000) % 100,
                   (int)(of_day / 60000 % 60), (int)(of_day / 1000 % 60), (int)(of_day % 1000));
}

void cs_time_format_china(int64_t time_ms, char *out)
{
    time_ms = clamp_time(time_ms);
    int64_t local_ms = time_ms > TIME_MAX_MS - CS_CHINA_OFFSET_MS ? TIME_MAX_MS : time_ms + CS_CHINA_OFFSET_MS;
    char utc[CS_TIME_TEXT_SIZE];
    cs_time_format(local_ms, utc);
    (void)snprintf(out, CS_TIME_TEXT_SIZE, "%.10s %.5s", utc, utc + 11);
}

bool cs_duration_parse(cs_str text, int64_t *out_ms)
{
    if (text.size < 2 || text.size > 10)
        return false;
    int32_t count = digits_at(text, 0, text.size - 1);
    int64_t unit_ms = 0;
    switch (text.data[text.size - 1]) {
    case 's':
        unit_ms = CS_SECOND_MS;
        break;
    case 'm':
        unit_ms = CS_MINUTE_MS;
        break;
    case 'h':
        unit_ms = CS_HOUR_MS;
        break;
    case 'd':
        unit_ms = CS_DAY_MS;
        break;
    case 'y':
        unit_ms = 365 * CS_DAY_MS;
        break;
    default:
        break;
    }
    /* A thousand years is longer than any rule; it keeps sums of times far from overflow. */
    if (count < 0 || unit_ms == 0 || count > 1000 * 365 * CS_DAY_MS / unit_ms)
        return false;
    *out_ms = count * unit_ms;
    return true;
}

void cs_date_format(cs_date date, char *out)
{
    (void)snprintf(out, CS_DATE_TEXT_SIZE, "%04d-%02d-%02d", (int)date.year % 10000, (int)date.month % 100,
                   (int)date.day % 100);
}
