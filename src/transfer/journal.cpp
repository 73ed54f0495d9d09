#include "transfer/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/digest.hpp"
#include "base/fault_point.hpp"
#include "fairlead/error.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

constexpr unsigned kMostReserved = 256;
constexpr std::chrono::hours kLatest(1);         // for a late file to come
constexpr std::size_t kLarge = 4 * 1024 * 1024;  // bytes of a journal before it is written anew

std::string key_of(const std::string& place, const std::string& asked) {
    return place + '\n' + asked;
}

std::string key_of(const Unfinished& transfer) {
    return key_of(transfer.target_place, transfer.asked);
}

std::string lines_of(const Unfinished& transfer) {
    return begin_line(transfer) + segments_line(transfer) + state_line(transfer) + aside_line(transfer);
}

Time now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

Journal::Journal(std::string directory) : directory_(std::move(directory)) {}

Journal::~Journal() {
    if (open_.empty())
        file_.remove();
    else if (!pending_.empty())
        write({});
}

std::uint64_t Journal::begin(Unfinished transfer) {
    transfer.number = next_++;
    if (transfer.begun == Time{}) transfer.begun = now();
    const auto number = transfer.number;
    write(lines_of(transfer));
    by_target_.emplace(key_of(transfer), number);
    open_.emplace(number, Open{std::move(transfer)});
    return number;
}

void Journal::moved(std::uint64_t number, const Segments& segments) {
    auto& transfer = open_.at(number).transfer;
    if (segments.size() > 1) transfer.mode = Unfinished::Mode::segments;
    transfer.segments = to_text(segments);
    write(segments_line(transfer));
    // Many of them say the same anew.
    compact_if_large();
}

void Journal::staged(std::uint64_t number, std::uint64_t size, std::string checksum) {
    auto& transfer = open_.at(number).transfer;
    transfer.state = Unfinished::State::staged;
    transfer.staged_size = size;
    transfer.checksum = std::move(checksum);
    write(state_line(transfer));
}

void Journal::doomed(std::uint64_t number) {
    auto& transfer = open_.at(number).transfer;
    transfer.state = Unfinished::State::doomed;
    write(state_line(transfer));
}

void Journal::aside(std::uint64_t number, std::string path) {
    auto& transfer = open_.at(number).transfer;
    transfer.aside = std::move(path);
    write(aside_line(transfer));
}

void Journal::end(std::uint64_t number) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    const auto [first, last] = by_target_.equal_range(key_of(found->second.transfer));
    by_target_.erase(std::find_if(first, last, [&](const auto& item) { return item.second == number; }));
    open_.erase(found);
    if (file_.is_open()) pending_ += end_line(number);
    compact_if_large();
}

void Journal::writer_lost(std::uint64_t number) {
    if (const auto found = open_.find(number); found != open_.end()) found->second.writer_lost = true;
}

void Journal::over(std::uint64_t number, bool was_there) {
    const auto found = open_.find(number);
    if (found == open_.end()) return;
    auto& [transfer, worked_on, writer_lost] = found->second;
    // Where several sessions write, the file is there before all of them have begun.
    const bool may_come = writer_lost && (!was_there || transfer.mode == Unfinished::Mode::segments) &&
                          transfer.target_place != kLocalIdentity && is_unguessable(transfer.temporary);
    const bool is_waiting = transfer.state == Unfinished::State::doomed;
    if (!may_come || (is_waiting && now() - transfer.begun > kLatest)) return end(number);
    worked_on = false;
    if (is_waiting) return;
    transfer.state = Unfinished::State::doomed;
    transfer.begun = now();  // to wait
    transfer.aside.clear();
    write(lines_of(transfer));
}

std::vector<std::uint64_t> Journal::claim_late(const std::string& place) {
    std::vector<std::uint64_t> claimed;
    for (auto& [number, open] : open_) {
        if (!open.is_late_at(place)) continue;
        open.worked_on = true;
        claimed.push_back(number);
    }
    return claimed;
}

bool Journal::has_late(const std::string& place) const {
    return std::ranges::any_of(open_, [&](const auto& each) { return each.second.is_late_at(place); });
}

void Journal::leave(std::uint64_t number) {
    if (const auto found = open_.find(number); found != open_.end()) found->second.worked_on = false;
}

std::shared_ptr<void> Journal::reserve(const std::string& place, const std::string& path) {
    if (directory_.empty() || !trouble_.empty() || *reserved_ >= kMostReserved) return nullptr;
    Digest digest(ChecksumAlgorithm::sha256);
    const auto key = key_of(place, path);
    digest.add(std::as_bytes(std::span(key)));
    try {
        JournalFile file = JournalFile::reserve(directory_, digest.finish());
        if (file.is_open()) {
            ++*reserved_;
            return std::shared_ptr<JournalFile>(new JournalFile(std::move(file)),
                                                [count = reserved_](JournalFile* held) {
                                                    --*count;
                                                    held->remove();
                                                    delete held;
                                                });
        }
    } catch (const Error& error) {
        trouble_ = error.message;
        return nullptr;
    }
    throw Error(ErrorCode::conflict, fmt::format("'{}' is being written by another transfer.", path))
        .on(path)
        .hinting("wait for it to end");
}

