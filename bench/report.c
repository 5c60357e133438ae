#include "bench.h"

#include <stdlib.h>
#include <string.h>

bench_row *bench_add(bench_report *report, const char *what, const char *unit, bench_sense sense, double budget)
{
    if (report->row_count == BENCH_MAX_ROWS)
        bench_fail("the report", "it has more rows than BENCH_MAX_ROWS");
    bench_row *row = &report->rows[report->row_count++];
    (void)snprintf(row->what, sizeof row->what, "%s", what);
    row->unit = unit;
    row->sense = sense;
    row->budget = budget;
    return row;
}

bench_row *bench_add_peer(bench_report *report, const char *what, const char *unit)
{
    bench_row *row = bench_add(report, what, unit, BENCH_NO_BUDGET, 0);
    row->is_peer = true;
    return row;
}

void bench_leave_out(bench_row *row, const char *why)
{
    (void)snprintf(row->left_out, sizeof row->left_out, "%s", why);
}

void bench_sample(bench_row *row, double value)
{
    if (row->sample_count < BENCH_MAX_ROUNDS)
        row->samples[row->sample_count++] = value;
}

void bench_ratio(bench_row *row, const bench_row *a, const bench_row *b)
{
    if (a->left_out[0] || b->left_out[0]) {
        bench_leave_out(row, a->left_out[0] ? a->left_out : b->left_out);
        return;
    }
    for (size_t i = 0; i < a->sample_count && i < b->sample_count; i++)
        bench_sample(row, a->samples[i] / b->samples[i]);
}

/* ---- statistics ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_middle(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void sorted(const bench_row *row, double out[BENCH_MAX_ROUNDS])
{
    memcpy(out, row->samples, sizeof row->samples);
    qsort(out, row->sample_count, sizeof *out, compare);
}

double bench_median(const bench_row *row)
{
    double values[BENCH_MAX_ROUNDS];
    memcpy(values, row->samples, sizeof row->samples);
    return bench_middle(values, row->sample_count);
}

static const char *verdict_of(const bench_row *row)
{
    if (row->left_out[0])
        return "left out";
    if (row->sense == BENCH_NO_BUDGET)
        return "";
    bool within = row->sense == BENCH_AT_MOST ? bench_median(row) <= row->budget : bench_median(row) >= row->budget;
    return within ? "within" : "OVER";
}

/* ---- for people ------------------------------------------------------------------------------------ */

/* Three digits that count, thousands grouped. */
static void format_number(double value, char *out, size_t size)
{
    if (value >= 1000) {
        char digits[32];
        int length = snprintf(digits, sizeof digits, "%.0f", value);
        size_t at = 0;
        for (int i = 0; i < length && at + 2 < size; i++) {
            if (i > 0 && (length - i) % 3 == 0)
                out[at++] = ',';
            out[at++] = digits[i];
        }
        out[at] = '\0';
    } else {
        (void)snprintf(out, size, value >= 100 || value == 0 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }
}

static void print_row(const bench_row *row, FILE *out)
{
    double values[BENCH_MAX_ROUNDS];
    char median[32], low[32], high[32], range[80], limit[32], budget[80] = "";
    char what[112];
    (void)snprintf(what, sizeof what, "%s%s", row->is_peer ? "    " : "", row->what);
    if (row->left_out[0]) {
        (void)fprintf(out, "%-58s left out: %s\n", what, row->left_out);
        return;
    }
    sorted(row, values);
    format_number(bench_median(row), median, sizeof median);
    format_number(values[0], low, sizeof low);
    format_number(values[row->sample_count - 1], high, sizeof high);
    (void)snprintf(range, sizeof range, "%s-%s", low, high);
    if (row->sense != BENCH_NO_BUDGET) {
        format_number(row->budget, limit, sizeof limit);
        (void)snprintf(budget, sizeof budget, "%s %s", row->sense == BENCH_AT_MOST ? "at most" : "at least", limit);
    }
    (void)fprintf(out, "%-58s %10s %-9s %17s  %-17s %s\n", what, median, row->unit, range, budget, verdict_of(row));
}

void bench_print(const bench_report *report, FILE *out)
{
    (void)fprintf(out, "%-58s %10s %-9s %17s  %-17s %s\n", "what", "median", "", "range", "budget", "");
    for (size_t i = 0; i < report->row_count; i++) {
        if (i > 0 && !report->rows[i].is_peer && report->rows[i - 1].is_peer)
            (void)fputc('\n', out);
        print_row(&report->rows[i], out);
    }
}

/* ---- for programs ----------------------------------------------------------------------------------- */

static void put_json_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    }
    (void)fputc('"', out);
}

static void put_json_row(const bench_row *row, FILE *out)
{
    double values[BENCH_MAX_ROUNDS];
    sorted(row, values);
    (void)fputs("{\"what\":", out);
    put_json_text(out, row->what);
    (void)fprintf(out, ",\"unit\":\"%s\",\"peer\":%s", row->unit, row->is_peer ? "true" : "false");
    if (row->left_out[0]) {
        (void)fputs(",\"left_out\":", out);
        put_json_text(out, row->left_out);
    } else {
        (void)fprintf(out, ",\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,\"rounds\":[", bench_median(row), values[0],
                      values[row->sample_count - 1]);
        for (size_t i = 0; i < row->sample_count; i++)
            (void)fprintf(out, "%s%.6g", i ? "," : "", row->samples[i]);
        (void)fputc(']', out);
    }
    if (row->sense != BENCH_NO_BUDGET) {
        (void)fprintf(out, ",\"%s\":%.6g", row->sense == BENCH_AT_MOST ? "at_most" : "at_least", row->budget);
        if (!row->left_out[0])
            (void)fprintf(out, ",\"within\":%s", strcmp(verdict_of(row), "within") == 0 ? "true" : "false");
    }
    (void)fputc('}', out);
}

bool bench_write_json(const bench_report *report, const char *machine, const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    (void)fprintf(out, "{\"v\":1,\"libconsent\":\"%s\",\"machine\":", consent_version());
    put_json_text(out, machine);
    (void)fputs(",\"rows\":[\n", out);
    for (size_t i = 0; i < report->row_count; i++) {
        put_json_row(&report->rows[i], out);
        (void)fputs(i + 1 < report->row_count ? ",\n" : "\n", out);
    }
    (void)fputs("]}\n", out);
    bool ok = !ferror(out);
    return fclose(out) == 0 && ok;
}
