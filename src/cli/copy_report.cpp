#include "cli/copy_report.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/entry_json.hpp"
#include "base/path.hpp"
#include "base/quantity.hpp"
#include "base/utf8.hpp"
#include "cli/items.hpp"

namespace fairlead::cli {
namespace {

using transfer::Outcome;
using transfer::Proof;
using transfer::TransferResult;
constexpr std::chrono::milliseconds kBetweenDraws(100);

unsigned columns() {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void append_member(fmt::memory_buffer& to, std::string_view key, std::string_view text) {
    fmt::format_to(std::back_inserter(to), ",\"{}\":", key);
    append_json_string(to, text);
}

std::string json_line(const std::string& source, const std::string& target, const TransferResult& result) {
    fmt::memory_buffer line;
    fmt::format_to(std::back_inserter(line), "{{\"{}\":", result.source.empty() ? "target" : "source");
    append_json_string(line, result.source.empty() ? target : source);
    if (!result.source.empty()) append_member(line, "target", target);
    fmt::format_to(std::back_inserter(line),
                   ",\"outcome\":\"{}\",\"bytes\":{},\"seconds\":{:.6f},\"attempts\":{},\"proof\":\"{}\"",
                   to_string(result.outcome), result.bytes, result.seconds.count(), result.attempts,
                   to_string(result.proof));
    if (result.resumed > 0) fmt::format_to(std::back_inserter(line), ",\"resumed\":{}", result.resumed);
    if (!result.checksum.empty()) append_member(line, "checksum", result.checksum);
    if (!result.reason.empty()) append_member(line, "reason", result.reason);
    if (!result.warnings.empty()) {
        fmt::format_to(std::back_inserter(line), ",\"warnings\":[");
        for (std::size_t i = 0; i < result.warnings.size(); ++i) {
            if (i > 0) line.push_back(',');
            append_json_string(line, result.warnings[i]);
        }
        line.push_back(']');
    }
    line.push_back('}');
    return fmt::to_string(line);
}

/// What a dry run would do.
std::string planned_line(const std::string& source, const std::string& target, const TransferResult& result) {
    if (result.source.empty()) return fmt::format("would remove {}", target);
    return fmt::format("would copy {} -> {} ({}, {})", source, target, format_size(result.bytes),
                       result.reason);
}

std::string done_line(const std::string& source, const std::string& target, const TransferResult& result) {
    auto text = fmt::format("{} -> {} ({}", source, target, format_size(result.bytes));
    if (result.resumed > 0) text += fmt::format(" after {} of an earlier run", format_size(result.resumed));
    if (result.attempts > 1) text += fmt::format(", {} attempts", result.attempts);
    return text + fmt::format(", proof: {})", to_string(result.proof));
}

std::string rate(std::uint64_t bytes, double seconds) {
    return format_size(static_cast<std::uint64_t>(static_cast<double>(bytes) / std::max(seconds, 1e-3))) +
           "/s";
}

}  // namespace

CopyReport::CopyReport(Context& context, std::string source_prefix, std::string target_prefix)
    : context_(context),
      source_prefix_(std::move(source_prefix)),
      target_prefix_(std::move(target_prefix)),
      bar_(context.error_is_terminal() && !context.options.quiet && !context.options.trace &&
           context.options.verbosity == 0) {}

void CopyReport::change_prefixes(std::string source_prefix, std::string target_prefix) {
    source_prefix_ = std::move(source_prefix);
    target_prefix_ = std::move(target_prefix);
}

void CopyReport::began(std::string_view source, std::optional<std::uint64_t>) {
    if (!bar_) return;
    current_ = path::name(source);
    draw(false);
}

void CopyReport::moved(std::uint64_t bytes) {
    moved_ += bytes;
    there_ += bytes;
    if (bar_) draw(false);
}

void CopyReport::already_there(std::uint64_t bytes) {
    there_ += bytes;
}

void CopyReport::moved_in_vain(std::uint64_t bytes) {
    there_ -= std::min(bytes, there_);
}

void CopyReport::stopped(const std::string& source, const Error& error) {
    if (error.hint.empty()) return;
    clear();
    context_.note(to_printable(fmt::format("{}{}: {}", source_prefix_, source, error.hint)));
}

void CopyReport::retrying(const std::string& what, const Error& error, unsigned failures,
                          std::chrono::milliseconds wait) {
    clear();
    context_.note(to_printable(fmt::format("{}: {} Attempt {} follows in {:.1f} s.", what, error.message,
                                           failures + 1, static_cast<double>(wait.count()) / 1000)));
}

void CopyReport::count(const TransferResult& result) {
    if (result.outcome == Outcome::skipped) {
        ++skipped_;
        return;
    }
    planned_ = planned_ || result.outcome == Outcome::planned;
    if (result.source.empty()) {
        ++removed_;
        return;
    }
    ++files_;
    if (result.outcome == Outcome::planned) planned_bytes_ += result.bytes;
    if (result.outcome != Outcome::linked) weakest_ = std::min(weakest_, result.proof);
}

void CopyReport::done(const TransferResult& result) {
    count(result);
    const auto source = source_prefix_ + result.source, target = target_prefix_ + result.target;
    if (context_.options.json) {
        context_.print(json_line(source, target, result));
    } else if (result.outcome == Outcome::planned) {
        clear();
        context_.print(to_printable(planned_line(source, target, result)));
    } else if (context_.options.verbosity > 0) {
        clear();
        context_.verbose(1, to_printable(result.outcome == Outcome::skipped
                                             ? fmt::format("{}: skipped, {}", source, result.reason)
                                         : result.source.empty() ? fmt::format("{}: removed", target)
                                                                 : done_line(source, target, result)));
    }
    for (const auto& warning : result.warnings) {
        if (context_.options.json) break;
        clear();
        context_.warn(fmt::format("{}: {}", target, warning));
    }
}

void CopyReport::left_out(const std::string& source, const std::string& why) {
    clear();
    context_.warn(fmt::format("{}{}: left out, because {}", source_prefix_, source, why));
}

void CopyReport::failed(const std::string& source, const Error& error) {
    ++failures_;
    if (failures_ == 1) {
        held_.emplace(source_prefix_ + source, error);
        return;
    }
    report_held();
    clear();
    report_item(context_, source_prefix_ + source, error);
}

void CopyReport::report_held() {
    if (!held_) return;
    clear();
    report_item(context_, held_->first, held_->second);
    held_.reset();
}

std::optional<Error> CopyReport::only_failure() {
    if (failures_ == 1 && successes() == 0 && held_) return held_->second;
    return std::nullopt;
}

void CopyReport::draw(bool now) {
    const auto time = std::chrono::steady_clock::now();
    if (!now && time - drawn_at_ < kBetweenDraws) return;
    drawn_at_ = time;
    const auto seconds = std::chrono::duration<double>(time - began_).count();
    std::string text = fmt::format("{}  {}", format_size(there_), rate(moved_, seconds));
    if (expected_ && *expected_ >= there_ && moved_ > 0) {
        const auto share =
            *expected_ == 0 ? 1.0 : static_cast<double>(there_) / static_cast<double>(*expected_);
        const auto left_bytes = static_cast<double>(*expected_ - there_);
        const auto left = std::chrono::milliseconds(
            static_cast<std::int64_t>(seconds * left_bytes / static_cast<double>(moved_) * 1000));
        text = fmt::format("{:3.0f}%  {}  {} left", share * 100, text, format_duration(left));
    }
    if (files_ > 0) text += fmt::format("  {} files", files_);
    text += "  " + to_printable(current_);
    if (text.size() >= columns()) text.resize(columns() - 1);
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    std::fflush(stderr);
    drawn_ = true;
}

void CopyReport::clear() {
    if (!drawn_) return;
    std::fputs("\r\033[K", stderr);
    drawn_ = false;
}

void CopyReport::finish() {
    clear();
    if (context_.options.json) return;
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    if (files_ > 0 && planned_)
        context_.note(fmt::format("{} {} would be copied, {}", files_, files_ == 1 ? "file" : "files",
                                  format_size(planned_bytes_)));
    else if (files_ > 0)
        context_.note(fmt::format("{} {}, {} in {:.2f} s ({}), proof: {}", files_,
                                  files_ == 1 ? "file" : "files", format_size(moved_), seconds,
                                  rate(moved_, seconds), to_string(weakest_)));
    if (removed_ > 0) context_.note(fmt::format("{} {}removed", removed_, planned_ ? "would be " : ""));
    if (skipped_ > 0) context_.note(fmt::format("{} skipped", skipped_));
    if (failures_ > 0 && successes() > 0) context_.note(fmt::format("{} failed", failures_));
}

}  // namespace fairlead::cli
