#include "api/v1/range.hpp"

#include <date/date.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/base64.hpp"
#include "fairlead/error.hpp"

namespace fairlead::api {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view opaque(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag;
}

std::string to_hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
}

}  // namespace

std::string etag_of(const Entry& entry) {
    if (!entry.size || !entry.modified || entry.type == EntryType::directory) return {};
    const bool coarse =
        entry.modified_precision == TimePrecision::minute || entry.modified_precision == TimePrecision::day;
    return fmt::format("{}\"{:x}-{:x}\"", coarse ? "W/" : "", *entry.size,
                       entry.modified->time_since_epoch().count());
}

std::string http_date(Time time) {
    return date::format("%a, %d %b %Y %H:%M:%S GMT", std::chrono::floor<std::chrono::seconds>(time));
}

bool names_tag(std::string_view list, std::string_view etag, bool strong) {
    if (trimmed(list) == "*") return true;
    if (etag.empty() || (strong && etag.starts_with("W/"))) return false;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        const auto tag = trimmed(list.substr(0, end));
        const bool weak = tag.starts_with("W/");
        if (!(strong && weak) && opaque(tag) == opaque(etag)) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

RangeVerdict parse_range(std::string_view header, std::uint64_t size) {
    using Kind = RangeVerdict::Kind;
    auto text = trimmed(header);
    if (!text.starts_with("bytes=") || text.find(',') != std::string_view::npos) return {};
    text = trimmed(text.substr(6));
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    const auto first = trimmed(text.substr(0, dash)), last = trimmed(text.substr(dash + 1));
    if (first.empty()) {  // the last bytes
        const auto count = number(last);
        if (!count) return {};
        if (*count == 0 || size == 0) return {Kind::unsatisfiable, {}};
        const auto length = std::min(*count, size);
        return {Kind::part, {size - length, length}};
    }
    const auto begin = number(first);
    auto end = last.empty() ? std::optional(size - std::min<std::uint64_t>(size, 1)) : number(last);
    if (!begin || !end || (!last.empty() && *end < *begin)) return {};
    if (*begin >= size) return {Kind::unsatisfiable, {}};
    *end = std::min(*end, size - 1);
    return {Kind::part, {*begin, *end - *begin + 1}};
}

Selection select(const Entry& entry, const Conditions& conditions) {
    const auto etag = etag_of(entry);
    const auto size = entry.size.value_or(0);
    if (conditions.if_match && !names_tag(*conditions.if_match, etag, true)) return {412, {}};
    if (conditions.if_none_match && names_tag(*conditions.if_none_match, etag, false)) return {304, {}};
    Selection whole{200, {0, size}};
    if (!conditions.range || !entry.size) return whole;
    if (conditions.if_range) {
        const auto wanted = trimmed(*conditions.if_range);
        const bool is_tag = wanted.starts_with('"') || wanted.starts_with("W/");
        const bool same_time = !is_tag && entry.modified && wanted == http_date(*entry.modified) &&
                               entry.modified_precision <= TimePrecision::second;
        if (!same_time && !(is_tag && names_tag(wanted, etag, true))) return whole;
    }
    const auto verdict = parse_range(*conditions.range, size);
    if (verdict.kind == RangeVerdict::Kind::unsatisfiable) return {416, {}};
    if (verdict.kind == RangeVerdict::Kind::part) return {206, verdict.part};
    return whole;
}

Digests parse_digests(std::string_view header) {
    Digests digests;
    while (!header.empty()) {
        const auto end = std::min(header.find(','), header.size());
        const auto member = trimmed(header.substr(0, end));
        header.remove_prefix(std::min(end + 1, header.size()));
        const auto equals = member.find('=');
        const auto name = member.substr(0, equals);
        const std::size_t length = name == "sha-256" ? 32 : name == "sha-512" ? 64 : 0;
        if (length == 0) continue;  // one that we do not compute says nothing
        auto value =
            equals == std::string_view::npos ? std::string_view() : trimmed(member.substr(equals + 1));
        const bool framed = value.size() > 2 && value.front() == ':' && value.back() == ':';
        const auto bytes = framed ? from_base64(value.substr(1, value.size() - 2)) : std::nullopt;
        if (!bytes || bytes->size() != length)
            throw Error(ErrorCode::invalid_argument, fmt::format("The digest '{}' is malformed.", member))
                .hinting("write it as sha-256=:BASE64: (RFC 9530)");
        (name == "sha-256" ? digests.sha256 : digests.sha512) = to_hexadecimal(*bytes);
    }
    return digests;
}

std::string digest_header(std::string_view algorithm, std::string_view hexadecimal) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hexadecimal.size(); i += 2) {
        unsigned byte = 0;
        std::from_chars(hexadecimal.data() + i, hexadecimal.data() + i + 2, byte, 16);
        bytes += static_cast<char>(byte);
    }
    return fmt::format("{}=:{}:", algorithm, to_base64(bytes));
}

}  // namespace fairlead::api
