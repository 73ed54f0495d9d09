#include "transfer/leftover.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/fault_point.hpp"
#include "transfer/attempt_log.hpp"
#include "transfer/failure.hpp"
#include "transfer/names.hpp"

namespace fairlead::transfer {
namespace {

using Kind = Verdict::Kind;
using State = Unfinished::State;
constexpr auto kForgottenAfter = std::chrono::days(30);

/// Entries that were claimed and not dealt with yet: whoever comes next may claim them again.
class Claims {
  public:
    Claims(Journal& journal, const std::vector<Unfinished>& claimed) : journal_(journal) {
        for (const auto& each : claimed)
            numbers_.push_back(each.number);
    }
    ~Claims() {
        for (const auto number : numbers_)
            journal_.leave(number);
    }
    Claims(const Claims&) = delete;
    Claims& operator=(const Claims&) = delete;
    void settled(std::uint64_t number) { std::erase(numbers_, number); }

  private:
    Journal& journal_;
    std::vector<std::uint64_t> numbers_;
};

/// The process ended between moving the old file aside and bringing the new one in, or removing the old.
awaitable<void> put_back(FileSystem& target, const Unfinished& left) {
    const auto published = co_await try_stat(target, left.target);
    std::optional<Error> failure;
    if (published)
        failure = co_await caught(target.remove(left.aside));
    else
        failure = co_await caught(target.rename(left.aside, left.target, false));
    FAIRLEAD_FAULT_POINT("leftover.put_back");
    if (failure && failure->code != ErrorCode::not_found) throw Error(*failure);
}

awaitable<Verdict> look(const Route& route, const Unfinished& left, const Options& options, bool only_look) {
    Sight sight;
    if (left.mode == Unfinished::Mode::append) {
        sight.target = co_await try_stat(route.target, left.target);
    } else {
        sight.written = co_await try_stat(route.target, written_path(left));
        if (!sight.written && left.state == State::staged)
            sight.target = co_await try_stat(route.target, left.target);
    }
    co_return judge(left, sight, route.means(), options, only_look);
}

Error disturbed(const Unfinished& left) {
    return Error(ErrorCode::conflict,
                 fmt::format("An append to '{}' broke off, and the file was changed by somebody else since, "
                             "so it cannot be completed.",
                             left.target))
        .on(left.target)
        .hinting(fmt::format("look at the file: it had {} bytes before. The next run appends all of it",
                             left.existing_size));
}

bool is_better(const Leftover& a, const std::optional<Leftover>& b) {
    if (!b) return true;
    if ((a.verdict.kind == Kind::delivered) != (b->verdict.kind == Kind::delivered))
        return a.verdict.kind == Kind::delivered;
    return a.verdict.offset > b->verdict.offset;
}

/// Whether it is too little to go on with, whoever sends the file again.
bool is_small(const Unfinished& left) {
    return !left.temporary.empty() &&
           (left.state == State::doomed || !left.source_size || *left.source_size < kWorthResuming);
}

/// Whoever sent it tells by what is there whether it was published.
bool is_evidence(const Unfinished& left) {
    return left.taken_at_once && left.state == State::staged;
}

/// A source that was deleted or moved once its target was published: nobody will ask for it again.
awaitable<bool> has_no_source(const Route& route, const Unfinished& left) {
    if (route.from == nullptr || route.from->identity != left.source_place) co_return false;
    const auto there = co_await try_stat(route.source, left.source_path);
    co_return !there;
}

bool is_forgotten(const Unfinished& left) {
    return std::chrono::system_clock::now() - left.begun > kForgottenAfter;
}

}  // namespace

void Route::step(std::string_view name) const {
    if (log != nullptr) log->step(name);
}

Means Route::means() const {
    const auto& reading = source.abilities();
    const auto& writing = target.abilities();
    Means means;
    means.reads_source_at = reading.resume_read && (from == nullptr || from->restarts_reads);
    means.reads_target_at = writing.resume_read && (to == nullptr || to->restarts_reads);
    means.writes_target_at = writing.resume_write && (to == nullptr || to->restarts_writes);
    means.appends = writing.append && (to == nullptr || to->appends);
    means.unordered = writing.unordered_writes;
    return means;
}

const std::string& written_path(const Unfinished& transfer) {
    return transfer.temporary.empty() ? transfer.target : transfer.temporary;
}

awaitable<std::optional<Leftover>> pick_up(const Route& route, const std::string& source, Entry& facts,
                                           const std::string& asked, const Options& options, bool only_look) {
    std::optional<Leftover> best;
    if (!route.remembers()) co_return best;
    auto& journal = *route.journal;
    const auto claimed = journal.claim(route.to->identity, asked);
    if (claimed.empty()) co_return best;
    Claims claims(journal, claimed);
    if (!facts.size || !facts.modified) {
        const auto now = co_await try_stat(route.source, source);
        if (now && now->type == EntryType::file) facts = *now;
    }
    const std::string from = route.from != nullptr ? route.from->identity : std::string();
    std::vector<std::uint64_t> useless;
    for (const auto& left : claimed) {
        if (!left.aside.empty()) co_await put_back(route.target, left);
        Verdict verdict;
        const bool same = is_same_source(left, from, source, facts);
        if (same) verdict = co_await look(route, left, options, only_look);
        if (verdict.kind == Kind::disturbed) {
            journal.end(left.number);
            claims.settled(left.number);
            throw disturbed(left);
        }
        Leftover found{left, verdict};
        if (is_evidence(left) && !same) continue;
        if (verdict.kind == Kind::start_over || !is_better(found, best)) {
            useless.push_back(left.number);
            continue;
        }
        if (best) useless.push_back(best->transfer.number);
        best = std::move(found);
    }
    for (const auto number : useless) {
        // A process that died while it took something over left it in two journals: the file is one.
        const auto* left = journal.find(number);
        if (best && left != nullptr && left->temporary == best->transfer.temporary) {
            journal.end(number);
            claims.settled(number);
            continue;
        }
        co_await remove_left(route.target, journal, number);
        claims.settled(number);
    }
    if (best) claims.settled(best->transfer.number);
    co_return best;
}

namespace {

/// The right to remove a temporary file. Under a name that the user chose, a living transfer may be writing
/// by now: then there is none.
std::optional<std::shared_ptr<void>> name_of_its_own(Journal& journal, const std::string& place,
                                                     const std::string& path) {
    if (is_unguessable(path)) return nullptr;
    try {
        return journal.reserve(place, path);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

awaitable<void> remove_left(FileSystem& target, Journal& journal, std::uint64_t number) {
    const auto* left = journal.find(number);
    if (left == nullptr) co_return;
    if (!left->temporary.empty()) {  // what has a final name is not ours to remove
        const std::string path = left->temporary;
        const auto name = name_of_its_own(journal, left->target_place, path);
        if (!name) co_return journal.end(number);
        FAIRLEAD_FAULT_POINT("leftover.before_removing");
        const auto failure = co_await caught(target.remove(path));
        FAIRLEAD_FAULT_POINT("leftover.after_removing");
        if (failure && failure->code != ErrorCode::not_found) {
            journal.doomed(number);
            journal.leave(number);
            throw Error(*failure);
        }
        co_return journal.over(number, !failure);
    }
    journal.end(number);
}

awaitable<void> remove_late(const Route& route) {
    if (!route.remembers()) co_return;
    for (const auto number : route.journal->claim_late(route.to->identity)) {
        const auto failure = co_await caught(remove_left(route.target, *route.journal, number));
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    }
}

awaitable<void> sweep(const Route& route) {
    if (!route.remembers()) co_return;
    auto& target = route.target;
    auto& journal = *route.journal;
    const auto& place = route.to->identity;
    journal.look_around();
    std::vector<std::string> useless;
    for (const auto& left : journal.left_at(place)) {
        if (is_small(left) || left.temporary.empty() || is_evidence(left)) continue;
        const auto there = co_await try_stat(target, left.temporary);
        bool of_no_use = !there || (there->size && *there->size < kWorthResuming);
        // What has its final name is still to be told apart from what is to be sent again, unless that is
        // not possible any more.
        if (of_no_use && left.state == State::staged) {
            const auto over = co_await has_no_source(route, left);
            of_no_use = !there && over;
        }
        if (of_no_use) useless.push_back(left.temporary);
    }
    const auto claimed = journal.claim_where(place, [&](const Unfinished& left) {
        if (is_evidence(left)) return is_forgotten(left);
        return is_small(left) || is_forgotten(left) ||
               std::find(useless.begin(), useless.end(), left.temporary) != useless.end();
    });
    Claims claims(journal, claimed);
    for (const auto& left : claimed) {
        if (!left.aside.empty()) co_await put_back(target, left);
        if (left.state == State::staged && !is_forgotten(left)) {
            // It may have been published. Only what is still under the temporary name is certainly not.
            const auto unpublished = co_await try_stat(target, left.temporary);
            bool over = false;
            if (!unpublished) over = co_await has_no_source(route, left);
            if (!unpublished && !over) continue;
        }
        const auto failure = co_await caught(remove_left(target, journal, left.number));
        if (!failure) claims.settled(left.number);
        if (failure && (!failure->session_usable || failure->code == ErrorCode::cancelled))
            throw Error(*failure);
    }
}

awaitable<std::vector<std::byte>> read_range(FileSystem& files, const std::string& path, std::uint64_t offset,
                                             std::size_t length, std::optional<std::uint64_t> file_size) {
    ReadOptions options;
    options.offset = offset;
    options.expected_size = file_size;
    std::vector<std::byte> bytes;
    const auto stream = co_await files.open_read(path, options);
    while (bytes.size() < length) {
        const auto piece = co_await stream->read();
        if (piece.empty()) co_return bytes;
        const auto wanted = piece.first(std::min(piece.size(), length - bytes.size()));
        bytes.insert(bytes.end(), wanted.begin(), wanted.end());
    }
    // The end is read too where it comes next, so that the server's last word is heard.
    if (file_size && offset + length == *file_size) (void)co_await stream->read();
    co_await stream->close();
    co_return bytes;
}

awaitable<std::vector<std::byte>> read_next(ReadStream& stream, std::size_t length,
                                            std::span<const std::byte>& rest) {
    rest = {};
    std::vector<std::byte> bytes;
    while (bytes.size() < length) {
        const auto piece = co_await stream.read();
        if (piece.empty()) break;
        const auto wanted = std::min(piece.size(), length - bytes.size());
        bytes.insert(bytes.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(wanted));
        rest = piece.subspan(wanted);
    }
    co_return bytes;
}

}  // namespace fairlead::transfer
