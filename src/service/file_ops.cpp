#include "service/file_ops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/path.hpp"
#include "ftp/command.hpp"
#include "ftp/reply_error.hpp"
#include "transfer/change.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"
#include "transfer/remove.hpp"

namespace fairlead::service {
namespace {

using transfer::caught;
using transfer::on_session;
using transfer::persistently;

/// "200;250, 226" as numbers.
std::vector<int> parse_codes(std::string_view text) {
    std::vector<int> codes;
    std::string digits;
    const auto take = [&] {
        if (digits.empty()) return;
        if (digits.size() != 3)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a reply code.", digits))
                .hinting("reply codes have three digits and are separated by semicolons, such as 200;250");
        codes.push_back(std::stoi(digits));
        digits.clear();
    };
    for (const char c : text) {
        if (c == ';' || c == ',' || c == ' ') {
            take();
            continue;
        }
        if (std::isdigit(static_cast<unsigned char>(c)) == 0)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a list of reply codes.", text))
                .hinting("reply codes have three digits and are separated by semicolons, such as 200;250");
        digits += c;
    }
    take();
    return codes;
}

awaitable<void> make_with_parents(FileSystem& files, std::string path, std::vector<std::string>& made) {
    auto failure = co_await caught(files.make_directory(path));
    if (failure && failure->code == ErrorCode::not_found && path != "/") {
        co_await make_with_parents(files, std::string(path::parent(path)), made);
        failure = co_await caught(files.make_directory(path));
    }
    if (!failure) {
        made.push_back(std::move(path));
        co_return;
    }
    if (!failure->session_usable || failure->code == ErrorCode::not_found) throw Error(*failure);
    // Servers answer an existing directory in many ways, so looking decides.
    const auto there = co_await try_stat(files, path);
    if (!there || (there->type != EntryType::directory && there->type != EntryType::symlink))
        throw Error(*failure);
}

}  // namespace

awaitable<std::optional<Entry>> find_entry(Sessions& sessions, const Patience& patience, std::string path) {
    std::optional<Entry> found;
    std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
        found = co_await try_stat(files, path);
    };
    co_await persistently(sessions, patience, path, {}, std::move(look));
    co_return found;
}

awaitable<Entry> stat_entry(Sessions& sessions, const Patience& patience, std::string path) {
    if (path == "/") {  // which not every server has facts about
        Entry root;
        root.path = root.name = "/";
        root.type = EntryType::directory;
        auto found = co_await find_entry(sessions, patience, path);
        co_return found.value_or(root);
    }
    auto found = co_await find_entry(sessions, patience, path);
    if (!found) throw Error(ErrorCode::not_found, fmt::format("'{}' does not exist.", path)).on(path);
    co_return std::move(*found);
}

awaitable<Entry> change_entry(Sessions& sessions, std::string path, EntryChange change) {
    Entry entry;
    std::function<awaitable<void>(FileSystem&)> work = [&](FileSystem& files) -> awaitable<void> {
        entry = co_await files.stat(path);
        if (change.mode) co_await files.set_mode(path, *change.mode);
        if (change.modified) co_await files.set_modified(path, *change.modified);
        if (!change.path) entry = co_await files.stat(path);
    };
    co_await on_session(sessions, std::move(work));
    if (!change.path) co_return entry;
    co_await transfer::rename(sessions, path, *change.path, [&](FileSystem& files) {
        return files.rename(path, *change.path, change.replace);
    });
    co_return co_await stat_entry(sessions, {}, *change.path);
}

awaitable<Removed> remove_entry(Sessions& sessions, const Patience& patience, std::string path,
                                bool recursive) {
    const auto entry = co_await stat_entry(sessions, patience, path);
    const bool directory = entry.type == EntryType::directory;
    if (path == "/")
        throw Error(ErrorCode::invalid_argument, "The root of the place itself cannot be removed.")
            .on(path)
            .hinting("name what is in it");
    Removed removed;
    const auto note = [&](const std::string& gone) {
        ++removed.count;
        if (removed.paths.size() < kMostNamed) removed.paths.push_back(gone);
    };
    if (directory && !recursive) {
        const auto failure = co_await caught(transfer::remove_directory(sessions, path));
        if (failure && failure->code == ErrorCode::not_empty)
            throw Error(*failure).hinting("recursive removes a directory with all that is in it");
        if (failure) throw Error(*failure);
        note(path);
        co_return removed;
    }
    std::function<void(const std::string&, const Error&)> problem = [&](const std::string&,
                                                                        const Error& error) {
        ++removed.failed;
        if (!removed.first_failure) removed.first_failure = error;
    };
    co_await transfer::remove_tree(sessions, path, entry.type, {}, note, problem);
    if (removed.count == 0 && removed.first_failure) throw Error(*removed.first_failure);
    co_return removed;
}

awaitable<std::vector<std::string>> make_directory(Sessions& sessions, std::string path, bool parents) {
    std::vector<std::string> made;
    if (!parents) {
        co_await transfer::make_directory(sessions, path);
        made.push_back(std::move(path));
        co_return made;
    }
    std::function<awaitable<void>(FileSystem&)> work = [&](FileSystem& files) {
        return make_with_parents(files, path, made);
    };
    co_await persistently(sessions, {}, path, {}, std::move(work));
    co_return made;
}

awaitable<RawReply> send_command(Sessions& sessions, std::string command, std::string valid_codes) {
    const auto codes = parse_codes(valid_codes);
    RawReply reply;
    std::function<awaitable<void>(FileSystem&)> work = [&](FileSystem& files) -> awaitable<void> {
        reply = co_await files.raw_command(command);
    };
    co_await on_session(sessions, std::move(work));
    if (codes.empty() || std::ranges::find(codes, reply.code) != codes.end()) co_return reply;
    ftp::Reply answer;
    answer.code = reply.code;
    answer.lines = reply.lines;
    const auto code = reply.code >= 400 ? ftp::error_for(answer, "command").code : ErrorCode::protocol_error;
    throw Error(code, fmt::format("The server answered {} with {}, which is none of the valid codes {}.",
                                  ftp::verb_of(command), reply.code, valid_codes))
        .at("command")
        .replied(answer.raw());
}

}  // namespace fairlead::service
