#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace fairlead {

/// Converts file names between UTF-8 (ours) and a server's charset, without ever losing a name.
///
/// The rule: for every byte string `x`, from_utf8(to_utf8(x)) == x. A name that is valid in the charset
/// becomes UTF-8. One that is not stays as its raw bytes; where these raw bytes would be taken for something
/// else on the way back, each byte that is not ASCII becomes a lone surrogate U+DC80 to U+DCFF in its
/// three-byte form (as Python's surrogateescape does), which valid UTF-8 never holds. With UTF-8 both
/// directions are the identity.
///
/// Not thread-safe: one per session.
class Charset {
  public:
    /// A name that iconv knows, such as "ISO-8859-1", "CP1252", "SHIFT_JIS". Throws Error{invalid_argument}
    /// for an unknown charset, or one in which ASCII does not stand for itself (UTF-16, EBCDIC), which FTP
    /// cannot carry.
    explicit Charset(std::string_view name = "UTF-8");
    ~Charset();
    Charset(Charset&&) noexcept;
    Charset& operator=(Charset&&) noexcept;

    bool is_utf8() const noexcept { return converter_ == nullptr; }

    /// A name as the server sent it, as UTF-8.
    std::string to_utf8(std::string_view bytes) const;
    /// A name of ours as the server must get it. Throws Error{invalid_argument} when the charset has no such
    /// character: the file would get another name.
    std::string from_utf8(std::string_view name) const;

  private:
    struct Converter;
    std::unique_ptr<Converter> converter_;
};

}  // namespace fairlead
