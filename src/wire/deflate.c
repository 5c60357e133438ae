/* The only file that sees zlib. Without it ranges go uncompressed, and compressed ones are refused by name. */
#include "wire/internal.h"

#if defined(CONSENT_HAVE_ZLIB)

#define ZLIB_CONST
#include <stddef.h>
#include <zlib.h>

enum {
    RAW_WINDOW_BITS = -15, /* negative: no header, no checksum; the chain's hashes are stronger */
    MEMORY_LEVEL = 8
};

/* zlib does not say what it frees was large, cs_memory wants to know. */
typedef union block {
    size_t size;
    max_align_t aligned;
} block;

static void *take(void *memory, unsigned count, unsigned size)
{
    size_t whole = sizeof(block) + (size_t)count * size;
    block *made = cs_alloc(memory, whole);
    if (made == NULL)
        return NULL;
    made->size = whole;
    return made + 1;
}

static void give_back(void *memory, void *content)
{
    if (content != NULL) {
        block *made = (block *)content - 1;
        cs_free(memory, made, made->size);
    }
}

static z_stream stream_of(cs_memory *allocator, cs_span in)
{
    return (z_stream){
        .zalloc = take, .zfree = give_back, .opaque = allocator, .next_in = in.data, .avail_in = (uInt)in.size};
}

bool cs_deflate(const cs_memory *memory, cs_span plain, cs_buffer *out)
{
    size_t begin = out->size;
    if (plain.size < 64 || plain.size > CS_RANGE_MAX_BYTES)
        return false;
    cs_memory allocator = *memory;
    z_stream stream = stream_of(&allocator, plain);
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return false;
    /* Room for less than what is there already: whatever does not fit is not worth it. */
    uint8_t *room = cs_buffer_extend(out, plain.size - 1);
    bool done = false;
    if (room != NULL) {
        stream.next_out = room;
        stream.avail_out = (uInt)(plain.size - 1);
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->size = begin + (done ? (size_t)stream.total_out : 0);
    }
    (void)deflateEnd(&stream);
    return done;
}

consent_status cs_inflate(const cs_memory *memory, cs_span packed, cs_buffer *out, consent_error *err)
{
    enum {
        STEP = 16384
    };
    cs_memory allocator = *memory;
    z_stream stream = stream_of(&allocator, packed);
    if (inflateInit2(&stream, RAW_WINDOW_BITS) != Z_OK)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left to decompress a range");
    int result = Z_OK;
    uint8_t beyond; /* at the limit the stream may still end, with not a byte more */
    bool within = true;
    while (result == Z_OK && within && !out->failed) {
        size_t left = out->max_size - out->size < STEP ? out->max_size - out->size : STEP;
        stream.next_out = left > 0 ? cs_buffer_extend(out, left) : &beyond;
        stream.avail_out = left > 0 ? (uInt)left : 1;
        if (out->failed)
            break;
        result = inflate(&stream, Z_NO_FLUSH);
        if (left > 0)
            out->size -= stream.avail_out;
        else
            within = stream.avail_out == 1;
    }
    bool whole = result == Z_STREAM_END && within && stream.avail_in == 0;
    (void)inflateEnd(&stream);
    if (result == Z_MEM_ERROR || out->failed)
        return cs_fail(err, CONSENT_E_MEMORY, 0, "no memory was left to decompress a range");
    if (whole)
        return CONSENT_OK;
    return cs_fail(err, CONSENT_E_ARGUMENT, 0, "the events were no whole deflate stream, or one of more than %zu bytes",
                   out->max_size);
}

#else

bool cs_deflate(const cs_memory *memory, cs_span plain, cs_buffer *out)
{
    (void)memory;
    (void)plain;
    (void)out;
    return false;
}

consent_status cs_inflate(const cs_memory *memory, cs_span packed, cs_buffer *out, consent_error *err)
{
    (void)memory;
    (void)packed;
    (void)out;
    return cs_fail(err, CONSENT_E_UNSUPPORTED, 0, "the events came compressed, and this build has no zlib");
}

#endif