const Unfinished* Journal::find(std::uint64_t number) const {
    const auto found = open_.find(number);
    return found == open_.end() ? nullptr : &found->second.transfer;
}

std::vector<Unfinished> Journal::claim(const std::string& place, const std::string& asked) {
    const auto key = key_of(place, asked);
    if (!looked_) look_around();
    std::vector<Unfinished> claimed;
    if (dead_targets_.contains(key))
        claimed = take_from_dead([&](const Unfinished& left) { return key_of(left) == key; });
    const auto [first, last] = by_target_.equal_range(key);
    for (auto at = first; at != last; ++at) {
        auto& [transfer, worked_on, writer_lost] = open_.at(at->second);
        if (!std::exchange(worked_on, true)) claimed.push_back(transfer);
    }
    return claimed;
}

std::vector<Unfinished> Journal::claim_where(const std::string& place,
                                             const std::function<bool(const Unfinished&)>& wanted) {
    return take_from_dead([&](const Unfinished& left) { return left.target_place == place && wanted(left); });
}

std::vector<Unfinished> Journal::left_at(const std::string& place) {
    if (!looked_) look_around();
    std::vector<Unfinished> found;
    for (const auto& [path, transfers] : dead_)
        std::copy_if(transfers.begin(), transfers.end(), std::back_inserter(found),
                     [&](const Unfinished& left) { return left.target_place == place; });
    return found;
}

void Journal::look_around() {
    looked_ = true;
    if (directory_.empty()) return;
    dead_.clear();
    dead_targets_.clear();
    for (const auto& path : JournalFile::all_in(directory_)) {
        if (file_.is_open() && path == file_.path()) continue;
        auto file = JournalFile::take(path);
        if (!file.is_open()) continue;  // its owner lives
        auto left = file.unfinished();
        if (left.empty()) {
            file.remove();
            continue;
        }
        for (const auto& each : left)
            dead_targets_.insert(key_of(each));
        dead_.emplace(path, std::move(left));
    }
}

/// Each is written to our journal before it is struck out of the other, so that it is never in none. Whoever
/// finds it in both after a crash between finds the same in both.
std::vector<Unfinished> Journal::take_from_dead(const std::function<bool(const Unfinished&)>& wanted) {
    if (!looked_) look_around();
    std::vector<Unfinished> taken;
    for (auto at = dead_.begin(); at != dead_.end();) {
        auto& [path, known] = *at;
        if (std::none_of(known.begin(), known.end(), wanted)) {
            ++at;
            continue;
        }
        auto file = JournalFile::take(path);
        if (!file.is_open()) {  // somebody else was faster
            at = dead_.erase(at);
            continue;
        }
        std::vector<Unfinished> kept;
        std::string ends;
        for (auto& left : file.unfinished()) {
            if (!wanted(left)) {
                kept.push_back(std::move(left));
                continue;
            }
            ends += end_line(left.number);
            left.number = begin(left);
            if (left.state == Unfinished::State::doomed) writer_lost(left.number);  // it may be waited for
            taken.push_back(std::move(left));
        }
        if (!trouble_.empty()) {  // what we cannot write down stays written there
            at = dead_.erase(at);
        } else if (kept.empty()) {
            FAIRLEAD_FAULT_POINT("journal.before_inheriting");
            file.remove();
            FAIRLEAD_FAULT_POINT("journal.after_inheriting");
            at = dead_.erase(at);
        } else {
            FAIRLEAD_FAULT_POINT("journal.before_inheriting_some");
            file.append(ends);
            FAIRLEAD_FAULT_POINT("journal.after_inheriting_some");

            known = std::move(kept);
            ++at;
        }
    }
    return taken;
}

void Journal::write(std::string_view lines) {
    if (directory_.empty() || !trouble_.empty()) return;
    FAIRLEAD_FAULT_POINT("journal.before_write");
    try {
        if (!file_.is_open()) {
            file_ = JournalFile::make(directory_, lines);
        } else {
            pending_.append(lines);
            file_.append(pending_);
        }
        pending_.clear();
    } catch (const Error& error) {
        trouble_ = error.message;
    }
    FAIRLEAD_FAULT_POINT("journal.after_write");
}

void Journal::compact_if_large() {
    if (!file_.is_open() || file_.size() + pending_.size() < kLarge || !trouble_.empty()) return;
    std::string lines;
    for (const auto& [number, open] : open_)
        lines += lines_of(open.transfer);
    if (lines.size() > kLarge / 2) return;  // it is all still needed
    try {
        file_.replace(lines);
        pending_.clear();
    } catch (const Error& error) {
        trouble_ = error.message;
    }
}

}  // namespace fairlead::transfer
