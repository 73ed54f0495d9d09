#include "transfer/journal_record.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <iterator>

namespace fairlead::transfer {
namespace {

namespace json = boost::json;
using State = Unfinished::State;
using Mode = Unfinished::Mode;

void append_quoted(fmt::memory_buffer& to, std::string_view bytes) {
    to.push_back('"');
    for (const char c : bytes) {
        if (c == '"' || c == '\\') to.push_back('\\');
        if (static_cast<unsigned char>(c) < 0x20)
            fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned>(c));
        else
            to.push_back(c);
    }
    to.push_back('"');
}

void append_member(fmt::memory_buffer& to, std::string_view key, std::string_view bytes) {
    fmt::format_to(std::back_inserter(to), ",\"{}\":", key);
    append_quoted(to, bytes);
}

std::string_view word(Mode mode) {
    switch (mode) {
        case Mode::whole:
            return "whole";
        case Mode::append:
            return "append";
        case Mode::segments:
            return "segments";
    }
    return "whole";
}

Mode mode_of(std::string_view text) {
    return text == "append" ? Mode::append : text == "segments" ? Mode::segments : Mode::whole;
}

TimePrecision precision_of(std::string_view text) {
    for (const auto each : {TimePrecision::millisecond, TimePrecision::second, TimePrecision::minute})
        if (to_string(each) == text) return each;
    return TimePrecision::day;
}

std::string text_in(const json::object& object, std::string_view key) {
    const auto* found = object.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view key) {
    const auto* found = object.if_contains(key);
    if (found == nullptr || !found->is_int64()) return std::nullopt;
    return found->get_int64();
}

Time time_of(std::int64_t milliseconds) {
    return Time(std::chrono::milliseconds(milliseconds));
}

std::int64_t milliseconds_of(Time time) {
    return time.time_since_epoch().count();
}

JournalLine begin_of(const json::object& line) {
    JournalLine read;
    auto& transfer = read.transfer;
    transfer.begun = time_of(number_in(line, "at").value_or(0));
    transfer.mode = mode_of(text_in(line, "mode"));
    transfer.temporary = text_in(line, "temporary");
    const auto* taken = line.if_contains("taken");
    transfer.taken_at_once = taken != nullptr && taken->is_bool() && taken->get_bool();
    transfer.existing_size = static_cast<std::uint64_t>(number_in(line, "existing").value_or(0));
    const auto& source = line.at("source").as_object();
    transfer.source_place = text_in(source, "place");
    transfer.source_path = text_in(source, "path");
    if (const auto size = number_in(source, "size")) transfer.source_size = static_cast<std::uint64_t>(*size);
    if (const auto modified = number_in(source, "modified")) transfer.source_modified = time_of(*modified);
    transfer.source_precision = precision_of(text_in(source, "precision"));
    const auto& target = line.at("target").as_object();
    transfer.target_place = text_in(target, "place");
    transfer.target = text_in(target, "path");
    transfer.asked = target.contains("asked") ? text_in(target, "asked") : transfer.target;
    return read;
}

JournalLine staged_of(const json::object& line) {
    JournalLine read;
    read.kind = JournalLine::Kind::staged;
    read.transfer.staged_size = static_cast<std::uint64_t>(number_in(line, "size").value_or(0));
    read.transfer.checksum = text_in(line, "checksum");
    return read;
}

std::optional<JournalLine> line_of(const json::object& line) {
    for (const std::string_view kind : {"begin", "segments", "staged", "doomed", "aside", "end"}) {
        const auto number = number_in(line, kind);
        if (!number) continue;
        JournalLine read;
        if (kind == "begin") read = begin_of(line);
        if (kind == "staged") read = staged_of(line);
        if (kind == "doomed") read.kind = JournalLine::Kind::doomed;
        if (kind == "aside") {
            read.kind = JournalLine::Kind::aside;
            read.transfer.aside = text_in(line, "path");
        }
        if (kind == "segments") {
            read.kind = JournalLine::Kind::segments;
            read.transfer.segments = text_in(line, "done");
        }
        if (kind == "end") read.kind = JournalLine::Kind::end;
        read.transfer.number = static_cast<std::uint64_t>(*number);
        return read;
    }
    return std::nullopt;
}

}  // namespace

std::string begin_line(const Unfinished& transfer) {
    fmt::memory_buffer line;
    auto out = std::back_inserter(line);
    fmt::format_to(out, "{{\"begin\":{},\"at\":{},\"mode\":\"{}\",\"source\":{{\"precision\":\"{}\"",
                   transfer.number, milliseconds_of(transfer.begun), word(transfer.mode),
                   to_string(transfer.source_precision));
    append_member(line, "place", transfer.source_place);
    append_member(line, "path", transfer.source_path);
    if (transfer.source_size) fmt::format_to(out, ",\"size\":{}", *transfer.source_size);
    if (transfer.source_modified)
        fmt::format_to(out, ",\"modified\":{}", milliseconds_of(*transfer.source_modified));
    fmt::format_to(out, "}},\"target\":{{\"place\":");
    append_quoted(line, transfer.target_place);
    append_member(line, "path", transfer.target);
    if (transfer.asked != transfer.target) append_member(line, "asked", transfer.asked);
    line.push_back('}');
    append_member(line, "temporary", transfer.temporary);
    if (transfer.existing_size > 0) fmt::format_to(out, ",\"existing\":{}", transfer.existing_size);
    if (transfer.taken_at_once) fmt::format_to(out, ",\"taken\":true");
    fmt::format_to(out, "}}\n");
    return fmt::to_string(line);
}

std::string state_line(const Unfinished& transfer) {
    if (transfer.state == State::begun) return {};
    if (transfer.state == State::doomed) return fmt::format("{{\"doomed\":{}}}\n", transfer.number);
    fmt::memory_buffer line;
    fmt::format_to(std::back_inserter(line), "{{\"staged\":{},\"size\":{}", transfer.number,
                   transfer.staged_size);
    if (!transfer.checksum.empty()) append_member(line, "checksum", transfer.checksum);
    fmt::format_to(std::back_inserter(line), "}}\n");
    return fmt::to_string(line);
}

std::string aside_line(const Unfinished& transfer) {
    if (transfer.aside.empty()) return {};
    fmt::memory_buffer line;
    fmt::format_to(std::back_inserter(line), "{{\"aside\":{}", transfer.number);
    append_member(line, "path", transfer.aside);
    fmt::format_to(std::back_inserter(line), "}}\n");
    return fmt::to_string(line);
}

std::string segments_line(const Unfinished& transfer) {
    if (transfer.segments.empty()) return {};
    return fmt::format("{{\"segments\":{},\"done\":\"{}\"}}\n", transfer.number, transfer.segments);
}

std::string end_line(std::uint64_t number) {
    return fmt::format("{{\"end\":{}}}\n", number);
}

std::optional<JournalLine> read_journal_line(std::string_view line) {
    json::parse_options as_they_are;
    as_they_are.allow_invalid_utf8 = true;
    boost::system::error_code torn;
    const auto value = json::parse(json::string_view(line.data(), line.size()), torn, {}, as_they_are);
    if (torn || !value.is_object()) return std::nullopt;
    try {
        return line_of(value.get_object());
    } catch (const std::exception&) {
        return std::nullopt;  // a line of another shape
    }
}

}  // namespace fairlead::transfer
