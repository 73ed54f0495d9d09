#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace fairlead::http {

/// The boundary of a multipart content (RFC 2046, 5.1) by its Content-Type; nothing when it is not multipart.
/// Throws Error{invalid_argument} for a multipart one without a usable boundary.
std::optional<std::string> multipart_boundary(std::string_view content_type);

/// A parameter of a header's value, such as `filename` of Content-Disposition; quoted, and in its extended form
/// (RFC 8187) too.
std::optional<std::string> header_parameter(std::string_view value, std::string_view name);

/// Takes a multipart content apart as it comes, holding no more of it than a piece.
class Multipart {
  public:
    struct Part {
        std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
        std::string header(std::string_view name) const;           ///< empty when it is not there
    };

    Multipart(Body& body, std::string boundary);

    /// The next part; what is left of the one before is passed over. Nothing at the end. Throws
    /// Error{invalid_argument} for what is no multipart content, or ends without its last boundary.
    awaitable<std::optional<Part>> next();
    /// More of the part's content; none at its end.
    awaitable<Bytes> read();
    /// All of a small part's content. Throws Refusal 413 for a larger one.
    awaitable<std::string> text(std::size_t most);

  private:
    awaitable<bool> fill();
    awaitable<void> require(std::size_t bytes);
    awaitable<std::string> line();

    Body& body_;
    std::string delimiter_;  // "\r\n--boundary"
    std::string held_;       // of the content, what has come and was not used
    bool begun_ = false, ended_ = false;
    bool in_part_ = false;
};

}  // namespace fairlead::http
