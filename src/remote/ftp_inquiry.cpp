#include "remote/ftp_inquiry.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <exception>
#include <utility>

#include "base/path.hpp"
#include "base/zone_offset.hpp"
#include "ftp/command.hpp"
#include "ftp/listing_stream.hpp"
#include "ftp/reply_error.hpp"
#include "ftp/time_value.hpp"

namespace fairlead::ftp {
namespace {

Entry entry_at(const std::string& path, EntryType type) {
    Entry entry;
    entry.path = path;
    entry.name = path::name(path);
    entry.type = type;
    return entry;
}

std::optional<std::uint64_t> size_in(const Reply& reply) {
    if (!reply.is_success()) return std::nullopt;
    const auto text = reply.text();
    const auto from = text.find_first_of("0123456789");
    std::uint64_t size = 0;
    if (from == std::string::npos ||
        std::from_chars(text.data() + from, text.data() + text.size(), size).ec != std::errc())
        return std::nullopt;
    return size;
}

/// Whether a refusal means that nothing is there, for somebody who only wants to know that.
bool means_missing(const Reply& reply) {
    return is_ambiguous(reply) || error_for(reply, "stat").code == ErrorCode::not_found;
}

constexpr std::string_view kFoundOut = "auto";  // FtpOptions::time_zone
constexpr unsigned kMostZoneTries = 3;          // each costs a listing

/// Zones are quarters of an hour apart; LIST tells minutes. Nothing for what is no distance of zones.
std::optional<std::chrono::minutes> distance_in_quarters(std::chrono::milliseconds distance) {
    constexpr std::chrono::minutes kQuarter(15), kMost(14 * 60);
    constexpr std::chrono::seconds kRounding(61);
    const auto quarters = std::chrono::round<std::chrono::duration<std::int64_t, std::ratio<900>>>(distance);
    const auto offset = std::chrono::minutes(quarters.count() * kQuarter.count());
    if (std::chrono::abs(distance - offset) > kRounding || std::chrono::abs(offset) > kMost)
        return std::nullopt;
    return offset;
}

}  // namespace

bool Inquiry::uses_machine_listing() const {
    const auto& features = session_->features();
    return session_->endpoint().ftp.use_mlsd && features.announced("MLST") && features.may_try("MLSD");
}

awaitable<std::optional<Entry>> Inquiry::look(std::string path) {
    if (session_->endpoint().ftp.use_mlsd && session_->features().announced("MLST")) {
        bool understood = true;
        auto found = co_await look_by_mlst(path, understood);
        if (understood) co_return found;
    }
    co_return co_await look_by_size(std::move(path));
}

awaitable<std::optional<Entry>> Inquiry::look_by_mlst(std::string path, bool& understood) {
    std::string argument;
    try {
        argument = co_await directories_.argument_for(path, "stat");
    } catch (const Error& error) {
        if (error.code != ErrorCode::not_found) throw;
        co_return std::nullopt;
    }
    const auto reply = co_await session_->command("MLST", argument, "stat");
    if (reply.is_success()) {
        for (std::size_t i = 0; i < reply.lines.size(); ++i) {
            auto line = reply.line_text(i);
            if (line.find(';') == std::string_view::npos) continue;
            if (auto entry = parse_mlst_line(line)) {
                entry->path = path;
                entry->name = path::name(path);
                if (entry->target) entry->target = charset_.to_utf8(*entry->target);
                co_return entry;
            }
        }
    }
    if (!session_->usable()) throw error_for(reply, "stat", path);
    if (reply.is_failure() && !is_unknown_command(reply)) {
        if (means_missing(reply)) co_return std::nullopt;
        throw error_for(reply, "stat", path);
    }
    if (is_unknown_command(reply) && reply.code != 501) session_->features().refuse("MLST");
    understood = false;
    co_return std::nullopt;
}

awaitable<std::optional<Entry>> Inquiry::look_by_size(std::string path) {
    auto& features = session_->features();
    if (!Directories::is_top(path) && features.may_try("SIZE")) {
        co_await session_->set_type(false);  // in text mode SIZE is refused, or means something else
        std::string argument;
        try {
            argument = co_await directories_.argument_for(path, "stat");
        } catch (const Error& error) {
            if (error.code != ErrorCode::not_found) throw;
            co_return std::nullopt;
        }
        std::vector<std::string> lines{command_line("SIZE", argument)};
        const bool asks_time = features.may_try("MDTM");
        if (asks_time) lines.push_back(command_line("MDTM", argument));
        // It may be a directory, as the one before was; asking that at once spares a round trip.
        const bool may_be = finds_directories_ && session_->pipelines();
        const auto directory = may_be ? directories_.entering(path) : std::nullopt;
        if (directory) lines.push_back(command_line("CWD", *directory));
        auto replies = co_await session_->commands(std::move(lines), "stat");
        if (directory) {
            directories_.entered(*directory, replies.back());
            if (replies.back().is_success()) co_return entry_at(path, EntryType::directory);
            replies.pop_back();
        }
        finds_directories_ = !replies[0].is_success();
        if (asks_time && is_unknown_command(replies[1]) && replies[1].code != 501) features.refuse("MDTM");
        if (const auto size = size_in(replies[0])) {
            auto entry = entry_at(path, EntryType::file);
            entry.size = size;
            if (asks_time && replies[1].is_success()) {
                if (const auto time = parse_mdtm_text(replies[1].text())) {
                    entry.modified = time->time;
                    entry.modified_precision = time->precision;
                }
            }
            co_return entry;
        }
        if (!session_->usable()) throw error_for(replies[0], "stat", path);
        if (is_unknown_command(replies[0]) && replies[0].code != 501) features.refuse("SIZE");
    }
    const auto entered = co_await directories_.enter(path, "stat");
    if (entered.is_success()) co_return entry_at(path, EntryType::directory);
    if (!session_->usable()) throw error_for(entered, "stat", path);
    if (Directories::is_top(path)) throw error_for(entered, "stat", path);
    if (features.may_try("SIZE")) co_return std::nullopt;
    co_return co_await look_in_parent(std::move(path));
}

awaitable<std::optional<Entry>> Inquiry::look_in_parent(std::string path) {
    const auto name = std::string(path::name(path));
    auto parent = std::string(path::parent(path));
    if (parent.empty()) parent = ".";
    std::optional<Entry> found;
    std::unique_ptr<Listing> listing;
    try {
        listing = co_await list_text(parent);
    } catch (const Error& error) {
        if (error.code != ErrorCode::not_found) throw;
        co_return std::nullopt;
    }
    for (;;) {  // to its end, so that the session is free again
        auto batch = co_await listing->next();
        if (batch.empty()) break;
        for (auto& entry : batch)
            if (!found && entry.name == name) found = std::move(entry);
    }
    if (found) found->path = path;
    co_return found;
}

awaitable<std::optional<std::uint64_t>> Inquiry::size_of(std::string path) {
    if (!session_->features().may_try("SIZE")) co_return std::nullopt;
    co_await session_->set_type(false);
    const auto argument = co_await directories_.argument_for(path, "read");
    const auto reply = co_await session_->command("SIZE", argument, "read");
    co_return size_in(reply);
}

awaitable<std::unique_ptr<Listing>> Inquiry::start_listing(std::string verb, std::string argument,
                                                           std::string path, ListDialect dialect,
                                                           Reply& refusal) {
    ListOptions options;
    options.dialect = dialect;
    if (dialect == ListDialect::unknown) options.hint = co_await session_->system_dialect();
    options.time_zone = listing_zone();
    options.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    Transfer::Request request{.verb = std::move(verb),
                              .argument = std::move(argument),
                              .text = false,
                              .step = "list",
                              .path = path};
    auto transfer = co_await Transfer::start(session_, std::move(request), refusal);
    if (!transfer) co_return nullptr;
    co_return std::make_unique<ListingStream>(std::move(transfer), std::move(options), std::move(path),
                                              charset_);
}

awaitable<std::unique_ptr<Listing>> Inquiry::list(std::string path) {
    if (uses_machine_listing()) {
        Reply refusal;
        auto argument = co_await directories_.argument_for(path, "list");
        auto listing = co_await start_listing("MLSD", std::move(argument), path, ListDialect::mlsd, refusal);
        if (listing) co_return listing;
        // 501 is RFC 3659's word for "that is not a directory".
        if (!is_unknown_command(refusal) || refusal.code == 501) {
            if (refusal.code == 501) refusal.code = 550;
            co_await explain(std::move(refusal), "list", path, Want::directory);
        }
        session_->features().refuse("MLSD");
    }
    const bool asks_zone = session_->endpoint().ftp.time_zone == kFoundOut && learned_zone_.empty() &&
                           zone_tries_ < kMostZoneTries && session_->features().may_try("MDTM");
    if (asks_zone) co_await learn_zone(path);
    co_return co_await list_text(std::move(path));
}

std::string Inquiry::listing_zone() const {
    const auto& zone = session_->endpoint().ftp.time_zone;
    if (zone != kFoundOut) return zone;
    return learned_zone_.empty() ? "UTC" : learned_zone_;
}

/// How the times in LIST differ from UTC, in which MDTM tells the time of one of the files here.
awaitable<void> Inquiry::learn_zone(std::string path) {
    ++zone_tries_;
    const auto listing = co_await list_text(path);
    std::optional<Entry> latest;  // its offset is most likely to be the present one
    for (;;) {
        auto batch = co_await listing->next();
        if (batch.empty()) break;
        for (auto& entry : batch) {
            const bool tells = entry.type == EntryType::file && entry.modified &&
                               entry.modified_precision != TimePrecision::day;
            if (tells && (!latest || *entry.modified > *latest->modified)) latest = std::move(entry);
        }
    }
    if (!latest) co_return;
    const auto argument = co_await directories_.argument_for(latest->path, "list");
    const auto reply = co_await session_->command("MDTM", argument, "list");
    if (!session_->usable()) throw error_for(reply, "list", path);
    if (is_unknown_command(reply)) session_->features().refuse("MDTM");
    const auto told = reply.is_success() ? parse_mdtm_text(reply.text()) : std::nullopt;
    if (!told) co_return;
    const auto offset = distance_in_quarters(*latest->modified - told->time);
    if (!offset) co_return;  // the file has changed in between
    learned_zone_ = format_zone_offset(*offset);
    session_->control().note(
        fmt::format("The times in listings are those of UTC{}: MDTM tells the time of '{}'.", learned_zone_,
                    latest->name));
}

awaitable<std::unique_ptr<Listing>> Inquiry::list_text(std::string path) {
    auto entered = co_await directories_.enter(path, "list");
    if (!entered.is_success()) co_await explain(std::move(entered), "list", path, Want::directory);

    auto& features = session_->features();
    Reply refusal;
    if (features.may_try("LIST")) {
        if (session_->endpoint().ftp.list_hidden && hidden_ != Hidden::refused) {
            auto listing = co_await start_listing("LIST", "-a", path, ListDialect::unknown, refusal);
            if (listing && hidden_ == Hidden::shown) co_return listing;
            if (listing) {
                auto first = co_await listing->next();
                // A server that takes "-a" for a name finds nothing, or that one file.
                const bool doubtful = first.empty() || (first.size() == 1 && first.front().name == "-a");
                if (!doubtful) {
                    hidden_ = Hidden::shown;
                    co_return listing_of(std::move(first), std::move(listing));
                }
                listing = nullptr;
                co_await session_->ready("list");
                listing = co_await start_listing("LIST", {}, path, ListDialect::unknown, refusal);
                if (listing) {
                    auto plain = co_await listing->next();
                    if (!plain.empty() && plain.front().name != "-a") hidden_ = Hidden::refused;
                    co_return listing_of(std::move(plain), std::move(listing));
                }
            } else if (session_->usable()) {
                hidden_ = Hidden::refused;
            }
        }
        auto listing = co_await start_listing("LIST", {}, path, ListDialect::unknown, refusal);
        if (listing) co_return listing;
    }
    if (is_unknown_command(refusal) || !features.may_try("LIST")) {
        features.refuse("LIST");
        auto listing = co_await start_listing("NLST", {}, path, ListDialect::nlst, refusal);
        if (listing) co_return listing;
    }
    // We are in the directory, so it exists: "no files found" is an answer.
    const auto said = error_for(refusal, "list", path);
    if (said.code == ErrorCode::not_found && session_->usable()) co_return listing_of({}, nullptr);
    throw said;
}

awaitable<void> Inquiry::explain(Reply refusal, std::string_view step, std::string path, Want want) {
    auto error = error_for(refusal, step, path);
    if (!session_->usable() || !is_ambiguous(refusal)) throw error;
    const auto found = co_await look(path);
    const auto say = [&](ErrorCode code, std::string sentence) {
        error.code = code;
        error.message = std::move(sentence);
        throw error;
    };
    const bool directory = found && found->type == EntryType::directory;
    if (want == Want::new_file) {
        if (directory) say(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path));
        auto parent = std::string(path::parent(path));
        if (!found && !Directories::is_top(parent)) {
            const auto above = co_await look(parent);
            if (!above) say(ErrorCode::not_found, fmt::format("The directory '{}' does not exist.", parent));
        }
        say(ErrorCode::permission_denied, fmt::format("The server does not let us write '{}'.", path));
    }
    if (!found) say(ErrorCode::not_found, fmt::format("There is no '{}' on the server.", path));
    if (want == Want::file && directory)
        say(ErrorCode::invalid_argument, fmt::format("'{}' is a directory, not a file.", path));
    if (want == Want::directory && !directory)
        say(ErrorCode::invalid_argument, fmt::format("'{}' is a file, not a directory.", path));
    say(ErrorCode::permission_denied, fmt::format("The server does not allow this with '{}'.", path));
}

}  // namespace fairlead::ftp
