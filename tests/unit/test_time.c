#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"

static void dates_go_there_and_back_for_four_hundred_years(void **state)
{
    (void)state;
    int64_t start_ms = cs_date_start_ms((cs_date){1800, 1, 1});
    cs_date before = {1799, 12, 31};
    int32_t weekday = cs_date_weekday(before);
    for (int64_t day = 0; day < 146097; day++) {
        int64_t time_ms = start_ms + day * CS_DAY_MS;
        cs_date date = cs_date_in_china(time_ms);
        assert_true(cs_date_is_valid(date));
        assert_true(cs_date_start_ms(date) == time_ms);
        cs_date last = cs_date_in_china(time_ms + CS_DAY_MS - 1);
        assert_memory_equal(&last, &date, sizeof(date));
        bool follows = date.day == before.day + 1 ||
                       (date.day == 1 && (date.month == before.month + 1 || (date.month == 1 && before.month == 12)));
        assert_true(follows);
        weekday = weekday % 7 + 1;
        assert_int_equal(cs_date_weekday(date), weekday);
        before = date;
    }
    assert_int_equal(cs_date_weekday((cs_date){2026, 9, 28}), 1);
}

static void a_legal_day_begins_at_midnight_in_china(void **state)
{
    (void)state;
    int64_t time_ms;
    assert_true(cs_time_parse(CS_STR("2026-09-27T15:59:59.999Z"), &time_ms));
    assert_int_equal(cs_date_in_china(time_ms).day, 27);
    assert_int_equal(cs_date_in_china(time_ms + 1).day, 28);
    assert_true(cs_date_start_ms((cs_date){2026, 9, 28}) == time_ms + 1);
}

static void dates_format_as_they_parse(void **state)
{
    (void)state;
    char text[CS_DATE_TEXT_SIZE];
    cs_date_format((cs_date){2026, 9, 8}, text);
    assert_string_equal(text, "2026-09-08");
    cs_date_format((cs_date){12026, 109, 131}, text); /* no date, and no overflow */
    assert_string_equal(text, "2026-09-31");
}

static void impossible_dates_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-02-29",  "1900-02-29", "2026-13-01", "2026-00-10",
                                      "2026-04-31",  "2026-1-01",  "2026-01-00", "20260101",
                                      "2026-01-01 ", "2026/01/01", "+026-01-01", ""};
    cs_date date;
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_date_parse(cs_str_of(bad[i]), &date));
    assert_true(cs_date_parse(CS_STR("2000-02-29"), &date));
    assert_int_equal(date.day, 29);
}

/* C17: ages are counted in whole years on the legal day. */
static void age_rises_on_the_birthday_in_china(void **state)
{
    (void)state;
    cs_date birth = {2012, 9, 28};
    int64_t birthday_ms = cs_date_start_ms((cs_date){2026, 9, 28});
    assert_int_equal(cs_age_years(birth, birthday_ms - 1), 13);
    assert_int_equal(cs_age_years(birth, birthday_ms), 14);
    assert_int_equal(cs_age_years(birth, cs_date_start_ms(birth)), 0);
    assert_int_equal(cs_age_years(birth, cs_date_start_ms(birth) - 1), -1);
}

static void a_leap_day_birthday_is_reached_on_the_first_of_march(void **state)
{
    (void)state;
    cs_date birth = {2012, 2, 29};
    assert_int_equal(cs_age_years(birth, cs_date_start_ms((cs_date){2026, 2, 28})), 13);
    assert_int_equal(cs_age_years(birth, cs_date_start_ms((cs_date){2026, 3, 1})), 14);
    assert_int_equal(cs_age_years(birth, cs_date_start_ms((cs_date){2028, 2, 29}) - 1), 15);
    assert_int_equal(cs_age_years(birth, cs_date_start_ms((cs_date){2028, 2, 29})), 16);
}

static void times_parse_with_offset_and_fraction(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ms;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"1970-01-01T08:00:00+08:00", 0},
                {"1969-12-31T19:30:00-04:30", 0},
                {"1970-01-01T00:00:00.5Z", 500},
                {"1970-01-01T00:00:00.05Z", 50},
                {"1970-01-01T00:00:00.005Z", 5},
                {"2026-09-28T02:00:00.000Z", INT64_C(1790560800000)},
                {"2026-09-28T10:00:00+08:00", INT64_C(1790560800000)},
                {"2038-01-19T03:14:08Z", INT64_C(2147483648000)}};
    static const char *const bad[] = {"1970-01-01",
                                      "1970-01-01T00:00:00",
                                      "1970-01-01T24:00:00Z",
                                      "1970-01-01T00:60:00Z",
                                      "1970-01-01T00:00:60Z",
                                      "1970-01-01 00:00:00Z",
                                      "1970-01-01T00:00:00.Z",
                                      "1970-01-01T00:00:00.0000Z",
                                      "1970-01-01T00:00:00z",
                                      "1970-01-01T00:00:00+24:00",
                                      "1970-01-01T00:00:00+0800",
                                      "1970-01-01T00:00:00Z ",
                                      "1970-01-01T00:00:00.5",
                                      "1970-02-30T00:00:00Z",
                                      ""};
    int64_t time_ms;
    for (size_t i = 0; i < CS_COUNT_OF(good); i++) {
        assert_true(cs_time_parse(cs_str_of(good[i].text), &time_ms));
        assert_true(time_ms == good[i].time_ms);
    }
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_time_parse(cs_str_of(bad[i]), &time_ms));
}

static void times_format_for_machines_and_for_people(void **state)
{
    (void)state;
    char text[CS_TIME_TEXT_SIZE];
    cs_time_format(INT64_C(1790560800000), text);
    assert_string_equal(text, "2026-09-28T02:00:00.000Z");
    cs_time_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    cs_time_format_china(INT64_C(1790560800000), text);
    assert_string_equal(text, "2026-09-28 10:00");
    cs_time_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    cs_time_format(INT64_MIN, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    cs_time_format_china(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31 23:59");
    assert_int_equal(cs_date_in_china(INT64_MIN).year, 0);
}

static void durations_have_a_unit_and_a_bound(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"45s", 45000},
                {"90m", 5400000},
                {"48h", 172800000},
                {"30d", INT64_C(2592000000)},
                {"2y", INT64_C(63072000000)},
                {"0s", 0},
                {"1000y", INT64_C(31536000000000)}};
    static const char *const bad[] = {"",    "h",  "48",    "48 h",         "-1h", "1.5h",
                                      "48H", "1w", "1001y", "99999999999h", "1hh"};
    int64_t ms;
    for (size_t i = 0; i < CS_COUNT_OF(good); i++) {
        assert_true(cs_duration_parse(cs_str_of(good[i].text), &ms));
        assert_true(ms == good[i].ms);
    }
    for (size_t i = 0; i < CS_COUNT_OF(bad); i++)
        assert_false(cs_duration_parse(cs_str_of(bad[i]), &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_go_there_and_back_for_four_hundred_years),
        cmocka_unit_test(a_legal_day_begins_at_midnight_in_china),
        cmocka_unit_test(dates_format_as_they_parse),
        cmocka_unit_test(impossible_dates_are_refused),
        cmocka_unit_test(age_rises_on_the_birthday_in_china),
        cmocka_unit_test(a_leap_day_birthday_is_reached_on_the_first_of_march),
        cmocka_unit_test(times_parse_with_offset_and_fraction),
        cmocka_unit_test(times_format_for_machines_and_for_people),
        cmocka_unit_test(durations_have_a_unit_and_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
