#include "ftp/reply.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "fairlead/error.hpp"

namespace fairlead::ftp {
namespace {

bool digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// The code in front of a line, or 0: three digits, the first from 1 to 6, and no fourth.
int code_of(std::string_view line) noexcept {
    if (line.size() < 3 || line[0] < '1' || line[0] > '6' || !digit(line[1]) || !digit(line[2])) return 0;
    if (line.size() > 3 && digit(line[3])) return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/// "ddd text" or "ddd" alone: a line that ends a reply.
bool ends_reply(std::string_view line) noexcept {
    return code_of(line) != 0 && (line.size() == 3 || line[3] == ' ');
}
bool opens_multiline(std::string_view line) noexcept {
    return code_of(line) != 0 && line.size() > 3 && line[3] == '-';
}

/// Whether a line of another code can be meant as the end of a multi-line reply: a completion code that RFC
/// 959 or its extensions know the shape of.
bool can_end_other(std::string_view line) noexcept {
    return ends_reply(line) && line[0] >= '2' && line[0] <= '5' && line[1] <= '5';
}

}  // namespace

std::string_view Reply::line_text(std::size_t index) const {
    const std::string_view line = lines[index];
    if (code_of(line) != code || code == 0) return line;
    if (line.size() == 3) return {};
    return line[3] == ' ' || line[3] == '-' ? line.substr(4) : line.substr(3);
}

std::string Reply::text() const {
    std::string all;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto words = line_text(i);
        const auto first = words.find_first_not_of(" \t");
        if (first == std::string_view::npos) continue;
        words = words.substr(first, words.find_last_not_of(" \t") - first + 1);
        if (!all.empty()) all += ' ';
        all += words;
    }
    return all;
}

std::string Reply::raw() const {
    std::string all;
    for (const auto& line : lines) {
        if (!all.empty()) all += '\n';
        all += line;
    }
    return all;
}

void ReplyParser::feed(std::string_view bytes) {
    strip_telnet(bytes);
    split_lines();
    if (partial_.size() > limits_.line || lines_bytes_ + partial_.size() > limits_.total ||
        lines_.size() > limits_.lines)
        throw Error(
            ErrorCode::protocol_error,
            fmt::format("The server sent a reply beyond all limits ({} bytes in a line, {} bytes, {} lines).",
                        limits_.line, limits_.total, limits_.lines))
            .ends_session();
}

// RFC 959 runs the control connection over Telnet. IAC (0xFF) begins a command; one that is followed by no
// command is a byte of a file name that the server did not double.
void ReplyParser::strip_telnet(std::string_view bytes) {
    constexpr unsigned char kIac = 255, kWill = 251, kSubnegotiation = 250, kEnd = 240;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (telnet_ == Telnet::text) {  // the usual case, by the piece
            auto special = bytes.find_first_of(std::string_view("\xff\0", 2), at);
            if (special == std::string_view::npos) special = bytes.size();
            partial_.append(bytes.substr(at, special - at));
            at = special;
            if (at < bytes.size() && bytes[at] != '\0') telnet_ = Telnet::command;
            continue;
        }
        const auto byte = static_cast<unsigned char>(bytes[at]);
        switch (telnet_) {
            case Telnet::text:
                break;
            case Telnet::command:
                telnet_ = Telnet::text;
                if (byte == kIac) {
                    partial_ += '\xff';
                } else if (byte == kSubnegotiation) {
                    telnet_ = Telnet::subnegotiation;
                } else if (byte >= kWill) {
                    telnet_ = Telnet::option;
                } else if (byte < kEnd) {
                    partial_ += '\xff';
                    --at;
                }
                break;
            case Telnet::option:
                telnet_ = Telnet::text;
                break;
            case Telnet::subnegotiation:
                if (byte == kIac) telnet_ = Telnet::subnegotiation_command;
                break;
            case Telnet::subnegotiation_command:
                telnet_ = byte == kEnd ? Telnet::text : Telnet::subnegotiation;
                break;
        }
    }
}

