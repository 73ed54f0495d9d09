#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fairlead/entry.hpp"

/// The conditions and ranges of RFC 9110 for a file of a server, and the digests of RFC 9530. Pure.
namespace fairlead::api {

/// The version of a file, from its size and time: "\"1f-18c2\"". Weak where the time is too coarse to tell
/// versions apart; empty where one of the two is not known.
std::string etag_of(const Entry& entry);
/// "Sun, 01 Mar 2026 09:30:00 GMT".
std::string http_date(Time time);

/// Whether a list of tags ("*", or such as If-None-Match has) names this one. `strong`: weak ones never do.
bool names_tag(std::string_view list, std::string_view etag, bool strong);

struct Part {
    std::uint64_t offset = 0, length = 0;
};
/// What a Range header asks of so many bytes: one part; `whole` where it is to be ignored (none, several, not
/// understood); `unsatisfiable` where it lies beyond the end.
struct RangeVerdict {
    enum class Kind { whole, part, unsatisfiable } kind = Kind::whole;
    Part part;
};
RangeVerdict parse_range(std::string_view header, std::uint64_t size);

/// What is to be sent of a file.
struct Selection {
    unsigned status = 200;  ///< 200, 206, 304, 412 or 416
    Part part;
};
struct Conditions {
    std::optional<std::string> range, if_range, if_match, if_none_match;
};
Selection select(const Entry& entry, const Conditions& conditions);

/// The digests of a header such as Content-Digest: "sha-256=:BASE64:"; as hexadecimal. Throws
/// Error{invalid_argument} for one of a known algorithm that is malformed.
struct Digests {
    std::optional<std::string> sha256, sha512;
};
Digests parse_digests(std::string_view header);
/// The other way: hexadecimal as "sha-256=:BASE64:".
std::string digest_header(std::string_view algorithm, std::string_view hexadecimal);

}  // namespace fairlead::api
