#include "service/preview/decompress.hpp"

#include <bzlib.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "fairlead/error.hpp"

namespace fairlead::service::preview {
namespace {

constexpr std::size_t kPiece = 16 * 1024;

[[noreturn]] void refuse(Compression compression) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("The content is not {}, or it is damaged.", to_string(compression)))
        .at("decompress")
        .hinting("name another compression: none, gzip, deflate or bzip2");
}

/// The two low bits of the first byte's window size and the check of RFC 1950.
bool has_zlib_frame(unsigned char first, unsigned char second) {
    return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

}  // namespace

std::string_view to_string(Compression compression) noexcept {
    switch (compression) {
        case Compression::none:
            return "none";
        case Compression::gzip:
            return "gzip";
        case Compression::deflate:
            return "deflate";
        case Compression::bzip2:
            return "bzip2";
    }
    return "";
}

Compression parse_compression(std::string_view word) {
    for (const auto one : {Compression::none, Compression::gzip, Compression::deflate, Compression::bzip2})
        if (word == to_string(one)) return one;
    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a compression.", word))
        .hinting("choose none, gzip, deflate or bzip2");
}

Compression detect_compression(std::string_view beginning, std::string_view name) {
    if (beginning.starts_with("\x1f\x8b")) return Compression::gzip;
    if (beginning.size() > 3 && beginning.starts_with("BZh") && beginning[3] >= '1' && beginning[3] <= '9')
        return Compression::bzip2;
    const bool says_so = name.ends_with(".deflate") || name.ends_with(".zz") || name.ends_with(".zlib");
    return says_so ? Compression::deflate : Compression::none;
}

struct Decompressor::Engine {
    virtual ~Engine() = default;
    /// Takes from `packed` what it used; gives at most `room`. True: the stream has ended.
    virtual bool run(std::string_view& packed, char* into, std::size_t room, std::size_t& made) = 0;
    bool ended = false;
};

struct Decompressor::Plain final : Engine {
    bool run(std::string_view& packed, char* into, std::size_t room, std::size_t& made) override {
        made = std::min(room, packed.size());
        std::copy_n(packed.data(), made, into);
        packed.remove_prefix(made);
        return false;
    }
};

struct Decompressor::Zlib final : Engine {
    explicit Zlib(Compression compression_) : compression(compression_) {}
    ~Zlib() override {
        if (begun) inflateEnd(&stream);
    }
    void begin(std::string_view packed) {
        int window = 15 + 16;  // gzip
        if (compression == Compression::deflate) {
            const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(packed[i]); };
            window = packed.size() > 1 && !has_zlib_frame(byte(0), byte(1)) ? -15 : 15;
        }
        if (inflateInit2(&stream, window) != Z_OK) throw std::bad_alloc();
        begun = true;
    }
    bool run(std::string_view& packed, char* into, std::size_t room, std::size_t& made) override {
        if (!begun) begin(packed);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
        stream.avail_in = static_cast<uInt>(packed.size());
        stream.next_out = reinterpret_cast<Bytef*>(into);
        stream.avail_out = static_cast<uInt>(room);
        const int result = inflate(&stream, Z_NO_FLUSH);
        made = room - stream.avail_out;
        packed.remove_prefix(packed.size() - stream.avail_in);
        if (result == Z_STREAM_END) {
            // Another member may follow.
            if (compression == Compression::gzip && inflateReset(&stream) == Z_OK) {
                between = true;
                return false;
            }
            return true;
        }
        if (result != Z_OK && result != Z_BUF_ERROR) {
            if (between) return true;  // something else follows the last member
            refuse(compression);
        }
        if (made > 0) between = false;
        return false;
    }
    Compression compression;
    z_stream stream{};
    bool begun = false, between = false;
};

struct Decompressor::Bzip2 final : Engine {
    Bzip2() {
        if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) throw std::bad_alloc();
    }
    ~Bzip2() override { BZ2_bzDecompressEnd(&stream); }
    bool run(std::string_view& packed, char* into, std::size_t room, std::size_t& made) override {
        stream.next_in = const_cast<char*>(packed.data());
        stream.avail_in = static_cast<unsigned>(packed.size());
        stream.next_out = into;
        stream.avail_out = static_cast<unsigned>(room);
        const int result = BZ2_bzDecompress(&stream);
        made = room - stream.avail_out;
        packed.remove_prefix(packed.size() - stream.avail_in);
        if (result == BZ_STREAM_END) return true;
        if (result != BZ_OK) refuse(Compression::bzip2);
        return false;
    }
    bz_stream stream{};
};

Decompressor::Decompressor(Compression compression, std::size_t most) : left_(most) {
    if (compression == Compression::none)
        engine_ = std::make_unique<Plain>();
    else if (compression == Compression::bzip2)
        engine_ = std::make_unique<Bzip2>();
    else
        engine_ = std::make_unique<Zlib>(compression);
}

Decompressor::~Decompressor() = default;

void Decompressor::add(std::string_view packed, std::string& text) {
    std::array<char, kPiece> piece;
    while (!done()) {
        const auto before = packed.size();
        std::size_t made = 0;
        engine_->ended = engine_->run(packed, piece.data(), std::min(piece.size(), left_), made);
        text.append(piece.data(), made);
        left_ -= made;
        if (made == 0 && packed.size() == before) return;
        if (packed.empty() && made == 0) return;
    }
}

bool Decompressor::done() const noexcept {
    return left_ == 0 || engine_->ended;
}
bool Decompressor::ended() const noexcept {
    return engine_->ended;
}

}  // namespace fairlead::service::preview
