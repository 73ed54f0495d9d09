#include "transfer/adopt.hpp"

#include <algorithm>

namespace fairlead::transfer {

awaitable<std::optional<Adoption>> find_beginning(const Route& route, const std::string& source,
                                                  const Entry& facts, const std::string& target) {
    const auto there = co_await try_stat(route.target, target);
    if (!there || there->type != EntryType::file || !facts.size) co_return std::nullopt;
    const auto have = there->size.value_or(0), size = *facts.size;
    if (have == 0 || have > size) co_return std::nullopt;
    const auto means = route.means();
    if (!means.reads_source_at || !means.reads_target_at) co_return std::nullopt;
    Adoption adoption;
    adoption.whole = have == size;
    adoption.verdict = go_on_from(have, size, means);
    if (adoption.verdict.kind != Verdict::Kind::go_on) co_return std::nullopt;
    const auto offset = adoption.verdict.offset;
    const auto length = static_cast<std::size_t>(std::min(kTail, offset));
    const auto ours = co_await read_range(route.target, target, offset - length, length, have);
    const auto theirs = co_await read_range(route.source, source, offset - length, length, size);
    if (ours.size() != length || ours != theirs) co_return std::nullopt;
    co_return adoption;
}

}  // namespace fairlead::transfer
