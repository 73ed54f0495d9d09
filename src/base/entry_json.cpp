#include "base/entry_json.hpp"

#include <sodium.h>

#include <iterator>
#include <string>

#include "base/utf8.hpp"

namespace fairlead {
namespace {

void append(fmt::memory_buffer& to, std::string_view text) {
    to.append(text.data(), text.data() + text.size());
}

void append_base64(fmt::memory_buffer& to, std::string_view bytes) {
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_ORIGINAL);
    append(to, text.c_str());
}

void append_text_or_null(fmt::memory_buffer& to, std::string_view key,
                         const std::optional<std::string>& text) {
    fmt::format_to(std::back_inserter(to), ",\"{}\":", key);
    if (text)
        append_json_string(to, *text);
    else
        append(to, "null");
}

}  // namespace

void append_json_string(fmt::memory_buffer& to, std::string_view text) {
    if (!is_valid_utf8(text)) return append_json_string(to, to_valid_utf8(text));
    to.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            to.push_back('\\');
            to.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            to.push_back(c);
        }
    }
    to.push_back('"');
}

void append_json(fmt::memory_buffer& to, const Entry& entry) {
    auto out = std::back_inserter(to);
    append(to, "{\"name\":");
    append_json_string(to, entry.name);
    append(to, ",\"path\":");
    append_json_string(to, entry.path);
    fmt::format_to(out, ",\"type\":\"{}\"", to_string(entry.type));
    if (entry.size)
        fmt::format_to(out, ",\"size\":{}", *entry.size);
    else
        append(to, ",\"size\":null");
    if (entry.modified)
        fmt::format_to(out, ",\"modified\":\"{}\",\"modifiedPrecision\":\"{}\"", to_rfc3339(*entry.modified),
                       to_string(entry.modified_precision));
    else
        append(to, ",\"modified\":null,\"modifiedPrecision\":null");
    if (entry.mode)
        fmt::format_to(out, ",\"mode\":\"{:04o}\"", *entry.mode);
    else
        append(to, ",\"mode\":null");
    append_text_or_null(to, "owner", entry.owner);
    append_text_or_null(to, "group", entry.group);
    append_text_or_null(to, "target", entry.target);
    if (!is_valid_utf8(entry.name)) {
        append(to, ",\"nameBase64\":\"");
        append_base64(to, entry.name);
        to.push_back('"');
    }
    if (!is_valid_utf8(entry.path)) {
        append(to, ",\"pathBase64\":\"");
        append_base64(to, entry.path);
        to.push_back('"');
    }
    to.push_back('}');
}

}  // namespace fairlead
