#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace fairlead::service::preview {

enum class Compression {
    none,
    gzip,     ///< RFC 1952, several members one after the other too
    deflate,  ///< RFC 1951, with or without the frame of RFC 1950
    bzip2,
};
std::string_view to_string(Compression compression) noexcept;
/// Throws Error{invalid_argument} naming the choices.
Compression parse_compression(std::string_view word);

/// What the first bytes say; where they say nothing, the name's ending (".deflate", ".zz").
Compression detect_compression(std::string_view beginning, std::string_view name);

/// Unpacks a stream piece by piece, never more than it was told to.
class Decompressor {
  public:
    /// Gives at most `most` bytes.
    Decompressor(Compression compression, std::size_t most);
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    /// Adds what `packed` unpacks to, to `text`. Throws Error{invalid_argument} where it is broken.
    void add(std::string_view packed, std::string& text);
    /// There is as much as was wanted, or the stream has ended.
    bool done() const noexcept;
    /// All there is was unpacked.
    bool ended() const noexcept;

  private:
    struct Engine;
    struct Zlib;
    struct Bzip2;
    struct Plain;
    std::unique_ptr<Engine> engine_;
    std::size_t left_;
};

}  // namespace fairlead::service::preview