void ReplyParser::split_lines() {
    std::size_t from = 0;
    for (;;) {
        const auto end = partial_.find_first_of(cr_alone_ends_ ? "\r\n" : "\n", from);
        if (end == std::string::npos) break;
        if (partial_[end] == '\n') {  // this server knows LF after all, so CR alone is text from now on
            seen_lf_ = true;
            cr_alone_ends_ = false;
        }
        auto last = end;
        while (last > from && partial_[last - 1] == '\r')
            --last;
        accept_line(partial_.substr(from, last - from));
        from = end + 1;
    }
    partial_.erase(0, from);
}

void ReplyParser::accept_line(std::string line) {
    if (line.size() > limits_.line)
        throw Error(ErrorCode::protocol_error,
                    fmt::format("The server sent a reply line of {} bytes; {} are allowed.", line.size(),
                                limits_.line))
            .ends_session();
    lines_bytes_ += line.size() + 1;
    lines_.push_back(std::move(line));
}

std::optional<Reply> ReplyParser::take(std::size_t owed) {
    return build(owed, false);
}

std::optional<Reply> ReplyParser::take_after_silence(std::size_t owed) {
    if (!seen_lf_ && !cr_alone_ends_ && partial_.find('\r') != std::string::npos) {
        cr_alone_ends_ = true;
        split_lines();
    }
    if (auto reply = build(owed, false)) return reply;
    return build(owed, true);
}

bool ReplyParser::may_be_complete() const {
    if (!seen_lf_ && !cr_alone_ends_ && partial_.find('\r') != std::string::npos) return true;
    return lines_.size() > 1 && partial_.empty() && opens_multiline(lines_.front()) &&
           (ends_reply(lines_.back()) || tail_waits_);
}

bool ReplyParser::empty() const noexcept {
    return partial_.empty() && lines_.empty() && telnet_ == Telnet::text;
}

std::optional<Reply> ReplyParser::build(std::size_t owed, bool after_silence) {
    while (!lines_.empty() && code_of(lines_.front()) == 0) {
        if (!lines_.front().empty()) ++stray_lines_;
        lines_bytes_ -= lines_.front().size() + 1;
        lines_.pop_front();
    }
    tail_waits_ = false;
    if (lines_.empty()) return std::nullopt;

    Reply reply;
    reply.code = code_of(lines_.front());
    std::size_t count = 1;
    if (opens_multiline(lines_.front())) {
        const auto of_this = [&](std::size_t i) { return code_of(lines_[i]) == reply.code; };
        std::size_t end = std::max<std::size_t>(searched_, 1);
        while (end < lines_.size() && !(of_this(end) && ends_reply(lines_[end])))
            ++end;
        searched_ = end;
        if (end < lines_.size()) {
            // What follows without a code, or (when no other reply can be due) with the same code, is its
            // tail.
            const auto first_end = end;
            while (end + 1 < lines_.size() &&
                   (code_of(lines_[end + 1]) == 0 || (owed <= 1 && of_this(end + 1))))
                ++end;
            if (end != first_end) {
                reply.oddity = "text went on behind the end line of the reply";
                if (opens_multiline(lines_[end]) && !(after_silence && partial_.empty())) {
                    tail_waits_ = true;
                    return std::nullopt;
                }
            }
        } else {
            if (!after_silence || !partial_.empty()) return std::nullopt;
            // Only another code can end it now. With one reply due it is the last line; with several, the
            // first.
            if (owed <= 1) {
                end = lines_.size() - 1;
                if (end == 0 || !can_end_other(lines_[end])) return std::nullopt;
            } else {
                end = 1;
                while (end < lines_.size() && !can_end_other(lines_[end]))
                    ++end;
                if (end == lines_.size()) return std::nullopt;
            }
            reply.oddity =
                fmt::format("a reply that began with {} ended with {}", reply.code, code_of(lines_[end]));
            reply.code = code_of(lines_[end]);
        }
        count = end + 1;
    }
    reply.lines.reserve(count);
    for (; count > 0; --count) {
        lines_bytes_ -= lines_.front().size() + 1;
        reply.lines.push_back(std::move(lines_.front()));
        lines_.pop_front();
    }
    searched_ = 0;
    return reply;
}

}  // namespace fairlead::ftp
