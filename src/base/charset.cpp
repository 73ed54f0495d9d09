#include "base/charset.hpp"

#include <iconv.h>

#include <fmt/format.h>
#include <array>
#include <cctype>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/utf8.hpp"
#include "fairlead/error.hpp"

namespace fairlead {
namespace {

/// One direction of iconv.
class Conversion {
  public:
    Conversion(const std::string& to, const std::string& from)
        : handle_(iconv_open(to.c_str(), from.c_str())) {}
    ~Conversion() {
        if (ok()) iconv_close(handle_);
    }
    Conversion(const Conversion&) = delete;
    Conversion& operator=(const Conversion&) = delete;

    bool ok() const noexcept { return handle_ != reinterpret_cast<iconv_t>(-1); }

    /// The converted text; nothing when a part of it is invalid or has no equivalent.
    std::optional<std::string> operator()(std::string_view text) {
        iconv(handle_, nullptr, nullptr, nullptr, nullptr);
        std::string result;
        std::array<char, 1024> piece;
        char* in = const_cast<char*>(text.data());  // POSIX forgot the const; iconv does not write there
        std::size_t in_left = text.size();
        while (true) {
            char* out = piece.data();
            std::size_t out_left = piece.size();
            const bool flushing = in_left == 0;
            const auto irreversible = flushing ? iconv(handle_, nullptr, nullptr, &out, &out_left)
                                               : iconv(handle_, &in, &in_left, &out, &out_left);
            const auto fault = errno;
            result.append(piece.data(), piece.size() - out_left);
            if (irreversible == static_cast<std::size_t>(-1)) {
                if (fault != E2BIG) return std::nullopt;
            } else if (irreversible != 0) {
                return std::nullopt;  // something was replaced by something like it
            } else if (flushing) {
                return result;
            }
        }
    }

  private:
    iconv_t handle_;
};

bool names_utf8(std::string_view name) {
    std::string plain;
    for (const char c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) plain += static_cast<char>(std::toupper(c));
    return plain.empty() || plain == "UTF8";
}

// A byte b from 0x80 on as the lone surrogate U+DC00 + b, in the three bytes that UTF-8 would have for it.
std::string escape(std::string_view bytes) {
    std::string result;
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        if (b < 0x80)
            result += c;
        else
            result.append({'\xED', static_cast<char>(0xB0 | (b >> 6)), static_cast<char>(0x80 | (b & 0x3F))});
    }
    return result;
}

/// The bytes that `escape` was given; nothing when the text is not of its making.
std::optional<std::string> unescape(std::string_view text) {
    std::string result;
    bool found = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
        if (byte(0) < 0x80) {
            result += text[at];
        } else if (text.size() - at >= 3 && byte(0) == 0xED && (byte(1) == 0xB2 || byte(1) == 0xB3) &&
                   (byte(2) & 0xC0) == 0x80) {
            result += static_cast<char>(((byte(1) & 0x03) << 6) | (byte(2) & 0x3F));
            found = true;
            at += 2;
        } else {
            return std::nullopt;
        }
    }
    return found ? std::optional(result) : std::nullopt;
}

}  // namespace

struct Charset::Converter {
    explicit Converter(const std::string& name_)
        : name(name_), decode("UTF-8", name_), encode(name_, "UTF-8") {}
    std::string name;
    Conversion decode;
    Conversion encode;
};

Charset::Charset(std::string_view name) {
    if (names_utf8(name)) return;
    converter_ = std::make_unique<Converter>(std::string(name));
    if (!converter_->decode.ok() || !converter_->encode.ok())
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("The charset '{}' is not known here; 'iconv -l' lists those that are.", name));
    // ASCII must stand for itself, or commands and "/" would not be what they are. (Backslash and tilde
    // differ in some Asian charsets and may.)
    constexpr std::string_view kAscii =
        " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}\r\n";
    // ISO-2022, HZ and UTF-7 use printable ASCII bytes, "/" among them, for other characters.
    const bool stateful =
        converter_->encode("\xE4\xB8\x80")
            .value_or("\x80")
            .find_first_not_of(
                "\x1b !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmn"
                "opqrstuvwxyz{|}~\x0e\x0f") == std::string::npos;
    if (stateful || converter_->encode(kAscii) != kAscii || converter_->decode(kAscii) != kAscii)
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("File names in the charset '{}' cannot go over FTP, since ASCII does not stand for "
                        "itself in it.",
                        name));
}

Charset::~Charset() = default;
Charset::Charset(Charset&&) noexcept = default;
Charset& Charset::operator=(Charset&&) noexcept = default;

std::string Charset::to_utf8(std::string_view bytes) const {
    if (is_utf8()) return std::string(bytes);
    // Some charsets have two codes for one character: only what leads back to the same bytes counts.
    if (auto text = converter_->decode(bytes); text && converter_->encode(*text) == bytes) return *text;
    const auto comes_back = [&] {
        if (unescape(bytes)) return false;
        return !is_valid_utf8(bytes);
    };
    return comes_back() ? std::string(bytes) : escape(bytes);
}

std::string Charset::from_utf8(std::string_view name) const {
    if (is_utf8()) return std::string(name);
    if (!is_valid_utf8(name)) return unescape(name).value_or(std::string(name));
    if (auto bytes = converter_->encode(name)) return *bytes;
    throw Error(ErrorCode::invalid_argument,
                fmt::format("The name '{}' has a character that the connection's charset {} lacks.",
                            to_printable(name), converter_->name))
        .hinting("Use another name, or set the connection's charset to the one the server uses.");
}

}  // namespace fairlead
